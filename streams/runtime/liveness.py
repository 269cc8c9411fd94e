"""Sees that a worker is frozen or stuck, and ends it: a fresh start resumes where the log says."""

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from streams.runtime.broker_clock import boottime_ms
from streams.runtime.failures import EXIT_CRASHED
from streams.runtime.log import TopicPartition


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
class PartitionProgress:
    """How far a stage is in one owned partition.

    Attributes:
        done: the offset after the last acknowledged one, None before the first.
        committed: the committed offset, None before the first commit.
        in_flight: records read and not yet acknowledged.
    """

    done: int | None
    committed: int | None
    in_flight: int

    @property
    def uncommitted(self) -> bool:
        """Whether records are done that no commit covers yet."""
        return self.done is not None and (self.committed is None or self.committed < self.done)


@dataclass(frozen=True, slots=True)
class Progress:
    """One look at a stage, for the watchdog and the probes.

    Attributes:
        member: whether the broker knows this worker as a member of its group.
        partitions: the owned partitions.
    """

    member: bool
    partitions: Mapping[TopicPartition, PartitionProgress]


@dataclass(slots=True)
class _Watch:
    """Since when a partition has stood as it stands."""

    last: PartitionProgress
    committed_s: float
    acknowledged_s: float


class StallDetector:
    """Decides from successive looks whether a stage is stuck. Pure: the caller brings the time.

    Stuck means, of any one partition: acknowledgements went on, yet no commit followed for `stall_s`; or records are in
    flight and for `stall_s` none was acknowledged of this partition number in any topic (in a backlog a journey event
    waits long, and rightly, for the words before it). Or the worker is no member of its group for `stall_s`. A
    member without partitions (more workers than partitions) is healthy.
    """

    def __init__(self, stall_s: float) -> None:
        self._stall_s = stall_s
        self._member_s: float | None = None
        self._watches: dict[TopicPartition, _Watch] = {}

    def look(self, progress: Progress, now_s: float) -> str | None:
        """Why the stage counts as stuck, or None."""
        if progress.member or self._member_s is None:
            self._member_s = now_s
        if now_s - self._member_s > self._stall_s:
            return f"no member of its consumer group for {now_s - self._member_s:.0f} s"
        for gone in self._watches.keys() - progress.partitions.keys():
            del self._watches[gone]
        moved = {
            at.partition
            for at, seen in progress.partitions.items()
            if at not in self._watches or seen.done != self._watches[at].last.done
        }
        for at, seen in progress.partitions.items():
            watch = self._watches.setdefault(at, _Watch(seen, now_s, now_s))
            if at.partition in moved or seen.in_flight == 0:
                watch.acknowledged_s = now_s
            reason = self._stuck(watch, seen, now_s)
            if reason is not None:
                return f"{at.topic}[{at.partition}]: {reason}"
        return None

    def _stuck(self, watch: _Watch, seen: PartitionProgress, now_s: float) -> str | None:
        if seen.committed != watch.last.committed or not seen.uncommitted:
            watch.committed_s = now_s
        watch.last = seen
        if now_s - watch.committed_s > self._stall_s:
            return f"no commit for {now_s - watch.committed_s:.0f} s although records were done"
        if now_s - watch.acknowledged_s > self._stall_s:
            return f"{seen.in_flight} records in flight and none done for {now_s - watch.acknowledged_s:.0f} s"
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
