from datetime import timedelta

import pytest

from schemas.topics import RECORD_TYPES
from streams.topics import DLQ_SUFFIX, FOREVER, LARGE_RECORD, TOPICS, TopicListError, TopicSpec, topic_list


def _named(name: str, topics: tuple[TopicSpec, ...] = TOPICS) -> TopicSpec:
    return next(topic for topic in topics if topic.name == name)


def test_every_record_has_its_topic() -> None:
    assert set(RECORD_TYPES) <= {topic.name for topic in TOPICS}


def test_names_are_unique_and_every_consumed_topic_has_a_dead_letter_topic() -> None:
    names = [topic.name for topic in TOPICS]
    assert len(set(names)) == len(names)
    consumed = ("messages", "transcripts", "journey", "profiles", "feedback", "scored")
    for name in consumed:
        assert _named(f"cx.{name}{DLQ_SUFFIX}").max_message_bytes == LARGE_RECORD


def test_the_scored_log_has_the_brokers_clock_and_shares_its_partitions_with_the_state() -> None:
    assert _named("cx.scored").config()["message.timestamp.type"] == "LogAppendTime"
    assert _named("cx.messages").config()["message.timestamp.type"] == "CreateTime"
    state = _named("cx.state")
    assert state.partitions == _named("cx.scored").partitions
    assert state.config()["cleanup.policy"] == "compact"
    assert "retention.ms" not in state.config()
    assert int(state.config()["min.compaction.lag.ms"]) >= 60_000


def test_a_prefix_isolates_and_can_be_taken_off() -> None:
    messages = _named("one.cx.messages", topic_list("one."))
    assert messages.base_name == "cx.messages"


def test_retention_can_be_replaced_and_be_without_end() -> None:
    day = topic_list(retention=timedelta(days=1))
    assert _named("cx.moments", day).config()["retention.ms"] == "86400000"
    assert _named("cx.moments", topic_list(retention=FOREVER)).config()["retention.ms"] == "-1"


def test_partitions_can_be_chosen_as_long_as_groups_agree() -> None:
    counts = {"cx.scored": 8, "cx.state": 8, "cx.moments": 1}
    chosen = topic_list(partitions=counts)
    assert {name: _named(name, chosen).partitions for name in counts} == counts
    with pytest.raises(TopicListError, match=r"equally many.*cx\.scored 8, cx\.state 4"):
        topic_list(partitions={"cx.scored": 8})
    with pytest.raises(TopicListError, match=r"no such topic: cx\.typo"):
        topic_list(partitions={"cx.typo": 8})
    with pytest.raises(TopicListError, match="at least 1"):
        topic_list(partitions={"cx.moments": 0})
