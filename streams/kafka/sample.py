"""A look at the youngest records of topics: their keys and where they lie."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from aiokafka import TopicPartition

from streams.kafka.connection import open_admin, open_reader
from streams.kafka.security import Security

_WAIT_MS: Final = 500


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a keyed record lies: in `partition` of the `partitions` of its topic."""

    topic: str
    key: bytes
    partition: int
    partitions: int


async def sample_keys(
    bootstrap: str, security: Security, topics: Collection[str], *, each: int = 50
) -> tuple[Placed, ...]:
    """Up to `each` of the youngest records of every partition of `topics` that have a key.

    Raises:
        UnreachableError: no broker answers.
    """
    async with open_admin(bootstrap, security) as admin:
        counts = {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}
    places = [TopicPartition(name, number) for name in topics for number in range(counts.get(name, 0))]
    if not places:
        return ()
    found: list[Placed] = []
    async with open_reader(bootstrap, security) as consumer:
        consumer.assign(places)
        starts = await consumer.beginning_offsets(places)
        ends = await consumer.end_offsets(places)
        for at in places:
            consumer.seek(at, max(starts[at], ends[at] - each))
        # A fetch that brings nothing ends it: what is left may be no data (transaction markers).
        while batches := await consumer.getmany(timeout_ms=_WAIT_MS):
            found += [
                Placed(at.topic, record.key, at.partition, counts[at.topic])
                for at, batch in batches.items()
                for record in batch
                if record.key is not None and record.offset < ends[at]
            ]
            if all([await consumer.position(at) >= ends[at] for at in places]):
                break
    return tuple(found)
