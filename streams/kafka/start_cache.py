"""Java's ahead-of-time cache for the broker: made once in some seconds, it halves every later start.

Measured on two cores, new folder, until the broker answers: 7.5 s without, 3.1 s with it.
"""

import contextlib
import hashlib
import tempfile
from pathlib import Path
from typing import Final

from streams.kafka.broker_process import BrokerError, BrokerProcess, Folder
from streams.kafka.broker_settings import JVM_OPTIONS, free_ports, server_properties
from streams.kafka.cache import exclusive
from streams.kafka.jars import BrokerJars, Progress
from streams.kafka.java import Java

_FIRST_JAVA: Final = 25
"""The first version that makes such a cache in one run (JEP 514)."""
_START_SECONDS: Final = 90.0
_WRITE_SECONDS: Final = 120.0
_QUIET: Final = ("-Xlog:aot*=off", "-Xlog:cds*=off")
"""Java leaves aside a cache that does not fit any more; that is no news for the user."""


def start_options(java: Java, jars: BrokerJars, cache: Path, progress: Progress) -> tuple[str, ...]:
    """Options that make Java use the cache, made first if there is none. Empty where that is not possible.

    Never raises for a failed attempt: it costs only time, and is not made again until the cache is cleared.
    """
    if java.major is None or java.major < _FIRST_JAVA:
        return ()
    made = cache / "broker" / f"start-{_key(java, jars)}.aot"
    failed = made.with_suffix(".failed")
    if not made.exists() and not failed.exists():
        with exclusive(cache / "broker" / ".lock"):
            if not made.exists() and not failed.exists():
                progress("Broker: preparing fast starts (once, about 15 s) ...")
                _make(java, jars, made, failed)
    return (f"-XX:AOTCache={made}", *_QUIET) if made.exists() else ()


def _make(java: Java, jars: BrokerJars, made: Path, failed: Path) -> None:
    part = made.with_suffix(".part")
    with tempfile.TemporaryDirectory(prefix="peakend-start-", ignore_cleanup_errors=True) as temporary:
        folder = Folder(Path(temporary))
        ports = free_ports()
        properties = server_properties(ports, folder.data, {})
        folder.properties.write_text(properties, encoding="utf-8")
        recording = BrokerProcess(java, jars, folder, (f"-XX:AOTCacheOutput={part}", *_QUIET))
        with contextlib.suppress(BrokerError):
            # What is recorded is the broker: formatting, another program, would overwrite it.
            BrokerProcess(java, jars, folder, ()).format()
            recording.start(ports, remove=True, timeout=_START_SECONDS, plain=True)
            # Java writes the file as it ends.
            if recording.stop(_WRITE_SECONDS) and part.exists():
                part.rename(made)
                return
    part.unlink(missing_ok=True)
    failed.touch()


def _key(java: Java, jars: BrokerJars) -> str:
    """Changes with whatever makes Java refuse a cache: its build, the jars and the options."""
    release = java.home / "release"
    parts = (
        str(java.home),
        release.read_text(encoding="utf-8", errors="replace") if release.is_file() else "",
        jars.classpath,
        *JVM_OPTIONS,
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
