"""`record`: what stands in topics, read into a recording."""

import asyncio
import heapq
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from streams.kafka.connection import open_admin, open_reader
from streams.kafka.security import Security
from streams.runtime.recording import Recorded, Writer, open_writer

_BATCH: Final = 500
_FETCH_MS: Final = 1000
_FOLLOW_MS: Final = 300
_SILENT_FETCHES: Final = 5
"""So many empty fetches in a row at a live broker say that what is left is no data (transaction markers)."""
_PROGRESS_EVERY: Final = 1000


class NoSuchTopicError(LookupError):
    """A topic to be recorded is not on the broker; the message lists those that are."""


@dataclass(frozen=True, slots=True)
class RecordProgress:
    """How far a recording is: records written, and offsets passed of those that were there at the start."""

    written: int
    passed: int
    total: int


@dataclass(frozen=True, slots=True)
class RecordSummary:
    """What was recorded.

    Attributes:
        first_ms: least record time written, None if nothing was.
        last_ms: greatest one.
        topics: number of records by topic.
    """

    output: Path
    written: int
    first_ms: int | None
    last_ms: int | None
    topics: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Span:
    """Record times wanted, in milliseconds: from `start` on, before `end`; None: no bound."""

    start: int | None = None
    end: int | None = None

    def holds(self, timestamp_ms: int) -> bool:
        """Whether a record of that time is wanted."""
        return (self.start is None or timestamp_ms >= self.start) and (self.end is None or timestamp_ms < self.end)


async def record(
    bootstrap: str,
    security: Security,
    topics: Sequence[str],
    output: Path,
    *,
    prefix: str = "",
    span: Span | None = None,
    follow: bool = False,
    stop: asyncio.Event | None = None,
    progress: Callable[[RecordProgress], None] | None = None,
) -> RecordSummary:
    """Read `topics` from the beginning to the end that they have now, into the file `output`.

    The partitions are merged by record time, then topic, partition and offset; within a partition the order of
    offsets stays even where times do not rise, so a replay gives every key the order it had. With `follow` it
    goes on, in order of arrival, until `stop` is set; `stop` ends the first part too. What was read is in the
    file whenever it ends.

    `prefix` is that of the installation: `topics` are named without it, and in the file they stand without it.

    Raises:
        NoSuchTopicError: before anything is written.
        UnreachableError: no broker answers.
        OSError: the file cannot be written.
    """
    wanted = span or Span()
    stopped = stop or asyncio.Event()
    tell = progress or _silent
    partitions = await _partitions(bootstrap, security, [prefix + name for name in topics])
    async with open_reader(bootstrap, security) as consumer:
        consumer.assign(partitions)
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
        starts = await _seek(consumer, partitions, ends, wanted)
        with open_writer(output, line_by_line=follow) as append:
            tally = _Tally(append, prefix, wanted, sum(ends[at] - starts[at] for at in partitions), tell)
            async for found in _merged(consumer, starts, ends, stopped):
                tally.take(found)
            while follow and not stopped.is_set():
                batches = await consumer.getmany(timeout_ms=_FOLLOW_MS, max_records=_BATCH)
                for found in heapq.merge(*batches.values(), key=_order):
                    tally.take(found)
            tally.report()
    return RecordSummary(output, tally.written, tally.first, tally.last, dict(tally.topics))


async def _partitions(bootstrap: str, security: Security, topics: Sequence[str]) -> list[TopicPartition]:
    async with open_admin(bootstrap, security) as admin:
        here = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics()}
    missing = sorted(set(topics) - here.keys())
    if missing:
        known = ", ".join(sorted(name for name in here if not name.startswith("__"))) or "none"
        raise NoSuchTopicError(f"not on the broker: {', '.join(missing)}; there are: {known}")
    return sorted(TopicPartition(name, part["partition"]) for name in dict.fromkeys(topics) for part in here[name])


