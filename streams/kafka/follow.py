"""Reads topics as they grow: what a live view or a waiting command sees."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from operator import attrgetter
from typing import Final

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as KafkaPartition

from streams.kafka.connection import open_admin, open_reader
from streams.kafka.security import Security
from streams.runtime.log import LogRecord, TopicPartition

_AT_ONCE: Final = 500


class UnknownTopicError(LookupError):
    """A topic to be followed is not on the broker."""


class Follower:
    """A reader of some partitions, in no group. Made by `open_follower`."""

    def __init__(self, consumer: AIOKafkaConsumer, partitions: Sequence[KafkaPartition]) -> None:
        self._consumer = consumer
        self._partitions = partitions

    async def take(self, timeout_s: float) -> list[LogRecord]:
        """What has come, by record time; waits up to `timeout_s` seconds if nothing has."""
        batches = await self._consumer.getmany(timeout_ms=int(timeout_s * 1000), max_records=_AT_ONCE)
        records = [
            LogRecord(
                TopicPartition(record.topic, record.partition),
                record.offset,
                record.key,
                record.value,
                tuple(record.headers),
                record.timestamp,
            )
            for batch in batches.values()
            for record in batch
        ]
        # Stable: records of one partition with the same time stay in the order of their offsets.
        return sorted(records, key=attrgetter("timestamp_ms"))

    async def rest(self) -> list[LogRecord]:
        """Everything between what was taken and what is on the broker at the time of the call."""
        ends = await self._consumer.end_offsets(self._partitions)
        records: list[LogRecord] = []
        while any([await self._consumer.position(at) < ends[at] for at in self._partitions]):
            records += await self.take(timeout_s=0.2)
        return records


@asynccontextmanager
async def open_follower(
    bootstrap: str, security: Security, topics: Sequence[str], *, from_beginning: bool = False
) -> AsyncIterator[Follower]:
    """A follower of all partitions of `topics`, from their present ends on or from their beginnings.

    When it is entered the places are fixed: what is written from then on is seen.

    Raises:
        UnreachableError: no broker answers.
        UnknownTopicError: a topic is not there.
    """
    async with open_admin(bootstrap, security) as admin:
        # All of them: asking by name could create a topic on a broker that does that.
        here = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics()}
    missing = [topic for topic in topics if topic not in here]
    if missing:
        raise UnknownTopicError(f"not on the broker: {', '.join(missing)}; run `peakend topics create`")
    partitions = sorted(KafkaPartition(topic, part["partition"]) for topic in topics for part in here[topic])
    async with open_reader(bootstrap, security) as consumer:
        consumer.assign(partitions)
        if from_beginning:
            await consumer.seek_to_beginning(*partitions)
        else:
            await consumer.seek_to_end(*partitions)
        for at in partitions:
            await consumer.position(at)
        yield Follower(consumer, partitions)
