"""A real one-node Apache Kafka as a Python object: for the demo, for tests, for `peakend broker`."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from streams.kafka.broker_process import BrokerError, BrokerProcess, Folder, PortTakenError
from streams.kafka.broker_settings import HOST, PROTOCOLS, Ports, free_ports, server_properties
from streams.kafka.cache import cache_folder
from streams.kafka.jars import broker_jars
from streams.kafka.java import find_java
from streams.kafka.start_cache import start_options

_START_SECONDS: Final = 60.0
_ATTEMPTS: Final = 3


def _silent(_line: str) -> None:
    pass


class EmbeddedBroker:
    """One broker on loopback, gone when this process is gone, however it ends.

    Use it as a context manager, synchronous or asynchronous, or call `start` and `stop`. Not thread-safe.

    Args:
        folder: where data, settings and log stand, kept for the next start; None: a temporary folder, removed
            by `stop` (unless `keep`) and, should this process die, by the launcher.
        port: port for clients; None: a free one, the same through `restart`.
        environment: where JAVA_HOME and PEAKEND_CACHE are read; None: the process's.
        progress: takes a line when something takes long (downloads).
        properties: broker settings that add to ours and replace them (the client listener is named CLIENTS).
        keep: leave a temporary folder for a look at its log.
        start_timeout: seconds until the broker must answer.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        port: int | None = None,
        environment: Mapping[str, str] | None = None,
        progress: Callable[[str], None] = _silent,
        properties: Mapping[str, str] | None = None,
        keep: bool = False,
        start_timeout: float = _START_SECONDS,
    ) -> None:
        self._wished_folder = folder
        self._wished_port = port
        self._environment = dict(os.environ if environment is None else environment)
        self._progress = progress
        self._properties = dict(properties or {})
        self._keep = keep
        self._start_timeout = start_timeout
        self._folder: Folder | None = None
        self._ports: Ports | None = None
        self._process: BrokerProcess | None = None

    @property
    def bootstrap(self) -> str:
        """`host:port` for clients.

        Raises:
            BrokerError: not started yet.
        """
        if self._ports is None:
            raise BrokerError("the broker is not started: call start() or use it as a context manager")
        return f"{HOST}:{self._ports.client}"

    @property
    def folder(self) -> Path:
        """Where data and log stand.

        Raises:
            BrokerError: not started yet.
        """
        return self._files().path

    @property
    def log_file(self) -> Path:
        """The broker's log.

        Raises:
            BrokerError: not started yet.
        """
        return self._files().log

    @property
    def running(self) -> bool:
        """Whether the broker's process lives."""
        return self._process is not None and self._process.running

    @property
    def pid(self) -> int | None:
        """Process id of the broker's Java, None while it does not run."""
        return self._process.pid if self._process is not None else None

    def start(self) -> Self:
        """Start and wait until it answers; downloads Kafka on the first start on a machine.

        Raises:
            JavaError: no usable Java.
            JarsError: the download failed.
            BrokerError: it did not start; its files are kept.
        """
        if self.running:
            return self
        java = find_java(self._environment)
        cache = cache_folder(self._environment)
        jars = broker_jars(cache, self._progress)
        options = start_options(java, jars, cache, self._progress)
        if self._folder is None:
            self._folder = self._make_folder()
        self._process = BrokerProcess(java, jars, self._folder, options)
        for attempt in range(1, _ATTEMPTS + 1):
            ports = self._ports or free_ports(self._wished_port)
            try:
                self._start_on(ports)
            except PortTakenError:
                # A port that was asked for, or that clients know, is not exchanged for another.
                if self._ports is not None or self._wished_port is not None or attempt == _ATTEMPTS:
                    raise
            else:
                self._ports = ports
                break
        return self

    def stop(self) -> None:
        """End it gracefully, by force after 20 s, and remove a temporary folder. Nothing if not started."""
        if self._process is not None:
            self._process.stop()
        if self._folder is not None and self._is_temporary and not self._keep:
            shutil.rmtree(self._folder.path, ignore_errors=True)
            self._folder = None

    def kill(self) -> None:
        """End it as kill -9 does; the folder stays for `restart`."""
        if self._process is not None:
            self._process.kill()

    def restart(self) -> None:
        """Start again on the same ports and data, after `kill` or while it runs (then it is stopped first).

        Raises:
            BrokerError: it was never started, or does not start.
        """
        self._files()
        if self._process is not None:
            self._process.stop()
        self.start()

    @property
    def _is_temporary(self) -> bool:
        return self._wished_folder is None

    def _files(self) -> Folder:
        if self._folder is None:
            raise BrokerError("the broker is not started: call start() or use it as a context manager")
        return self._folder

    def _make_folder(self) -> Folder:
        if self._wished_folder is None:
            return Folder(Path(tempfile.mkdtemp(prefix="peakend-broker-")))
        self._wished_folder.mkdir(parents=True, exist_ok=True)
        return Folder(self._wished_folder.resolve())

    def _start_on(self, ports: Ports) -> None:
        folder = self._files()
        assert self._process is not None  # noqa: S101 - set by start; for the type checker
        text = server_properties(ports, folder.data, self._properties)
        folder.properties.write_text(text, encoding="utf-8")
        self._process.start(
            ports,
            remove=self._is_temporary and not self._keep,
            timeout=self._start_timeout,
            plain=PROTOCOLS not in self._properties,
        )

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)
