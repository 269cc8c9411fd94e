"""How far a consumer group is behind."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
)
from aiokafka.structs import OffsetAndMetadata

from streams.kafka.connection import open_admin, open_reader
from streams.kafka.security import Security

_COORDINATOR_SECONDS: Final = 20.0
_RETRY_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """Progress of a group in one partition, in offsets.

    Attributes:
        committed: the next offset to be read; None: the group has committed nothing here.
        end: the offset that the next record will get.
        lag: records not yet done, from the oldest that is left where nothing was committed.
    """

    topic: str
    partition: int
    committed: int | None
    end: int
    lag: int


async def group_lag(
    bootstrap: str, security: Security, group: str, topics: Collection[str]
) -> tuple[PartitionLag, ...]:
    """The lag of `group` in every partition of `topics` that is on the broker, by topic and partition.

    Raises:
        UnreachableError: no broker answers.
    """
    async with open_admin(bootstrap, security) as admin, open_reader(bootstrap, security) as reader:
        partitions = [
            TopicPartition(topic["topic"], part["partition"])
            for topic in await admin.describe_topics()
            if topic["topic"] in topics
            for part in topic["partitions"]
        ]
        if not partitions:
            return ()
        starts = await reader.beginning_offsets(partitions)
        ends = await reader.end_offsets(partitions)
        told = await committed_offsets(admin, group, partitions)
    lags = []
    for at in sorted(partitions):
        offset = told[at].offset if at in told else -1
        committed = offset if offset >= 0 else None
        done = starts[at] if committed is None else committed
        lags.append(PartitionLag(at.topic, at.partition, committed, ends[at], max(0, ends[at] - done)))
    return tuple(lags)


async def committed_offsets(
    admin: AIOKafkaAdminClient, group: str, partitions: list[TopicPartition]
) -> dict[TopicPartition, OffsetAndMetadata]:
    """What the group has committed. A broker that just started first makes the topic of committed offsets."""
    async with asyncio.timeout(_COORDINATOR_SECONDS):
        while True:
            try:
                told: dict[TopicPartition, OffsetAndMetadata] = await admin.list_consumer_group_offsets(
                    group, partitions=partitions
                )
            except (GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError):
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return told
