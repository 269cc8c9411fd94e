"""Clients opened and closed as one, with an error that says which broker did not answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError, KafkaError, NodeNotReadyError

from streams.kafka.security import Security

_CLIENT_ID: Final = "peakend-tools"


class UnreachableError(ConnectionError):
    """No broker answers at the address given, or it refuses us; the message says what to look at."""

    def __init__(self, bootstrap: str, cause: BaseException) -> None:
        super().__init__(
            f"no Kafka broker answers at {bootstrap} ({cause}): check KAFKA_BOOTSTRAP and the "
            "KAFKA_SECURITY_*, KAFKA_SASL_* and KAFKA_SSL_* settings, or start one with `peakend broker`"
        )


@asynccontextmanager
async def open_admin(bootstrap: str, security: Security) -> AsyncIterator[AIOKafkaAdminClient]:
    """A started admin client.

    Raises:
        UnreachableError: no broker answers.
    """
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, client_id=_CLIENT_ID, **security.aiokafka())
    try:
        try:
            await client.start()
        except (KafkaConnectionError, NodeNotReadyError) as error:
            raise UnreachableError(bootstrap, error) from error
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def open_reader(bootstrap: str, security: Security) -> AsyncIterator[AIOKafkaConsumer]:
    """A started consumer in no group: nothing is committed, partitions are assigned by hand.

    Raises:
        UnreachableError: no broker answers.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        client_id=_CLIENT_ID,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        **security.aiokafka(),
    )
    try:
        try:
            await consumer.start()
        except KafkaError as error:
            raise UnreachableError(bootstrap, error) from error
        yield consumer
    finally:
        await consumer.stop()


@asynccontextmanager
async def open_producer(
    bootstrap: str, security: Security, *, max_request_bytes: int
) -> AsyncIterator[AIOKafkaProducer]:
    """A started producer that waits for all replicas; leaving it delivers what was handed over.

    Raises:
        UnreachableError: no broker answers.
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        client_id=_CLIENT_ID,
        acks="all",
        linger_ms=5,
        max_request_size=max_request_bytes,
        **security.aiokafka(),
    )
    try:
        try:
            await producer.start()
        except KafkaError as error:
            raise UnreachableError(bootstrap, error) from error
        yield producer
    finally:
        await producer.stop()
