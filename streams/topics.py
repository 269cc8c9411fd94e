"""The topics of peakend, declared once: creation, comparison, isolation and documentation read this list."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Final

MIB: Final = 1024 * 1024
SMALL_RECORD: Final = MIB
"""Bytes an input topic takes, as one record batch."""
LARGE_RECORD: Final = 4 * MIB
"""Bytes of the topics that hold an input again with something added: scores, state, error headers."""
DLQ_SUFFIX: Final = ".dlq"
FOREVER: Final = timedelta.max
"""Retention without an end (`retention.ms=-1`)."""


class Cleanup(StrEnum):
    """What the broker does with old records."""

    DELETE = "delete"
    COMPACT = "compact"


class TimestampType(StrEnum):
    """Whose clock a record's timestamp is."""

    CREATE = "CreateTime"
    APPEND = "LogAppendTime"


class CoPartition(StrEnum):
    """Topics of one group must have equally many partitions: a key is in the same one of each."""

    INPUT = "input"
    SCORED = "scored"


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """One topic as it should be.

    Attributes:
        name: name on the broker, prefix included.
        partitions: how many.
        key: what the record key holds.
        what: one sentence for people.
        retention: how long records are kept; without meaning for compacted topics.
        max_message_bytes: largest record batch.
        co_partition: group of topics that must have the same number of partitions; None: free.
        compaction_lag: for this long a record is not compacted, so that a reader sees recent ones in order.
        segment_bytes: size at which a segment is closed; only closed ones are compacted. None: the broker's.
        segment_time: age at which a segment is closed. None: the broker's.
        prefix: the part of `name` that isolates one installation or test from others.
    """

    name: str
    partitions: int
    key: str
    what: str
    cleanup: Cleanup = Cleanup.DELETE
    retention: timedelta = timedelta(days=7)
    max_message_bytes: int = SMALL_RECORD
    timestamp_type: TimestampType = TimestampType.CREATE
    co_partition: CoPartition | None = None
    compaction_lag: timedelta | None = None
    segment_bytes: int | None = None
    segment_time: timedelta | None = None
    prefix: str = ""

    @property
    def base_name(self) -> str:
        """The name without the prefix, as the documentation has it."""
        return self.name.removeprefix(self.prefix)

    def config(self) -> dict[str, str]:
        """The topic's settings by Kafka's names, values as the broker reports them."""
        settings = {
            "cleanup.policy": self.cleanup.value,
            "max.message.bytes": str(self.max_message_bytes),
            "message.timestamp.type": self.timestamp_type.value,
        }
        if self.cleanup is Cleanup.DELETE:
            settings["retention.ms"] = "-1" if self.retention == FOREVER else _milliseconds(self.retention)
        if self.compaction_lag is not None:
            settings["min.compaction.lag.ms"] = _milliseconds(self.compaction_lag)
        if self.segment_bytes is not None:
            settings["segment.bytes"] = str(self.segment_bytes)
        if self.segment_time is not None:
            settings["segment.ms"] = _milliseconds(self.segment_time)
        return settings


