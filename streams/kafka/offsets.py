"""Ends of logs and committed offsets of groups, asked of the broker."""

from collections.abc import Collection, Mapping

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.admin import AIOKafkaAdminClient

from streams.kafka.lag import committed_offsets
from streams.kafka.security import Security
from streams.runtime.log import TopicPartition


class KafkaOffsets:
    """The `Offsets` protocol on aiokafka; belongs to no consumer group itself."""

    def __init__(self, bootstrap: str, security: Security, *, client_id: str) -> None:
        settings = {"bootstrap_servers": bootstrap, "client_id": client_id, **security.aiokafka()}
        self._settings = settings
        self._consumer: AIOKafkaConsumer | None = None
        self._admin: AIOKafkaAdminClient | None = None

    async def start(self) -> None:
        """Connects."""
        consumer = AIOKafkaConsumer(group_id=None, enable_auto_commit=False, **self._settings)
        await consumer.start()
        self._consumer = consumer
        admin = AIOKafkaAdminClient(**self._settings)
        await admin.start()
        self._admin = admin

    async def stop(self) -> None:
        """Disconnects."""
        if self._consumer is not None:
            await self._consumer.stop()
        if self._admin is not None:
            await self._admin.close()

    async def beginning(self, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        """See `streams.runtime.log.Offsets`."""
        found = await self._reader().beginning_offsets([KafkaPartition(*at) for at in partitions])
        return {TopicPartition(at.topic, at.partition): offset for at, offset in found.items()}

    async def end(self, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        """See `streams.runtime.log.Offsets`."""
        found = await self._reader().end_offsets([KafkaPartition(*at) for at in partitions])
        return {TopicPartition(at.topic, at.partition): offset for at, offset in found.items()}

    async def committed(
        self, group: str, partitions: Collection[TopicPartition]
    ) -> Mapping[TopicPartition, int | None]:
        """See `streams.runtime.log.Offsets`."""
        if self._admin is None:
            raise RuntimeError("offsets were asked for before start")
        found = await committed_offsets(self._admin, group, [KafkaPartition(*at) for at in partitions])
        committed = {
            TopicPartition(at.topic, at.partition): told.offset if told.offset >= 0 else None
            for at, told in found.items()
        }
        return {at: committed.get(at) for at in partitions}

    def _reader(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            raise RuntimeError("offsets were asked for before start")
        return self._consumer
