from datetime import timedelta

import pytest

from streams.kafka.admin import Creation, TopicAdminError, create_topics, delete_topics, describe_topics
from streams.kafka.connection import UnreachableError, open_producer
from streams.kafka.lag import group_lag
from streams.kafka.security import Security
from streams.kafka.topic_check import Gravity, check_topics
from streams.topics import TopicSpec, topic_list


async def test_created_topics_are_as_declared_and_creating_again_changes_nothing(
    bootstrap: str, security: Security, topics: tuple[TopicSpec, ...]
) -> None:
    assert await check_topics(bootstrap, security, topics) == ()
    again = await create_topics(bootstrap, security, topics)
    assert list(again) == [topic.name for topic in topics]
    assert set(again.values()) == {Creation.EXISTS}


async def test_differences_are_told_with_what_to_do(
    bootstrap: str, security: Security, prefix: str, topics: tuple[TopicSpec, ...]
) -> None:
    other = topic_list(prefix, {"cx.scored": 2, "cx.state": 2}, retention=timedelta(hours=1))
    told = {(d.topic, d.what): d for d in await check_topics(bootstrap, security, other)}
    partitions = told[f"{prefix}cx.scored", "partitions"]
    assert (partitions.expected, partitions.actual) == ("2", "4")
    retention = told[f"{prefix}cx.messages", "retention.ms"]
    assert (retention.actual, retention.gravity) == ("-1", Gravity.WARNING)
    assert "retention.ms=3600000" in retention.remedy
    await delete_topics(bootstrap, security, [f"{prefix}cx.qa", f"{prefix}never-there"])
    missing = await check_topics(bootstrap, security, topics)
    assert [(d.topic, d.what) for d in missing] == [(f"{prefix}cx.qa", "missing")]
    assert "peakend topics create" in str(missing[0])


async def test_a_refused_topic_is_named_with_the_reason(bootstrap: str, security: Security, prefix: str) -> None:
    bad = TopicSpec(f"{prefix}not allowed", 1, "key", "A name with a space.")
    with pytest.raises(TopicAdminError, match="not allowed: InvalidTopic"):
        await create_topics(bootstrap, security, [bad])


async def test_topics_are_never_created_by_use(bootstrap: str, security: Security, prefix: str) -> None:
    assert await describe_topics(bootstrap, security, {f"{prefix}cx.messages"}) == {}
    assert await describe_topics(bootstrap, security, {f"{prefix}cx.messages"}) == {}


async def test_lag_counts_what_a_group_has_not_committed(
    bootstrap: str, security: Security, prefix: str, topics: tuple[TopicSpec, ...]
) -> None:
    name = f"{prefix}cx.messages"
    async with open_producer(bootstrap, security, max_request_bytes=1000) as producer:
        for _ in range(3):
            await producer.send_and_wait(name, b"x", partition=1)
    lags = await group_lag(bootstrap, security, f"{prefix}nobody", [name, f"{prefix}never-there"])
    assert [(lag.partition, lag.committed, lag.end, lag.lag) for lag in lags] == [
        (0, None, 0, 0),
        (1, None, 3, 3),
        (2, None, 0, 0),
        (3, None, 0, 0),
    ]


async def test_an_address_without_a_broker_is_an_error_that_says_what_to_look_at() -> None:
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:9 .*KAFKA_BOOTSTRAP"):
        await describe_topics("127.0.0.1:9", Security(), {"cx.messages"})
