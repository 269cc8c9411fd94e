"""State of conversations in `cx.state`, a compacted topic with the partitions of `cx.scored`."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as KafkaPartition

from streams.kafka.security import Security
from streams.runtime.log import Delivery, Headers, Producer
from streams.runtime.store import StateChange, StoredConversation, fold

# What loading must know of a write without parsing it stands in its headers.
_OFFSET: Final = "offset"
_DUE: Final = "due-ms"
_CLOSED: Final = "closed"
_PENDING: Final = "pending"

_CLOCK_KEY: Final = b"\x00broker-time"


class KafkaStateStore:
    """The `StateStore` protocol on a compacted topic.

    Writes go through the producer that writes the outputs, into the partition of the event that caused them.
    """

    def __init__(self, bootstrap: str, security: Security, *, topic: str, producer: Producer, client_id: str) -> None:
        self._topic = topic
        self._producer = producer
        self._settings: dict[str, Any] = {
            "bootstrap_servers": bootstrap,
            "client_id": client_id,
            "group_id": None,
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "max_partition_fetch_bytes": 8 * 1024 * 1024,
            "fetch_max_wait_ms": 100,
            **security.aiokafka(),
        }

    async def load(self, partition: int) -> Mapping[str, StateChange]:
        """See `StateStore`: reads the partition from its beginning to its present end."""
        at = KafkaPartition(self._topic, partition)
        changes: list[StateChange] = []
        consumer = AIOKafkaConsumer(**self._settings)
        await consumer.start()
        try:
            consumer.assign([at])
            end = (await consumer.end_offsets([at]))[at]
            await consumer.seek_to_beginning(at)
            while await consumer.position(at) < end:
                batches = await consumer.getmany(at, timeout_ms=1_000, max_records=10_000)
                changes += [
                    _change(record.key.decode(), record.value, dict(record.headers))
                    for record in batches.get(at, ())
                    if record.key is not None and record.key != _CLOCK_KEY
                ]
        finally:
            await consumer.stop()
        folded = fold(changes)
        return {key: change for key, change in folded.items() if change.payload is not None}

    async def write(self, partition: int, key: str, stored: StoredConversation) -> "asyncio.Future[Delivery]":
        """See `StateStore`."""
        change = stored.change(key)
        headers: list[tuple[str, bytes]] = [
            (_OFFSET, b"%d" % change.offset),
            (_CLOSED, b"%d" % change.closed),
            (_PENDING, b"%d" % change.pending),
        ]
        if change.due_ms is not None:
            headers.append((_DUE, b"%d" % change.due_ms))
        return await self._append(partition, key.encode(), change.payload, headers)

    async def drop(self, partition: int, key: str, offset: int) -> "asyncio.Future[Delivery]":
        """See `StateStore`."""
        return await self._append(partition, key.encode(), None, [(_OFFSET, b"%d" % offset)])

    async def broker_time(self, partition: int) -> int:
        """The broker's clock in milliseconds, told by the append time of an empty record.

        Raises:
            RuntimeError: the topic does not have LogAppendTime.
        """
        landed = await (await self._append(partition, _CLOCK_KEY, None, []))
        if landed.timestamp is None or landed.timestamp < 0:
            raise RuntimeError(
                f"{self._topic} does not tell append times; run `peakend topics check` and mend what it names"
            )
        return landed.timestamp

    async def _append(
        self, partition: int, key: bytes, value: bytes | None, headers: Headers
    ) -> "asyncio.Future[Delivery]":
        return await self._producer.send(self._topic, key=key, value=value, partition=partition, headers=headers)


def _change(key: str, payload: bytes | None, headers: dict[str, bytes]) -> StateChange:
    due = headers.get(_DUE)
    return StateChange(
        key,
        int(headers[_OFFSET]),
        payload,
        None if due is None else int(due),
        headers.get(_CLOSED) == b"1",
        int(headers.get(_PENDING, b"-1")),
    )
