"""From Faust's events and partitions to the runtime's, and what only Faust's insides tell."""

from collections.abc import Collection
from typing import Any

from streams.runtime.acker import OrderedAcker
from streams.runtime.liveness import PartitionProgress, Progress
from streams.runtime.log import LogRecord, TopicPartition


def log_record(event: Any) -> LogRecord:
    """A Faust event, read as bytes."""
    message = event.message
    headers = message.headers or ()
    return LogRecord(
        TopicPartition(message.topic, message.partition),
        message.offset,
        message.key,
        message.value,
        tuple(headers.items() if isinstance(headers, dict) else headers),
        round(message.timestamp * 1000),
    )


def partitions(assigned: Collection[Any]) -> set[TopicPartition]:
    """Faust's topic partitions as ours."""
    return {TopicPartition(at.topic, at.partition) for at in assigned}


def stale(app: Any, event: Any) -> bool:
    """Whether an event was fetched before the last rebalance and slipped through Faust's clearing of buffers."""
    return bool(event.message.generation_id != app.consumer_generation_id)


def progress(app: Any, acker: OrderedAcker, assigned: Collection[TopicPartition]) -> Progress:
    """One look at an app for watchdog and probes; called from other threads, reads only."""
    committed = dict(app.monitor.tp_committed_offsets)
    partitions = {}
    for at in sorted(assigned):
        done, in_flight = acker.progress(at)
        partitions[at] = PartitionProgress(done, committed.get(at), in_flight)
    return Progress(_is_member(app), partitions)


def _is_member(app: Any) -> bool:
    # Faust keeps aiokafka's consumer on a thread of its own and does not tell whether the group still knows it.
    thread = getattr(app.consumer, "_thread", None)
    coordinator = getattr(getattr(thread, "_consumer", None), "_coordinator", None)
    return bool(getattr(coordinator, "member_id", ""))
