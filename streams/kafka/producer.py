"""The one producer of a worker: outputs, state and dead letters, in order, all replicas awaited."""

import asyncio
from typing import Any

from aiokafka import AIOKafkaProducer

from streams.kafka.security import Security
from streams.runtime.log import Delivery, Headers


class KafkaProducer:
    """The `Producer` protocol on aiokafka.

    Keys are hashed by murmur2, as the Java clients do, so that a key's partition is the same for everybody.

    Args:
        request_timeout_s: after this long without an answer a send has failed for good. It must be shorter than the
            group's session: a worker that was frozen must not deliver what it had in hand when others have taken over.
    """

    def __init__(
        self,
        bootstrap: str,
        security: Security,
        *,
        client_id: str,
        request_timeout_s: float = 20.0,
        linger_ms: int = 5,
        max_request_bytes: int = 4 * 1024 * 1024,
    ) -> None:
        self._settings: dict[str, Any] = {
            "bootstrap_servers": bootstrap,
            "client_id": client_id,
            "acks": "all",
            "linger_ms": linger_ms,
            "request_timeout_ms": int(request_timeout_s * 1000),
            "max_request_size": max_request_bytes,
            "max_batch_size": 256 * 1024,
            **security.aiokafka(),
        }
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connects.

        Raises:
            aiokafka.errors.KafkaConnectionError: no broker answers.
        """
        producer = AIOKafkaProducer(**self._settings)
        await producer.start()
        self._producer = producer

    async def stop(self) -> None:
        """Delivers what was handed over, then disconnects."""
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await producer.stop()

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
        """See `streams.runtime.log.Producer`."""
        delivery: asyncio.Future[Delivery] = await self._started().send(
            topic,
            value=value,
            key=key,
            partition=partition,
            timestamp_ms=timestamp_ms,
            headers=list(headers),
        )
        return delivery

    async def flush(self) -> None:
        """See `streams.runtime.log.Producer`."""
        await self._started().flush()

    def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise RuntimeError("the producer is not started, or was stopped")
        return self._producer
