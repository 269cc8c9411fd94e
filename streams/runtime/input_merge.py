"""Merges the inputs of all owned partitions, finding out from the broker what may go on, and pausing what floods."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Generic, Protocol, TypeVar

from schemas.topics import JOURNEY
from streams.runtime import telemetry as measured
from streams.runtime.log import LogRecord, Offsets, TopicPartition
from streams.runtime.merge import TimestampMerge
from streams.runtime.scored_log import DECODERS
from streams.runtime.telemetry import Telemetry

T = TypeVar("T")

_LOOK_UP_EVERY_S: Final = 0.02
_QUIET_S: Final = 2.0


class Pause(Protocol):
    """Pauses or resumes the reading of one partition."""

    def __call__(self, at: TopicPartition, *, pause: bool) -> None:
        """Takes effect for records not fetched yet."""
        ...


class InputMerge(Generic[T]):
    """One `TimestampMerge` for each owned partition number, fed by reading and by looking up ends.

    Args:
        base_names: names of the input topics here, each with the name without prefix.
        lane_limit: records of one topic and partition waiting, at which reading of that partition is paused.
        pause: pauses or resumes the reading of one partition.
        position: where the consumer itself stands in a partition, None if unknown.
        release: takes the records that may go on, in order.
    """

    def __init__(
        self,
        base_names: Mapping[str, str],
        *,
        lane_limit: int,
        offsets: Offsets,
        pause: Pause,
        position: Callable[[TopicPartition], Awaitable[int | None]],
        release: Callable[[list[T]], None],
        telemetry: Telemetry,
    ) -> None:
        self._base_names = base_names
        self._lane_limit = lane_limit
        self._offsets = offsets
        self._pause = pause
        self._position = position
        self._release = release
        self._telemetry = telemetry
        self._merges: dict[int, TimestampMerge[T]] = {}
        self._paused: set[TopicPartition] = set()
        self._blocked = asyncio.Event()
        self._read_at_s = time.monotonic()

    def take_over(self, positions: Mapping[TopicPartition, int]) -> None:
        """Starts with newly assigned partitions; `positions` are the offsets that will come first."""
        for at, position in positions.items():
            merge = self._merges.setdefault(at.partition, TimestampMerge(tuple(DECODERS), frozenset({JOURNEY})))
            merge.start(self._base_names[at.topic], position)
        self._blocked.set()

    def give_up(self, partitions: set[TopicPartition]) -> None:
        """Forgets revoked partitions and what waits of them."""
        for at in partitions:
            self._merges.pop(at.partition, None)
            self._paused.discard(at)

    def owns(self, at: TopicPartition) -> bool:
        """Whether the partition was taken over and not given up since."""
        return at.partition in self._merges

    def push(self, record: LogRecord, item: T) -> None:
        """One record read, in offset order within its partition: it goes on when its turn has come."""
        merge, lane = self._merges[record.at.partition], self._base_names[record.at.topic]
        merge.push(lane, item, offset=record.offset, time_ms=record.timestamp_ms)
        self._go_on(merge)
        if merge.waiting(lane) >= self._lane_limit and record.at not in self._paused:
            self._paused.add(record.at)
            self._pause(record.at, pause=True)

    def skip(self, record: LogRecord) -> None:
        """One record read that goes nowhere: a dead letter, or one for other readers."""
        merge = self._merges.get(record.at.partition)
        if merge is not None:
            merge.passed(self._base_names[record.at.topic], record.offset + 1)
            self._go_on(merge)

    def reading(self) -> None:
        """A record came, whatever becomes of it."""
        self._read_at_s = time.monotonic()

    async def look_up_ends(self, busy: Callable[[], bool]) -> None:
        """Runs for ever: finds out for waiting records whether the other topics are read to their ends.

        Args:
            busy: whether a record that was read is held back before `push`.
        """
        while True:
            await self._blocked.wait()
            self._blocked.clear()
            waiting = {partition: merge for partition, merge in self._merges.items() if merge.blocked()}
            if waiting:
                quiet = not busy() and time.monotonic() - self._read_at_s > _QUIET_S
                await self._look_up(waiting, quiet=quiet)
            self._resume_drained()
            self._telemetry.set(
                measured.MERGE_WAITING,
                sum(merge.waiting(lane) for merge in self._merges.values() for lane in DECODERS),
            )
            if any(merge.blocked() for merge in self._merges.values()):
                self._blocked.set()
            await asyncio.sleep(_LOOK_UP_EVERY_S)

    async def _look_up(self, waiting: Mapping[int, TimestampMerge[T]], *, quiet: bool) -> None:
        marks = {partition: merge.mark() for partition, merge in waiting.items()}
        lanes = {
            TopicPartition(name, partition): (partition, lane)
            for partition in waiting
            for name, lane in self._base_names.items()
        }
        ends = await self._offsets.end(list(lanes))
        for at, (partition, lane) in lanes.items():
            merge = waiting[partition]
            merge.ends({lane: ends[at]}, marks[partition])
            if quiet and merge.waiting(lane) == 0 and (reached := await self._position(at)) is not None:
                # Offsets without records (a transaction's marks, what compaction took) never come. The consumer
                # itself has passed them, and as nothing came for long, no record of it is still on its way to us.
                merge.passed(lane, reached)
        for partition, merge in waiting.items():
            if self._merges.get(partition) is merge:
                self._go_on(merge)

    def _go_on(self, merge: TimestampMerge[T]) -> None:
        ready = merge.take()
        if ready:
            self._release(ready)
        if merge.blocked():
            self._blocked.set()

    def _resume_drained(self) -> None:
        for at in list(self._paused):
            merge = self._merges.get(at.partition)
            if merge is None or merge.waiting(self._base_names[at.topic]) <= self._lane_limit // 2:
                self._paused.discard(at)
                self._pause(at, pause=False)
