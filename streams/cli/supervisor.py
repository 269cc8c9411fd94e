"""Starts a worker again when it crashes, and leaves it alone when it halts or is told to stop."""

import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from streams.runtime.failures import EXIT_HALTED

_SLICE_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before the next start.

    Attributes:
        first_s: wait after the first crash; each crash in a row doubles it.
        most_s: longest wait.
        healthy_s: after so long a life a crash counts as the first again.
    """

    first_s: float = 1.0
    most_s: float = 30.0
    healthy_s: float = 60.0

    def wait_s(self, crashes: int) -> float:
        """Seconds to wait after so many crashes in a row, at least 1."""
        return float(min(self.most_s, self.first_s * 2 ** min(crashes - 1, 30)))


class Supervisor:
    """Keeps one child process running.

    Args:
        start: starts the child.
        tell: takes a line when the child is started again.
        backoff: how long to wait before that.
        patience_s: after a stop the child has so long for its orderly end.
    """

    def __init__(
        self,
        start: "Callable[[], subprocess.Popen[bytes]]",
        tell: Callable[[str], None],
        *,
        backoff: Backoff | None = None,
        patience_s: float = 25.0,
    ) -> None:
        self._start = start
        self._tell = tell
        self._backoff = backoff or Backoff()
        self._patience_s = patience_s
        self._child: subprocess.Popen[bytes] | None = None
        self._stops = 0

    def run(self) -> int:
        """Runs until the child ends in order or halts, or `stop` was called; the exit status for our own process."""
        crashes = 0
        while True:
            begun = time.monotonic()
            status = self._life()
            if self._told_to_stop():
                # A child that was ended by the signal that we sent on has ended as it was told.
                return max(0, status)
            if status in {0, EXIT_HALTED}:
                return status
            crashes = 1 if time.monotonic() - begun >= self._backoff.healthy_s else crashes + 1
            wait_s = self._backoff.wait_s(crashes)
            self._tell(f"the worker ended with status {status}; it is started again in {wait_s:.0f} s")
            due = time.monotonic() + wait_s
            while time.monotonic() < due:
                if self._told_to_stop():
                    return 0
                time.sleep(_SLICE_S)

    def stop(self) -> None:
        """Ends the child in order, a second call at once. For a signal handler or another thread; never waits."""
        self._stops += 1
        child = self._child
        if child is None:
            return
        if self._stops > 1:
            child.kill()
            return
        child.terminate()
        last_resort = threading.Timer(self._patience_s, child.kill)
        last_resort.daemon = True
        last_resort.start()

    def _told_to_stop(self) -> bool:
        return self._stops > 0

    def _life(self) -> int:
        child = self._start()
        self._child = child
        try:
            if self._told_to_stop():
                child.terminate()
            return child.wait()
        finally:
            self._child = None
            if child.stdin is not None:
                child.stdin.close()
