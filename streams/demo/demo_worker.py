"""The demo's worker: its own process under a supervisor, loading while the broker starts."""

import asyncio
import http.client
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from streams.cli.supervisor import Supervisor
from streams.cli.worker_child import send_settings, start_worker
from streams.runtime.failures import EXIT_CRASHED

_POLL_S: Final = 0.1
_PROBE_S: Final = 2.0
_SHOWN_LINES: Final = 3


class DemoWorkerError(RuntimeError):
    """The worker of the demo does not work; the message shows the end of its log."""


class DemoWorker:
    """A worker of both stages. `start` it, `configure` it once the broker is there, `stop` it at the end.

    Args:
        log: file that takes its log, from its beginning on; it goes when the worker has ended well.
        tell: takes a line when it is started again after a crash.
    """

    def __init__(self, log: Path, tell: Callable[[str], None]) -> None:
        self._log = log
        self._file = log.open("wb")
        self._lock = threading.Lock()
        self._settings: Mapping[str, object] | None = None
        self._waiting: subprocess.Popen[bytes] | None = None
        self._probes: str | None = None
        self._status: int | None = None
        self._supervisor = Supervisor(self._begin, tell)
        self._thread = threading.Thread(target=self._supervise, name="peakend-demo-worker", daemon=True)

    def start(self) -> None:
        """Starts the process, which loads its packages and then waits for its settings."""
        self._thread.start()

    def configure(self, settings: Mapping[str, object]) -> None:
        """Lets it begin, with `settings` over its environment; a later process of it gets them too."""
        with self._lock:
            self._settings = settings
            if self._waiting is not None:
                send_settings(self._waiting, settings)

    async def ready(self, timeout_s: float) -> None:
        """Waits until both stages have their partitions.

        Raises:
            DemoWorkerError: it ended, or was not ready in time.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while not await asyncio.to_thread(self._is_ready):
                    self.check()
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            raise DemoWorkerError(f"the worker was not ready after {timeout_s:.0f} s: {self._log_end()}") from None

    def check(self) -> None:
        """Looks whether it still runs, or is about to be started again.

        Raises:
            DemoWorkerError: it has ended for good.
        """
        if self._status is not None:
            raise DemoWorkerError(f"the worker ended with status {self._status}: {self._log_end()}")

    def stop(self) -> None:
        """Ends it in order and waits for that; nothing if that is done."""
        if self._file.closed:
            return
        self._supervisor.stop()
        if self._thread.ident is not None:
            self._thread.join()
        self._file.close()
        if self._status in {0, None}:
            self._log.unlink(missing_ok=True)

    def _supervise(self) -> None:
        try:
            self._status = self._supervisor.run()
        except OSError:
            self._status = EXIT_CRASHED

    def _begin(self) -> "subprocess.Popen[bytes]":
        child = start_worker("all", stdout=subprocess.PIPE, stderr=self._file)
        with self._lock:
            self._waiting = child
            if self._settings is not None:
                send_settings(child, self._settings)
        threading.Thread(target=self._listen, args=(child,), name="peakend-demo-listener", daemon=True).start()
        return child

    def _listen(self, child: "subprocess.Popen[bytes]") -> None:
        """Finds the address of the probes in what the worker announces; reads on, so that it never has to wait."""
        assert child.stdout is not None  # noqa: S101 - opened as a pipe above; for the type checker
        with child.stdout as announced:
            for line in announced:
                for word in line.decode(errors="replace").split():
                    if word.startswith("http://"):
                        self._probes = urlsplit(word).netloc

    def _is_ready(self) -> bool:
        if self._probes is None:
            return False
        connection = http.client.HTTPConnection(self._probes, timeout=_PROBE_S)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False  # it starts, or is started again
        finally:
            connection.close()

    def _log_end(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-_SHOWN_LINES:]
        return " / ".join(lines) or f"it said nothing ({self._log})"
