from streams.kafka.admin import TopicState
from streams.kafka.topic_check import Gravity, compare_topics
from streams.topics import TopicSpec, topic_list

TOPICS = topic_list()


def _as_declared(topic: TopicSpec, partitions: int | None = None, **settings: str) -> TopicState:
    config = {**topic.config(), **{name.replace("_", "."): value for name, value in settings.items()}}
    return TopicState(topic.name, partitions or topic.partitions, 1, config)


def test_topics_as_declared_have_no_differences() -> None:
    assert compare_topics(TOPICS, {topic.name: _as_declared(topic) for topic in TOPICS}) == ()


def test_a_broker_that_takes_larger_messages_is_well() -> None:
    actual = {topic.name: _as_declared(topic, max_message_bytes="99999999") for topic in TOPICS}
    assert compare_topics(TOPICS, actual) == ()


def test_what_loses_records_is_an_error_and_what_costs_space_a_warning() -> None:
    actual = {topic.name: _as_declared(topic) for topic in TOPICS}
    scored = next(topic for topic in TOPICS if topic.name == "cx.scored")
    actual["cx.scored"] = _as_declared(
        scored, message_timestamp_type="CreateTime", max_message_bytes="1000", retention_ms="1"
    )
    found = {difference.what: difference.gravity for difference in compare_topics(TOPICS, actual)}
    assert found == {
        "message.timestamp.type": Gravity.ERROR,
        "max.message.bytes": Gravity.ERROR,
        "retention.ms": Gravity.WARNING,
    }


def test_unequal_partitions_in_a_group_are_an_error_that_names_all() -> None:
    actual = {topic.name: _as_declared(topic) for topic in TOPICS}
    journey = next(topic for topic in TOPICS if topic.name == "cx.journey")
    actual["cx.journey"] = _as_declared(journey, partitions=6)
    found = compare_topics(TOPICS, actual)
    assert [(d.topic, d.gravity) for d in found] == [
        ("cx.journey", Gravity.WARNING),
        ("cx.journey", Gravity.ERROR),
    ]
    assert "cx.messages 4, cx.transcripts 4, cx.journey 6" in found[1].remedy
    assert "cx.journey: partitions is 6" in str(found[1])
