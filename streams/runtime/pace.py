"""The pace of a replay: when each record of a recording is due."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from streams.runtime.recording import Recorded

_PROGRESS_SECONDS: Final = 0.5
_LONGEST_SLEEP: Final = 0.5
"""Seconds after which a wait looks whether it shall stop."""


@dataclass(frozen=True, slots=True)
class ReplayProgress:
    """How far a replay is: records sent of all, and seconds until the last at the speed chosen."""

    sent: int
    total: int
    remaining_seconds: float


@dataclass(slots=True)
class Contents:
    """What a first pass over a recording finds.

    Attributes:
        total: number of records.
        first_ms: least record time.
        last_ms: greatest record time.
        oldest_ms: least record time by topic.
    """

    total: int = 0
    first_ms: int = 0
    last_ms: int = 0
    oldest_ms: dict[str, int] = field(default_factory=dict)

    def add(self, record: Recorded) -> None:
        """Count a record in."""
        at = record.timestamp_ms
        self.first_ms = min(self.first_ms, at) if self.total else at
        self.last_ms = max(self.last_ms, at)
        self.oldest_ms[record.topic] = min(self.oldest_ms.get(record.topic, at), at)
        self.total += 1


class Pace:
    """Gives records when they are due: the file's order, its spacing divided by the speed.

    Args:
        contents: of the records to be played.
        speed: how many times faster than recorded; 0: without waiting.
        stopped: ends the play when set.
        tell: takes the progress, about twice a second.
    """

    def __init__(
        self,
        contents: Contents,
        speed: float,
        stopped: asyncio.Event,
        tell: Callable[[ReplayProgress], None] | None = None,
    ) -> None:
        self._contents = contents
        self._speed = speed
        self._stopped = stopped
        self._tell = tell
        self._given = 0
        self._last_due = -math.inf
        self._told = -math.inf

    async def play(self, records: Iterator[Recorded]) -> AsyncIterator[Recorded]:
        """`records`, each when it is due; ends early when stopped."""
        begun = time.monotonic()
        first_ms = self._contents.first_ms
        if self._speed > 0:
            self._last_due = begun + (self._contents.last_ms - first_ms) / 1000 / self._speed
        reached_ms = first_ms
        for record in records:
            # A record whose time is before its predecessor's is due with it.
            reached_ms = max(reached_ms, record.timestamp_ms)
            if self._speed > 0:
                await self._until(begun + (reached_ms - first_ms) / 1000 / self._speed)
            if self._stopped.is_set():
                return
            yield record
            self._given += 1
            self.report()

    def report(self, *, force: bool = False) -> None:
        """Tell how far it is, if it was not told just now."""
        now = time.monotonic()
        if not force and now - self._told < _PROGRESS_SECONDS:
            return
        self._told = now
        if self._tell is None:
            return
        remaining = max(0.0, self._last_due - now)
        self._tell(ReplayProgress(self._given, self._contents.total, remaining))

    async def _until(self, due: float) -> None:
        while not self._stopped.is_set() and (wait := due - time.monotonic()) > 0:
            self.report()
            await asyncio.sleep(min(wait, _LONGEST_SLEEP))
