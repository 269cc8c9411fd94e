"""`replay`: a recording sent to a broker, with its own spacing in time or faster."""

import asyncio
import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.kafka.admin import TopicState, describe_topics
from streams.kafka.connection import open_producer
from streams.kafka.partitioner import partition_for
from streams.kafka.security import Security
from streams.runtime.pace import Contents, Pace, ReplayProgress
from streams.runtime.recording import Recorded, read
from streams.runtime.time_shift import TimeShift, shift_to
from streams.topics import LARGE_RECORD

_IN_FLIGHT: Final = 2000
"""Records handed over and not yet delivered, at most."""


class ReplayError(RuntimeError):
    """The recording cannot be replayed there; the message says what to do. Raised before anything is sent."""


class DeliveryError(RuntimeError):
    """The broker did not take a record; those before it were sent."""


@dataclass(frozen=True, slots=True)
class ReplaySummary:
    """What was replayed.

    Attributes:
        sent: records delivered.
        seconds: wall time it took.
        shifted_seconds: by how much times were moved, 0 with `keep_times`.
        topics: number of records by topic, prefix included.
        complete: False if `stop` ended it before the last record.
    """

    sent: int
    seconds: float
    shifted_seconds: int
    topics: Mapping[str, int]
    complete: bool


async def replay(
    recording: Path,
    bootstrap: str,
    security: Security,
    *,
    speed: float = 1.0,
    prefix: str = "",
    keep_times: bool = False,
    topics: Collection[str] | None = None,
    stop: asyncio.Event | None = None,
    progress: Callable[[ReplayProgress], None] | None = None,
) -> ReplaySummary:
    """Send the records of a file, in its order, to topics that are there already.

    Times are moved to now: record times and the times in known input records by the same amount
    (`streams.runtime.time_shift`); with `keep_times` neither is. Keys are partitioned by murmur2 over the
    partitions of the topic; a record without a key goes to its recorded partition. The recording is checked to
    its end before the first record is sent.

    Args:
        recording: a file as `streams.runtime.recording` has it.
        bootstrap: `host:port` of the broker.
        security: how to reach it.
        speed: how many times faster than recorded; 0: as fast as it goes.
        prefix: put before every topic's name.
        keep_times: leave all times as recorded.
        topics: replay these only, by their names in the file; None: all.
        stop: ends the replay when set.
        progress: called about twice a second and at the end.

    Raises:
        RecordingError: a line is no record.
        ReplayError: a topic is missing, would at once delete what is sent, or `speed` is no number from 0 on.
        DeliveryError: the broker refused a record.
        UnreachableError: no broker answers.
        OSError: the file cannot be read.
    """
    if not (math.isfinite(speed) and speed >= 0):
        raise ReplayError(f"speed is {speed}; it is a number from 0 (as fast as it goes) on")
    contents = await asyncio.to_thread(_survey, recording, topics)
    states = await describe_topics(bootstrap, security, {prefix + name for name in contents.oldest_ms})
    _check_there(contents, states, prefix)
    now_ms = time.time_ns() // 1_000_000
    shift = TimeShift(0) if keep_times else shift_to(now_ms, contents.first_ms, contents.last_ms, speed)
    _check_kept(contents, states, prefix, shift, now_ms)
    pace = Pace(contents, speed, stop or asyncio.Event(), progress)
    sent: dict[str, int] = {}
    begun = time.monotonic()
    async with open_producer(bootstrap, security, max_request_bytes=LARGE_RECORD) as producer:
        deliveries = _Deliveries(producer)
        async for record in pace.play(_wanted(recording, topics)):
            name = prefix + record.topic
            await deliveries.send(name, shift(record), states[name].partitions)
            sent[name] = sent.get(name, 0) + 1
        await deliveries.done()
    total = sum(sent.values())
    pace.report(force=True)
    return ReplaySummary(
        sent=total,
        seconds=time.monotonic() - begun,
        shifted_seconds=shift.seconds,
        topics=sent,
        complete=total == contents.total,
    )


def _wanted(recording: Path, topics: Collection[str] | None) -> Iterator[Recorded]:
    return (record for record in read(recording) if topics is None or record.topic in topics)


def _survey(recording: Path, topics: Collection[str] | None) -> Contents:
    contents = Contents()
    for record in _wanted(recording, topics):
        contents.add(record)
    return contents


def _check_there(contents: Contents, states: Mapping[str, TopicState], prefix: str) -> None:
    missing = sorted(prefix + name for name in contents.oldest_ms if prefix + name not in states)
    if missing:
        raise ReplayError(f"not on the broker: {', '.join(missing)}; run `peakend topics create`")


def _check_kept(
    contents: Contents, states: Mapping[str, TopicState], prefix: str, shift: TimeShift, now_ms: int
) -> None:
    """A broker deletes by record time: what is older than the retention would be gone before it is read."""
    for name, oldest in contents.oldest_ms.items():
        config = states[prefix + name].config
        retention = int(config.get("retention.ms", "-1"))
        by_producer = config.get("message.timestamp.type") != "LogAppendTime"
        deletes = "delete" in config.get("cleanup.policy", "delete")
        age = now_ms - (oldest + shift.seconds * 1000)
        if deletes and by_producer and 0 <= retention < age:
            raise ReplayError(
                f"{prefix + name} keeps records for {retention / 3_600_000:.0f} h and the oldest is "
                f"{age / 3_600_000:.0f} h old: the broker would delete it. Replay with times moved to now, or "
                "create the topics with unlimited retention (retention.ms=-1)"
            )


class _Deliveries:
    """Hands records to the producer, keeps what is in flight bounded, and turns a refusal into an error."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._waiting: list[tuple[str, asyncio.Future[object]]] = []

    async def send(self, topic: str, record: Recorded, partitions: int) -> None:
        partition = (
            (record.partition or 0) % partitions if record.key is None else partition_for(record.key, partitions)
        )
        try:
            delivery = await self._producer.send(
                topic,
                value=record.value,
                key=record.key,
                partition=partition,
                timestamp_ms=record.timestamp_ms,
                headers=list(record.headers),
            )
        except KafkaError as error:
            raise DeliveryError(f"{topic}: {error}") from error
        self._waiting.append((topic, delivery))
        if len(self._waiting) >= _IN_FLIGHT:
            await self.done()

    async def done(self) -> None:
        waiting, self._waiting = self._waiting, []
        for topic, delivery in waiting:
            try:
                await delivery
            except KafkaError as error:
                raise DeliveryError(f"{topic}: {error}") from error
