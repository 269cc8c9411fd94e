"""Records that cannot be processed go to `<topic>.dlq` byte for byte, and nearly nothing but such records is a halt."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Final, Literal

from streams.runtime import telemetry as measured
from streams.runtime.failures import Halt
from streams.runtime.log import Delivery, LogRecord, Producer
from streams.runtime.telemetry import Telemetry

Stage = Literal["VALUE_CONVERTER", "TRANSFORMATION"]

SUFFIX: Final = ".dlq"


def dead_letter_topic(topic: str) -> str:
    """The topic that keeps what could not be processed of `topic`."""
    return topic + SUFFIX


def dead_letter_headers(record: LogRecord, error: Exception, stage: Stage) -> list[tuple[str, bytes]]:
    """The record's own headers, then what happened, named as Kafka Connect names it.

    `error`'s message must hold no content of the record: header values reach people and tools that may not see it.
    """
    told = {
        "__connect.errors.topic": record.at.topic,
        "__connect.errors.partition": str(record.at.partition),
        "__connect.errors.offset": str(record.offset),
        "__connect.errors.timestamp": str(record.timestamp_ms),
        "__connect.errors.connector.name": "peakend",
        "__connect.errors.stage": stage,
        "__connect.errors.exception.class.name": type(error).__qualname__,
        "__connect.errors.exception.message": str(error),
    }
    return [*record.headers, *((name, value.encode()) for name, value in told.items())]


@dataclass(frozen=True, slots=True)
class DlqLimit:
    """When failures stop being single bad records.

    Attributes:
        max_ratio: share of failures, among the last `window` records of a topic, at which the worker halts.
        window: how many records are looked at.
        minimum: below this many records nothing is concluded.
    """

    max_ratio: float = 0.9
    window: int = 200
    minimum: int = 50


class FailureRate:
    """Watches one topic's failures against a limit."""

    def __init__(self, topic: str, limit: DlqLimit) -> None:
        self._topic = topic
        self._limit = limit
        self._failures: deque[bool] = deque(maxlen=limit.window)
        self._failed = 0

    def good(self) -> None:
        """One record was processed."""
        self._add(failed=False)

    def bad(self) -> None:
        """One record failed.

        Raises:
            Halt: nearly everything fails; it is not the records.
        """
        self._add(failed=True)
        seen = len(self._failures)
        if seen >= self._limit.minimum and self._failed >= self._limit.max_ratio * seen:
            raise Halt(
                f"{self._failed} of the last {seen} records of {self._topic} could not be processed; the worker halts. "
                f"Look at {dead_letter_topic(self._topic)} (headers __connect.errors.exception.message), mend the "
                "producer or the configuration, then start the worker again"
            )

    def _add(self, *, failed: bool) -> None:
        if len(self._failures) == self._limit.window and self._failures[0]:
            self._failed -= 1
        self._failures.append(failed)
        self._failed += failed


class DeadLetters:
    """Where a stage puts records that it cannot process, and how it finds out that it is not the records."""

    def __init__(self, producer: Producer, telemetry: Telemetry, limit: DlqLimit) -> None:
        self._producer = producer
        self._telemetry = telemetry
        self._limit = limit
        self._rates: dict[str, FailureRate] = {}

    def good(self, topic: str) -> None:
        """A record of that topic was processed."""
        self._rate(topic).good()

    async def bury(self, record: LogRecord, error: Exception, stage: Stage, reason: str) -> "asyncio.Future[Delivery]":
        """Sends the record, whole, to its dead-letter topic.

        Args:
            error: its message stands in a header, and must hold no content of the record.
            reason: a short stable word for metrics.

        Raises:
            Halt: nearly everything of this topic fails.
        """
        self._telemetry.count(measured.DEAD_LETTERS, record.at.topic, reason)
        delivery = await self._producer.send(
            dead_letter_topic(record.at.topic),
            key=record.key,
            value=record.value,
            headers=dead_letter_headers(record, error, stage),
            timestamp_ms=record.timestamp_ms,
        )
        self._rate(record.at.topic).bad()
        return delivery

    def _rate(self, topic: str) -> FailureRate:
        return self._rates.setdefault(topic, FailureRate(topic, self._limit))