async def _seek(
    consumer: AIOKafkaConsumer,
    partitions: Sequence[TopicPartition],
    ends: Mapping[TopicPartition, int],
    span: Span,
) -> dict[TopicPartition, int]:
    """Go to the first record at or after the span's start in each partition; returns the offsets."""
    starts: dict[TopicPartition, int] = await consumer.beginning_offsets(partitions)
    if span.start is not None:
        found = await consumer.offsets_for_times(dict.fromkeys(partitions, span.start))
        starts = {at: ends[at] if found[at] is None else found[at].offset for at in partitions}
    for at in partitions:
        consumer.seek(at, starts[at])
    return starts


async def _merged(
    consumer: AIOKafkaConsumer,
    starts: Mapping[TopicPartition, int],
    ends: Mapping[TopicPartition, int],
    stopped: asyncio.Event,
) -> AsyncIterator["ConsumerRecord[bytes, bytes]"]:
    """The records below `ends`, partitions merged. At most one batch of each partition is in memory."""
    buffers: dict[TopicPartition, deque[ConsumerRecord[bytes, bytes]]] = {
        at: deque() for at in starts if starts[at] < ends[at]
    }
    heap: list[tuple[tuple[int, str, int, int], TopicPartition]] = []
    for at in list(buffers):
        await _refill(consumer, at, ends[at], buffers, heap)
    while heap and not stopped.is_set():
        _, at = heapq.heappop(heap)
        yield buffers[at].popleft()
        await _refill(consumer, at, ends[at], buffers, heap)


async def _refill(
    consumer: AIOKafkaConsumer,
    at: TopicPartition,
    end: int,
    buffers: "dict[TopicPartition, deque[ConsumerRecord[bytes, bytes]]]",
    heap: list[tuple[tuple[int, str, int, int], TopicPartition]],
) -> None:
    """Put the partition's next record on the heap, fetched if need be; nothing if it is read to its end."""
    buffer = buffers[at]
    silent = 0
    while not buffer and silent < _SILENT_FETCHES and await consumer.position(at) < end:
        batch = await consumer.getmany(at, timeout_ms=_FETCH_MS, max_records=_BATCH)
        fetched = batch.get(at, [])
        silent = 0 if fetched else silent + 1
        buffer.extend(found for found in fetched if found.offset < end)
        if fetched and fetched[-1].offset >= end:
            # What came meanwhile is for whoever follows.
            consumer.seek(at, end)
    if buffer:
        heapq.heappush(heap, (_order(buffer[0]), at))


def _order(found: "ConsumerRecord[bytes, bytes]") -> tuple[int, str, int, int]:
    return found.timestamp, found.topic, found.partition, found.offset


def _silent(_progress: RecordProgress) -> None:
    pass


@dataclass(slots=True)
class _Tally:
    """Writes what is wanted and counts it."""

    append: Writer
    prefix: str
    span: Span
    total: int
    tell: Callable[[RecordProgress], None]
    passed: int = 0
    written: int = 0
    first: int | None = None
    last: int | None = None
    topics: dict[str, int] = field(default_factory=dict)

    def take(self, found: "ConsumerRecord[bytes, bytes]") -> None:
        self.passed += 1
        topic = found.topic.removeprefix(self.prefix)
        if self.span.holds(found.timestamp):
            self.append(
                Recorded(
                    topic=topic,
                    key=found.key,
                    value=found.value,
                    timestamp_ms=found.timestamp,
                    headers=tuple(found.headers),
                    partition=found.partition,
                    offset=found.offset,
                )
            )
            self.written += 1
            self.first = found.timestamp if self.first is None else min(self.first, found.timestamp)
            self.last = found.timestamp if self.last is None else max(self.last, found.timestamp)
            self.topics[topic] = self.topics.get(topic, 0) + 1
        if self.passed % _PROGRESS_EVERY == 0:
            self.report()

    def report(self) -> None:
        self.tell(RecordProgress(self.written, min(self.passed, self.total), self.total))
