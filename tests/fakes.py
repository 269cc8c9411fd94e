"""An in-memory log with the protocols that the real one has; the contract suites run over both."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from schemas.labels import EMOTIONS, INTENTS
from streams.kafka.partitioner import partition_for
from streams.runtime.log import Headers, LogRecord, TopicPartition
from streams.runtime.scored_log import ScoreRequest


@dataclass(frozen=True)
class Landed:
    offset: int
    timestamp: int | None


class FakeLog:
    """Producer, offsets and topics in one. Deliveries are done at once, or when `deliver` is called."""

    def __init__(self, partitions: int = 4, *, held: bool = False) -> None:
        self.partitions = partitions
        self.held = held
        # A month after the times that tests give to events: a backlog, as a replay has it.
        self.now_ms = 1_775_120_400_000
        self.records: dict[TopicPartition, list[LogRecord]] = {}
        self.committed_offsets: dict[tuple[str, TopicPartition], int] = {}
        self.undelivered: list[tuple[asyncio.Future[Any], Landed]] = []

    async def send(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        partition: int | None = None,
        headers: Headers = (),
        timestamp_ms: int | None = None,
    ) -> "asyncio.Future[Any]":
        at = TopicPartition(topic, partition if partition is not None else partition_for(key or b"", self.partitions))
        log = self.records.setdefault(at, [])
        time_ms = self.now_ms if timestamp_ms is None else timestamp_ms
        log.append(LogRecord(at, len(log), key, value, tuple(headers), time_ms))
        delivery: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        landed = Landed(len(log) - 1, time_ms)
        if self.held:
            self.undelivered.append((delivery, landed))
        else:
            delivery.set_result(landed)
        return delivery

    def deliver(self) -> None:
        for delivery, landed in self.undelivered:
            delivery.set_result(landed)
        self.undelivered.clear()

    def fail(self) -> None:
        """What was handed over does not arrive: it is not in the log either."""
        for delivery, landed in reversed(self.undelivered):
            for log in self.records.values():
                if log and log[-1].offset == landed.offset and log[-1].timestamp_ms == landed.timestamp:
                    log.pop()
                    break
            delivery.set_exception(ConnectionError("the broker is gone"))
        self.undelivered.clear()

    async def flush(self) -> None:
        self.deliver()

    async def beginning(self, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        return dict.fromkeys(partitions, 0)

    async def end(self, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        return {at: len(self.records.get(at, ())) for at in partitions}

    async def committed(
        self, group: str, partitions: Collection[TopicPartition]
    ) -> Mapping[TopicPartition, int | None]:
        return {at: self.committed_offsets.get((group, at)) for at in partitions}

    def topic(self, name: str) -> list[LogRecord]:
        """All records of a topic, partition by partition."""
        return [record for at in sorted(self.records) if at.topic == name for record in self.records[at]]


class WordScorer:
    """Scores by plain words, so that tests of the flow can say in the text what they want; no model."""

    identity = "words@000000000000/test/none"

    def __init__(self) -> None:
        self.calls: list[int] = []

    def score(self, requests: list[ScoreRequest]) -> list[dict[str, Any]]:
        self.calls.append(len(requests))
        return [self._score(request.text) for request in requests]

    def mask(self, text: str) -> str:
        return text.replace("4111111111111111", "[CARD]")

    def _score(self, text: str) -> dict[str, Any]:
        if "explode" in text:
            raise RuntimeError("boom")
        angry = "furious" in text
        glad = "wonderful" in text
        sentiment = "negative" if angry else "positive" if glad else "neutral"
        intents = ["talk_to_human"] if "human" in text else []
        return {
            "text": self.mask(text),
            "sentiment": sentiment,
            "sentiment_probabilities": {
                name: 0.9 if name == sentiment else 0.05 for name in ("negative", "neutral", "positive")
            },
            "valence": -0.85 if angry else 0.85 if glad else 0.0,
            "arousal": 0.9 if angry or glad else 0.2,
            "intensity": 3 if angry or glad else 0,
            "emotions": {name: 0.9 if (name == "anger") == angry and angry else 0.05 for name in EMOTIONS},
            "intents": {name: 0.9 if name in intents else 0.02 for name in INTENTS},
            "cues": {},
            "emotions_present": ["anger"] if angry else ["joy"] if glad else [],
            "intents_present": intents,
            "cues_present": [],
            "sketch": None,
            "language": "en",
            "spans": [],
            "case_refs": [],
            "model": self.identity,
            "confidence": 0.9,
            "abstain": False,
            "degraded": False,
        }
