"""The folder outside the repository where downloads are kept, and the lock that guards filling it."""

import fcntl
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


def cache_folder(environment: Mapping[str, str]) -> Path:
    """PEAKEND_CACHE of `environment`, else `peakend` in the platform's cache folder (XDG too)."""
    chosen = environment.get("PEAKEND_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "peakend"
    xdg = environment.get("XDG_CACHE_HOME")
    return (Path(xdg) if xdg else Path.home() / ".cache") / "peakend"


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold `lock` (a file, made if absent) against other processes; waits for as long as another holds it.

    The system frees it when the holder dies, however that happens.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
