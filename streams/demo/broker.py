"""The demo's broker: our own, or the one that KAFKA_BOOTSTRAP names, on which the demo keeps to itself."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from streams.config import Config
from streams.kafka.admin import create_topics, delete_topics
from streams.kafka.embedded import EmbeddedBroker


@asynccontextmanager
async def demo_broker(config: Config, *, foreign: bool, tell: Callable[[str], None]) -> AsyncIterator[Config]:
    """A broker and, on it, all topics; gives the configuration that reaches them.

    Our own broker goes at the end. On a `foreign` one the topics have a prefix of this demo's own, and go.

    Raises:
        JavaError, JarsError, BrokerError: our own does not start.
        UnreachableError, TopicAdminError: the topics cannot be created.
    """
    if foreign:
        reached = config.model_copy(update={"topic_prefix": f"demo-{uuid.uuid4().hex[:8]}."})
        await _create(reached)
        try:
            yield reached
        finally:
            names = [topic.name for topic in reached.topics()]
            await delete_topics(reached.bootstrap, reached.security, names)
        return
    broker = EmbeddedBroker(progress=tell)
    starting = asyncio.ensure_future(asyncio.to_thread(broker.start))
    try:
        # Shielded: a thread cannot be cancelled, and what it has started must be stopped.
        await asyncio.shield(starting)
        reached = config.model_copy(update={"bootstrap": broker.bootstrap, "topic_prefix": "", "replication_factor": 1})
        await _create(reached)
        yield reached
    finally:
        with contextlib.suppress(Exception):
            await starting
        await asyncio.to_thread(broker.stop)


async def _create(config: Config) -> None:
    await create_topics(config.bootstrap, config.security, config.topics(), replication=config.replication_factor)
