"""Tells other processes where a demo runs: a small file in the cache folder while it does."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from operator import itemgetter
from pathlib import Path
from typing import Final

import orjson

_FILES: Final = "demo-*.json"
_LEFT: Final = "demo-*.*"
"""With the worker's log, which is named alike."""


@dataclass(frozen=True, slots=True)
class Session:
    """A running demo: its process, how to reach its broker, what stands before its topics' names."""

    pid: int
    bootstrap: str
    prefix: str


@contextmanager
def announced(cache: Path, session: Session) -> Iterator[None]:
    """Keeps the file there while inside. What demos that were killed have left behind goes."""
    cache.mkdir(parents=True, exist_ok=True)
    for path in cache.glob(_LEFT):
        pid = path.stem.removeprefix("demo-")
        if pid.isdecimal() and not _alive(int(pid)):
            path.unlink(missing_ok=True)
    path = cache / f"demo-{session.pid}.json"
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(orjson.dumps(asdict(session)))
    unfinished.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def running_demo(cache: Path) -> Session | None:
    """The demo that runs now, of several the one started last; None if none does."""
    found: list[tuple[int, Session]] = []
    for path in cache.glob(_FILES):
        session = _read(path)
        if session is not None and _alive(session.pid):
            with contextlib.suppress(FileNotFoundError):
                found.append((path.stat().st_mtime_ns, session))
    return max(found, key=itemgetter(0))[1] if found else None


def _read(path: Path) -> Session | None:
    with contextlib.suppress(OSError, orjson.JSONDecodeError, TypeError):
        return Session(**orjson.loads(path.read_bytes()))
    return None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
