"""The topics of a broker compared with the declared list."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from streams.kafka.admin import TopicState, describe_topics
from streams.kafka.security import Security
from streams.topics import TopicSpec, co_partitioned

PARTITIONS: Final = "partitions"
MISSING: Final = "missing"
_AT_LEAST: Final = frozenset({"max.message.bytes"})
"""Settings of which more than declared does no harm."""
_NEEDED: Final = frozenset({"cleanup.policy", "message.timestamp.type", "max.message.bytes"})
"""Settings without which records are lost or moments differ; the others cost time or space."""


class Gravity(StrEnum):
    """Whether the pipeline may start."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as declared.

    Attributes:
        topic: name on the broker.
        what: `missing`, `partitions`, or a setting by Kafka's name.
        expected: as declared.
        actual: as found, "" for a missing topic.
        remedy: what to do, one sentence or command.
    """

    topic: str
    what: str
    expected: str
    actual: str
    remedy: str
    gravity: Gravity

    def __str__(self) -> str:
        if self.what == MISSING:
            return f"{self.topic} is missing. {self.remedy}"
        return f"{self.topic}: {self.what} is {self.actual}, not {self.expected}. {self.remedy}"


async def check_topics(bootstrap: str, security: Security, topics: Sequence[TopicSpec]) -> tuple[Difference, ...]:
    """What on the broker is not as `topics` declare it; empty when all is well.

    Raises:
        UnreachableError: no broker answers.
        TopicAdminError: the broker does not tell a topic's settings.
    """
    actual = await describe_topics(bootstrap, security, {topic.name for topic in topics})
    return compare_topics(topics, actual)


def compare_topics(topics: Sequence[TopicSpec], actual: Mapping[str, TopicState]) -> tuple[Difference, ...]:
    """The differences between declared `topics` and those found, by name."""
    differences = [
        difference
        for topic in topics
        for difference in (_compare(topic, actual[topic.name]) if topic.name in actual else (_missing(topic),))
    ]
    differences.extend(_unequal_groups(topics, actual))
    return tuple(differences)


def _missing(topic: TopicSpec) -> Difference:
    return Difference(topic.name, MISSING, "there", "", "Run `peakend topics create`.", Gravity.ERROR)


def _compare(topic: TopicSpec, state: TopicState) -> Iterator[Difference]:
    if state.partitions != topic.partitions:
        # Not an error by itself: what the flow needs is that a group's topics agree, see below.
        yield Difference(
            topic.name,
            PARTITIONS,
            str(topic.partitions),
            str(state.partitions),
            f"Declare {state.partitions} in the configuration, or delete the topic (its records go) and "
            "create it again; adding partitions would move keys.",
            Gravity.WARNING,
        )
    for setting, expected in topic.config().items():
        found = state.config.get(setting, "")
        if found == expected or (setting in _AT_LEAST and _as_int(found) >= int(expected)):
            continue
        yield Difference(
            topic.name,
            setting,
            expected,
            found,
            f"kafka-configs.sh --alter --entity-type topics --entity-name {topic.name} "
            f"--add-config {setting}={expected}",
            Gravity.ERROR if setting in _NEEDED else Gravity.WARNING,
        )


def _unequal_groups(topics: Sequence[TopicSpec], actual: Mapping[str, TopicState]) -> Iterator[Difference]:
    for group, declared in co_partitioned(topics):
        counts = {name: actual[name].partitions for name in declared if name in actual}
        if len(set(counts.values())) < 2:
            continue
        least = min(counts.values())
        others = ", ".join(f"{name} {count}" for name, count in counts.items())
        for name, count in counts.items():
            if count != least:
                yield Difference(
                    name,
                    PARTITIONS,
                    f"the same as the other {group.value} topics",
                    str(count),
                    f"These must be equal: {others}. Delete the topics (their records go) and create them again.",
                    Gravity.ERROR,
                )


def _as_int(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return -1
