"""A real Kafka for the tests that need one: our own for the session, or the one KAFKA_BOOTSTRAP names."""

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from streams.kafka.admin import create_topics, delete_topics
from streams.kafka.embedded import EmbeddedBroker
from streams.kafka.security import Security
from streams.topics import FOREVER, TopicSpec, topic_list

BROKER_TESTS = Path(__file__).parent / "broker"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if BROKER_TESTS in item.path.parents:
            item.add_marker(pytest.mark.broker)


@pytest.fixture(scope="session")
def bootstrap() -> Iterator[str]:
    """`host:port` of the broker for this session. Tests share it: use `prefix` for topics and groups."""
    given = os.environ.get("KAFKA_BOOTSTRAP")
    if given:
        yield given
        return
    with EmbeddedBroker(progress=print) as broker:
        yield broker.bootstrap


@pytest.fixture(scope="session")
def security() -> Security:
    """How to reach it: the KAFKA_* settings of the environment."""
    return Security.from_mapping(os.environ if os.environ.get("KAFKA_BOOTSTRAP") else {})


@pytest.fixture
def prefix() -> str:
    """A new prefix for topics and consumer groups, so that tests on one broker do not meet."""
    return f"test-{uuid.uuid4().hex[:8]}."


@pytest.fixture
async def topics(bootstrap: str, security: Security, prefix: str) -> AsyncIterator[tuple[TopicSpec, ...]]:
    """All of peakend's topics under `prefix`, without retention so that old times may be replayed."""
    wanted = topic_list(prefix, retention=FOREVER)
    await create_topics(bootstrap, security, wanted)
    yield wanted
    await delete_topics(bootstrap, security, [topic.name for topic in wanted])


@pytest.fixture
def own_broker() -> Iterator[EmbeddedBroker]:
    """A started broker for one test that stops, kills or restarts it."""
    with EmbeddedBroker() as broker:
        yield broker
