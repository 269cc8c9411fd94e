"""What must be on the broker before a worker may start."""

from collections.abc import Sequence

from streams.kafka.security import Security
from streams.kafka.topic_check import Gravity, check_topics
from streams.runtime.failures import Halt
from streams.topics import TopicSpec


async def require_topics(bootstrap: str, security: Security, topics: Sequence[TopicSpec]) -> None:
    """Halts a worker whose topics would lose records, rather than let it start.

    Partition counts must be as configured throughout the flow: partition p of each input feeds partition p of
    `cx.scored` and of the state.

    Raises:
        Halt: a topic is missing or not usable; all of them in one message.
        UnreachableError: no broker answers.
    """
    differences = await check_topics(bootstrap, security, topics)
    flow = {topic.name for topic in topics if topic.co_partition is not None}
    serious = [
        difference
        for difference in differences
        if difference.gravity is Gravity.ERROR or (difference.what == "partitions" and difference.topic in flow)
    ]
    if serious:
        raise Halt("topics are not ready: " + "; ".join(str(difference) for difference in serious))
