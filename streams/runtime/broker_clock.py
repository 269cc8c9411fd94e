"""The broker's time, known from the append times it gives: ticks go by it, never by the wall clock."""

import time
from collections.abc import Callable


def boottime_ms() -> int:
    """Milliseconds since the machine started, time asleep included."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


class BrokerClock:
    """Estimates the broker's clock from append times seen on records just written or read.

    An append time is in the past when it is seen, so the largest difference to the local steady clock is the
    best one; the estimate is never ahead of the broker.
    """

    def __init__(self, steady_ms: Callable[[], int] = boottime_ms) -> None:
        self._steady_ms = steady_ms
        self._ahead: int | None = None
        self._written_at: int | None = None

    def seen(self, append_ms: int) -> None:
        """A record with this append time was read: it may be old."""
        ahead = append_ms - self._steady_ms()
        if self._ahead is None or ahead > self._ahead:
            self._ahead = ahead

    def written(self, append_ms: int) -> None:
        """A record was appended just now: this is the broker's time, also when its clock was set back."""
        now = self._steady_ms()
        self._ahead = append_ms - now
        self._written_at = now

    def fresh(self, within_ms: int) -> bool:
        """Whether the broker answered with its own time in the last `within_ms`."""
        return self._written_at is not None and self._steady_ms() - self._written_at <= within_ms

    def now_ms(self) -> int | None:
        """The broker's time, or None before any append time was seen."""
        return None if self._ahead is None else self._steady_ms() + self._ahead
