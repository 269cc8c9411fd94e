"""One run of a broker's Java process: started, waited for, ended."""

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from streams.kafka import launcher
from streams.kafka.broker_settings import HOST, JVM_OPTIONS, Ports, cluster_id, log4j_configuration
from streams.kafka.jars import BrokerJars
from streams.kafka.java import Java
from streams.kafka.probe import answers

_POLL_SECONDS: Final = 0.05
_STOP_SECONDS: Final = 20.0
_FORMAT_SECONDS: Final = 120.0
_SHOWN_LINES: Final = 12


class BrokerError(RuntimeError):
    """The embedded broker did not start or has ended; the message shows the end of its log."""


class PortTakenError(BrokerError):
    """Another program took the port between our look and the broker's start: the caller takes others."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The files of one broker."""

    path: Path

    @property
    def data(self) -> Path:
        """Topics and metadata."""
        return self.path / "data"

    @property
    def log(self) -> Path:
        """The broker's log."""
        return self.path / "broker.log"

    @property
    def output(self) -> Path:
        """What the Java machine itself says: refused options, crashes."""
        return self.path / "broker.out"

    @property
    def properties(self) -> Path:
        """The broker's settings."""
        return self.path / "server.properties"

    @property
    def logging(self) -> Path:
        """Settings of the log."""
        return self.path / "log4j2.xml"

    @property
    def lock(self) -> Path:
        """Held by the launcher for as long as a broker uses this folder."""
        return self.path / "lock"

    def log_end(self) -> str:
        """The last lines of the Java machine's output and of the log, for an error message."""
        lines: list[str] = []
        for file in (self.output, self.log):
            if file.is_file():
                lines += file.read_text(encoding="utf-8", errors="replace").splitlines()[-_SHOWN_LINES:]
        return "\n".join(lines)


class BrokerProcess:
    """The launcher and, under it, the broker of `folder`, whose `server.properties` is written already."""

    def __init__(self, java: Java, jars: BrokerJars, folder: Folder, options: Sequence[str]) -> None:
        self._folder = folder
        self._command = [
            str(java.program),
            *JVM_OPTIONS,
            *options,
            f"-Dlog4j2.configurationFile={folder.logging}",
            "-cp",
            jars.classpath,
        ]
        self._launcher: subprocess.Popen[bytes] | None = None
        self.pid: int | None = None
        """Process id of Java while it runs."""

    def start(self, ports: Ports, *, remove: bool, timeout: float, plain: bool) -> None:
        """Format the data folder if it is new, start, and wait until the broker answers.

        Args:
            ports: those that `server.properties` names.
            remove: the folder is temporary: the launcher deletes it if our process dies.
            timeout: seconds until the broker must answer.
            plain: the client port takes unsecured connections; else the log tells that the broker is up.

        Raises:
            PortTakenError: a port is in use.
            BrokerError: it ended or did not answer in time.
        """
        self.format()
        folder = self._folder
        seen = folder.log.stat().st_size if folder.log.exists() else 0
        with folder.output.open("wb") as output:
            self._launcher = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S", launcher.__file__, str(folder.lock)),
                    *(str(folder.path) if remove else "", "--"),
                    *(*self._command, "kafka.Kafka", str(folder.properties)),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                bufsize=0,
                # Ctrl-C in a terminal is for us: we end the broker after those that use it.
                start_new_session=True,
            )
        try:
            self._await_start(self._launcher, ports, timeout, seen, plain=plain)
        except BaseException:
            self.kill()
            raise

    def format(self) -> None:
        """Give a new data folder its identity; nothing happens to one that has it.

        Raises:
            BrokerError: the broker's tool failed.
        """
        folder = self._folder
        folder.logging.write_text(log4j_configuration(folder.log), encoding="utf-8")
        if (folder.data / "meta.properties").exists():
            return
        arguments = ("kafka.tools.StorageTool", "format", "-t", cluster_id(), "-c", str(folder.properties))
        try:
            formatted = subprocess.run(
                [*self._command, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_FORMAT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise BrokerError(f"the data folder was not ready after {error.timeout:.0f} s") from error
        if formatted.returncode != 0:
            output = (formatted.stdout + formatted.stderr).decode(errors="replace")
            raise BrokerError(f"the broker's data folder cannot be set up:\n{output}")

    def _await_start(
        self, process: "subprocess.Popen[bytes]", ports: Ports, timeout: float, seen: int, *, plain: bool
    ) -> None:
        assert process.stdout is not None  # noqa: S101 - opened as a pipe above; for the type checker
        deadline = time.monotonic() + timeout
        first = process.stdout.readline()
        self.pid = int(first) if first else None
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise self._failure(process.returncode, ports)
            if answers(HOST, ports.client) if plain else self._says_started(seen):
                return
            time.sleep(_POLL_SECONDS)
        raise BrokerError(f"the broker did not answer within {timeout:.0f} s:\n{self._folder.log_end()}")

    def _says_started(self, seen: int) -> bool:
        if not self._folder.log.exists():
            return False
        with self._folder.log.open("rb") as log:
            log.seek(seen)
            return b"Kafka Server started" in log.read()

    def _failure(self, status: int, ports: Ports) -> BrokerError:
        folder = self._folder
        if status == launcher.LOCK_REFUSED:
            return BrokerError(f"another broker uses {folder.path}: stop it, or choose another folder")
        end = folder.log_end()
        if "Address already in use" in end:
            return PortTakenError(f"port {ports.client} or {ports.controller} is in use: choose another")
        return BrokerError(f"the broker ended with status {status}; its log, {folder.log}, ends with:\n{end}")

    @property
    def running(self) -> bool:
        """Whether Java lives."""
        return self._launcher is not None and self._launcher.poll() is None

    def stop(self, patience: float = _STOP_SECONDS) -> bool:
        """End it gracefully, after `patience` seconds by force; returns whether it was graceful."""
        return self._end(b"T", patience) in {0, 128 + 15}

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._end(b"K", None)

    def _end(self, order: bytes, patience: float | None) -> int | None:
        process = self._launcher
        if process is None:
            return None
        try:
            status = _order(process, order, patience)
        except subprocess.TimeoutExpired:
            status = _order(process, b"K", None)
        finally:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        self._launcher = None
        self.pid = None
        return status


def _order(process: "subprocess.Popen[bytes]", order: bytes, patience: float | None) -> int:
    assert process.stdin is not None  # noqa: S101 - opened as a pipe above; for the type checker
    try:
        process.stdin.write(order)
        process.stdin.flush()
    except BrokenPipeError:
        pass  # it has ended by itself
    return process.wait(patience)
