"""What a partitioned log holds and how one is written and measured: Kafka as the rest of peakend sees it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

Headers = Sequence[tuple[str, bytes]]


class TopicPartition(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record as read. `timestamp_ms` is the record's, by the producer or the broker as the topic says."""

    at: TopicPartition
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int


class Delivery(Protocol):
    """Where a record landed. `timestamp` (ms) is the broker's for topics with LogAppendTime."""

    @property
    def offset(self) -> int:
        """Offset in its partition."""
        ...

    @property
    def timestamp(self) -> int | None:
        """Milliseconds since 1970, or None (or negative) if the broker told none."""
        ...


class Producer(Protocol):
    """Writes records. One producer keeps the order of its sends within a partition, through retries too."""

    async def send(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        partition: int | None = None,
        headers: Headers = (),
        timestamp_ms: int | None = None,
    ) -> "asyncio.Future[Delivery]":
        """Hands a record over, waiting only for room; the future is done when all replicas have it."""
        ...

    async def flush(self) -> None:
        """Waits until everything handed over is delivered or has failed."""
        ...


class Offsets(Protocol):
    """Measures logs and consumer groups, as the broker knows them at the moment of the call."""

    async def beginning(self, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        """The oldest offset that is still there."""
        ...

    async def end(self, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        """The offset that the next record will get."""
        ...

    async def committed(
        self, group: str, partitions: Collection[TopicPartition]
    ) -> Mapping[TopicPartition, int | None]:
        """The committed offset (the next to be read), or None where the group never committed."""
        ...


Acknowledge = Callable[[], Awaitable[object] | object]
"""Tells the consumer that a record and all it caused is done."""
