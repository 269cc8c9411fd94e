"""Tells other processes where a demo runs: a small file in the cache folder while it does."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import orjson

_NAME: Final = "demo.json"


@dataclass(frozen=True, slots=True)
class Session:
    """A running demo: its process, how to reach its broker, what stands before its topics' names."""

    pid: int
    bootstrap: str
    prefix: str


@contextmanager
def announced(cache: Path, session: Session) -> Iterator[None]:
    """Keeps the file there while inside. The demo started last is the one that is found."""
    path = cache / _NAME
    cache.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{session.pid}")
    unfinished.write_bytes(orjson.dumps(asdict(session)))
    unfinished.replace(path)
    try:
        yield
    finally:
        if _read(path) == session:
            path.unlink(missing_ok=True)


def running_demo(cache: Path) -> Session | None:
    """The demo that runs now; None if none does, whatever a demo that was killed has left behind."""
    session = _read(cache / _NAME)
    return session if session is not None and _alive(session.pid) else None


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
