"""Sees that a worker is frozen or stuck, and ends it: a fresh start resumes where the log says."""

import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from streams.runtime.broker_clock import boottime_ms
from streams.runtime.failures import EXIT_CRASHED


def leave_now(reason: str) -> None:
    """Ends the process at once, without clean-up that a stuck or frozen process could hang in."""
    sys.stderr.write(f"peakend worker ends: {reason}\n")
    sys.stderr.flush()
    os._exit(EXIT_CRASHED)


class FreezeGuard:
    """Ends a process that was frozen (SIGSTOP, a paused machine) before it writes with state others have taken over.

    `check` is called at least once a second and before anything is applied; two calls more than half a group
    session apart mean that nobody ran in between, and another worker may own the partitions by now.
    """

    def __init__(
        self,
        session_timeout_s: float,
        leave: Callable[[str], None] = leave_now,
        steady_ms: Callable[[], int] = boottime_ms,
    ) -> None:
        self._limit_ms: Final = int(session_timeout_s * 500)
        self._leave = leave
        self._steady_ms = steady_ms
        # Loading and connecting may take long and own nothing: the watch begins with the first call.
        self._last: int | None = None

    def check(self) -> None:
        """Leaves when the last call was longer ago than half a session."""
        now = self._steady_ms()
        silent, self._last = now - (self._last or now), now
        if silent > self._limit_ms:
            self._leave(f"it stood still for {silent / 1000:.0f} s, others may own its partitions")


@dataclass(frozen=True, slots=True)
class Progress:
    """One look at a stage, for the watchdog and the probes.

    Attributes:
        acknowledged: records acknowledged since the start.
        committed: sum of the committed offsets of all owned partitions.
        assigned: owned partitions.
        member: whether the broker knows this worker as a member of its group.
        in_flight: records read and not yet acknowledged.
    """

    acknowledged: int
    committed: int
    assigned: int
    member: bool
    in_flight: int


class StallDetector:
    """Decides from successive looks whether a stage is stuck. Pure: the caller brings the time.

    Stuck means: acknowledgements went on, yet no commit followed for `stall_s`; or records are in flight and none was
    acknowledged for `stall_s`; or the worker is no member of its group for `stall_s`. A member without partitions
    (more workers than partitions) is healthy.
    """

    def __init__(self, stall_s: float) -> None:
        self._stall_s = stall_s
        self._last: Progress | None = None
        self._commit_since = self._ack_since = self._member_since = 0.0
        self._acked_since_commit = False

    def look(self, progress: Progress, now_s: float) -> str | None:
        """Why the stage counts as stuck, or None."""
        last, self._last = self._last, progress
        if last is None:
            self._commit_since = self._ack_since = self._member_since = now_s
            return None
        if progress.committed != last.committed or progress.assigned != last.assigned:
            self._commit_since, self._acked_since_commit = now_s, False
        if progress.acknowledged != last.acknowledged:
            if not self._acked_since_commit:
                self._acked_since_commit, self._commit_since = True, now_s
            self._ack_since = now_s
        if progress.in_flight == 0:
            self._ack_since = now_s
        if progress.member:
            self._member_since = now_s
        if self._acked_since_commit and now_s - self._commit_since > self._stall_s:
            return f"no commit for {now_s - self._commit_since:.0f} s although records were done"
        if now_s - self._ack_since > self._stall_s:
            return f"{progress.in_flight} records in flight and none done for {now_s - self._ack_since:.0f} s"
        if now_s - self._member_since > self._stall_s:
            return f"no member of its consumer group for {now_s - self._member_since:.0f} s"
        return None


class Watchdog(threading.Thread):
    """A thread, because a stuck event loop cannot watch itself; it ends the process when a stage is stuck."""

    def __init__(
        self,
        stages: dict[str, Callable[[], Progress]],
        stall_s: float,
        interval_s: float = 2.0,
        leave: Callable[[str], None] = leave_now,
    ) -> None:
        super().__init__(name="peakend-watchdog", daemon=True)
        self._stages = {name: (StallDetector(stall_s), look) for name, look in stages.items()}
        self._interval_s = interval_s
        self._leave = leave
        self._stopped = threading.Event()
        self.trouble: dict[str, str] = {}

    def run(self) -> None:
        """Looks at all stages until stopped."""
        while not self._stopped.wait(self._interval_s):
            for name, (detector, look) in self._stages.items():
                try:
                    reason = detector.look(look(), time.monotonic())
                except Exception as error:  # noqa: BLE001 - a watch that died would leave the worker unwatched
                    reason = f"its progress cannot be seen ({type(error).__name__}: {error})"
                if reason is not None:
                    self.trouble[name] = reason
                    self._leave(f"stage {name}: {reason}")

    def stop(self) -> None:
        """Ends the watch; the process is shutting down in order."""
        self._stopped.set()
