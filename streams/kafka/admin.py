"""Topics on a broker: created from the declared list, deleted, described."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

from streams.kafka.connection import open_admin
from streams.kafka.security import Security
from streams.topics import TopicSpec

_VISIBLE_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.1


class TopicAdminError(RuntimeError):
    """The broker refused to create, delete or describe topics; the message names topic and reason."""


class Creation(StrEnum):
    """What became of a topic to be created."""

    CREATED = "created"
    EXISTS = "exists"


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic as it is on the broker: its partitions' leaders are known, its settings by Kafka's names."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]


async def create_topics(
    bootstrap: str, security: Security, topics: Sequence[TopicSpec], *, replication: int = 1
) -> dict[str, Creation]:
    """Create those of `topics` that are not there, and wait until every one can be used.

    A topic that is there is not changed; `streams.kafka.topic_check` tells whether it is as it should be.
    `replication` is the number of copies of each partition, at most the number of brokers. Returns what
    became of each topic, by name, in the order given.

    Raises:
        UnreachableError: no broker answers.
        TopicAdminError: the broker refused one; those before it may have been created.
    """
    async with open_admin(bootstrap, security) as admin:
        here = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in here]
        outcome = {topic.name: Creation.EXISTS for topic in topics}
        if missing:
            response = await admin.create_topics(
                [NewTopic(t.name, t.partitions, replication, topic_configs=t.config()) for t in missing]
            )
            for name, code, *message in response.topic_errors:
                if code == 0:
                    outcome[name] = Creation.CREATED
                elif code != TopicAlreadyExistsError.errno:  # another process was faster
                    raise TopicAdminError(f"{name}: {_reason(code, message)}")
        await _until_usable(admin, {topic.name for topic in topics})
    return outcome


async def delete_topics(bootstrap: str, security: Security, names: Collection[str]) -> None:
    """Delete topics with all their records and wait until they are gone; one not there is no error.

    Raises:
        UnreachableError: no broker answers.
        TopicAdminError: the broker refused one.
    """
    async with open_admin(bootstrap, security) as admin:
        here = sorted(set(await admin.list_topics()) & set(names))
        if not here:
            return
        response = await admin.delete_topics(here)
        for name, code, *message in response.topic_error_codes:
            if code not in {0, UnknownTopicOrPartitionError.errno}:
                raise TopicAdminError(f"{name}: {_reason(code, message)}")
        async with asyncio.timeout(_VISIBLE_SECONDS):
            while not set(here).isdisjoint(await admin.list_topics()):  # noqa: ASYNC110 - no event for this
                await asyncio.sleep(_POLL_SECONDS)


async def describe_topics(bootstrap: str, security: Security, names: Collection[str]) -> dict[str, TopicState]:
    """Those of `names` that are on the broker, by name.

    Raises:
        UnreachableError: no broker answers.
        TopicAdminError: the broker does not tell a topic's settings (rights).
    """
    async with open_admin(bootstrap, security) as admin:
        described = [topic for topic in await admin.describe_topics() if topic["topic"] in names]
        configs = await _configs(admin, [topic["topic"] for topic in described])
    return {
        topic["topic"]: TopicState(
            name=topic["topic"],
            partitions=len(topic["partitions"]),
            replication=min((len(part["replicas"]) for part in topic["partitions"]), default=0),
            config=configs[topic["topic"]],
        )
        for topic in described
    }


async def _configs(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found: dict[str, dict[str, str]] = {}
    for response in await admin.describe_configs(resources):
        for code, message, _kind, name, entries in response.resources:
            if code != 0:
                raise TopicAdminError(f"{name}: {_reason(code, [message])}")
            found[name] = {setting: value for setting, value, *_ in entries}
    return found


async def _until_usable(admin: AIOKafkaAdminClient, names: set[str]) -> None:
    """Wait until metadata shows every topic with a leader for each partition."""
    async with asyncio.timeout(_VISIBLE_SECONDS):
        # Metadata of all topics, as asking by name could create one on a broker that does that.
        # ASYNC110: the broker sends no event that one could wait for.
        while not names <= _usable(await admin.describe_topics()):  # noqa: ASYNC110
            await asyncio.sleep(_POLL_SECONDS)


def _usable(described: Iterable[Mapping[str, Any]]) -> set[str]:
    return {
        topic["topic"]
        for topic in described
        if topic["partitions"] and all(part["leader"] >= 0 for part in topic["partitions"])
    }


def _reason(code: int, message: Sequence[str | None]) -> str:
    told = next((text for text in message if text), None)
    return f"{for_code(code).__name__}" + (f": {told}" if told else "")