def _milliseconds(duration: timedelta) -> str:
    return str(duration // timedelta(milliseconds=1))


def _input(name: str, what: str) -> TopicSpec:
    return TopicSpec(name, 4, "conversation_id", what, co_partition=CoPartition.INPUT)


def _output(name: str, key: str, what: str) -> TopicSpec:
    return TopicSpec(name, 4, key, what, retention=timedelta(days=30))


def _dlq(consumed: TopicSpec) -> TopicSpec:
    return TopicSpec(
        consumed.name + DLQ_SUFFIX,
        1,
        consumed.key,
        f"Records of {consumed.name} that could not be read, byte for byte, with the error in headers.",
        retention=timedelta(days=30),
        max_message_bytes=LARGE_RECORD,
    )


_CONSUMED: Final = (
    _input("cx.messages", "Written utterances: chat, social, e-mail, SMS, app, branch."),
    _input("cx.transcripts", "Spoken utterances as recognised, partial then final, revised."),
    # Without a conversation_id a journey event is keyed by customer_id.
    _input("cx.journey", "What happened around a conversation: queued, answered, transferred, ended."),
    TopicSpec(
        "cx.profiles",
        4,
        "customer_id",
        "Who the customer is: the last record of a key is in force.",
        cleanup=Cleanup.COMPACT,
    ),
    TopicSpec("cx.feedback", 4, "conversation_id", "Surveys, acknowledged and dismissed alerts, labels."),
    TopicSpec(
        "cx.scored",
        4,
        "conversation_id",
        "The one ordered log: scored utterances, journey events, ticks, context and feedback.",
        retention=timedelta(days=14),
        max_message_bytes=LARGE_RECORD,
        # Ticks and the clamp of event times go by the broker's clock.
        timestamp_type=TimestampType.APPEND,
        co_partition=CoPartition.SCORED,
    ),
)

_KEPT: Final = (
    TopicSpec(
        "cx.state",
        4,
        "conversation_id",
        "State of conversations with the offset of cx.scored last applied, and the outbox.",
        # Append times tell workers the broker's clock, by which ticks go.
        timestamp_type=TimestampType.APPEND,
        cleanup=Cleanup.COMPACT,
        max_message_bytes=LARGE_RECORD,
        co_partition=CoPartition.SCORED,
        # Three settings bound what must be read after an assignment: a segment is closed soon, by size or by
        # age, and is compacted soon after; until then a reader finds every recent write.
        compaction_lag=timedelta(minutes=5),
        segment_bytes=32 * MIB,
        segment_time=timedelta(minutes=10),
    ),
    _output("cx.moments", "conversation_id", "Moments of truth through their phases."),
    _output("cx.routing", "conversation_id", "Whom to route to, hand-offs to people, channel switches."),
    _output("cx.escalations", "conversation_id", "Escalations by target area, with a deadline."),
    _output("cx.guidance", "conversation_id", "What to say and not to say, with a time to live."),
    _output("cx.suppressed", "conversation_id", "Records that the alert budget held back, and why."),
    _output("cx.conversations", "conversation_id", "Closing summaries: peak, end, effort, outcome."),
    _output("cx.qa", "customer_id", "Conversations to review, chosen by objective."),
    _output("cx.insights", "customer_id", "Recurring requests, surges, stalled cases, journey hot spots."),
    _output("cx.actions", "conversation_id", "Actions for other systems, approved or to be approved."),
)

TOPICS: Final[tuple[TopicSpec, ...]] = (*_CONSUMED, *_KEPT, *(_dlq(consumed) for consumed in _CONSUMED))
"""Every topic, without a prefix."""


class TopicListError(ValueError):
    """The wished-for topic list contradicts itself; the message says how."""


def topic_list(
    prefix: str = "",
    partitions: Mapping[str, int] | None = None,
    retention: timedelta | None = None,
) -> tuple[TopicSpec, ...]:
    """The declared topics as one installation wants them.

    Args:
        prefix: put before every name: installations and tests that share a broker do not meet.
        partitions: counts other than the declared, by name without prefix.
        retention: in place of every declared one; `FOREVER` where month-old recordings are replayed with
            their own times, as a broker deletes by record time.

    Raises:
        TopicListError: an unknown topic, a count below one, or unequal counts in a co-partitioned group.
    """
    counts = dict(partitions or {})
    unknown = sorted(counts.keys() - {topic.name for topic in TOPICS})
    if unknown:
        raise TopicListError(f"no such topic: {', '.join(unknown)}; the topics are in streams/topics.py")
    chosen = tuple(
        replace(
            topic,
            name=prefix + topic.name,
            prefix=prefix,
            partitions=counts.get(topic.name, topic.partitions),
            retention=topic.retention if retention is None else retention,
        )
        for topic in TOPICS
    )
    for topic in chosen:
        if topic.partitions < 1:
            raise TopicListError(f"{topic.name}: {topic.partitions} partitions; it needs at least 1")
    for group, counted in co_partitioned(chosen):
        if len(set(counted.values())) > 1:
            listed = ", ".join(f"{name} {count}" for name, count in counted.items())
            raise TopicListError(f"the {group.value} topics need equally many partitions, not {listed}")
    return chosen


def co_partitioned(topics: Sequence[TopicSpec]) -> Iterator[tuple[CoPartition, dict[str, int]]]:
    """Each co-partitioned group with the partition counts of its topics, by name."""
    for group in CoPartition:
        yield group, {topic.name: topic.partitions for topic in topics if topic.co_partition is group}
