"""Stage one: merges the inputs of each partition, scores utterances in batches, writes the one ordered log.

Stateless. A record read is decoded, waits in the merge for its turn, is scored on the model's own thread and written to
`cx.scored`; its acknowledgement waits for that write and for all earlier records of its partition.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from schemas.inputs import JourneyEvent, Message, TranscriptSegment
from schemas.record import DecodeError
from schemas.scored import Scored
from schemas.topics import JOURNEY, SCORED
from streams.runtime import telemetry as measured
from streams.runtime.acker import OrderedAcker, Ticket
from streams.runtime.cloud_events import TRACEPARENT
from streams.runtime.dead_letters import (
    DlqLimit,
    FailureRate,
    Stage,
    dead_letter_headers,
    dead_letter_topic,
)
from streams.runtime.log import Delivery, LogRecord, Offsets, Producer, TopicPartition
from streams.runtime.merge import TimestampMerge
from streams.runtime.scored_log import (
    DECODERS,
    Input,
    TextScorer,
    request_of,
    scored_journey,
    scored_utterance,
)
from streams.runtime.telemetry import Telemetry

_LOOK_UP_EVERY_S: Final = 0.02
_QUIET_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """How texts are gathered for one call of the model.

    Attributes:
        texts: at most so many; the scorer cuts them further by padded tokens.
        linger_s: how long a call waits for more company when the model is idle.
        waiting: records released by the merge and not yet written, at which reading waits.
        lane: records of one topic and partition waiting in the merge, at which that partition is paused.
        degrade_after_s: age at which a text is answered by the lexicon instead; None never.
    """

    texts: int = 64
    linger_s: float = 0.005
    waiting: int = 2_000
    lane: int = 1_000
    degrade_after_s: float | None = None


class Pause(Protocol):
    """Pauses or resumes the reading of one partition."""

    def __call__(self, at: TopicPartition, *, pause: bool) -> None:
        """Takes effect for records not fetched yet."""
        ...


@dataclass(slots=True)
class _Work:
    record: LogRecord
    decoded: Input
    ticket: Ticket
    epoch: int
    read_at_s: float


class ScoreStage:
    """Scores the assigned partitions of the input topics.

    Args:
        named: gives a topic's name here (adds the prefix).
        catalogue: digest of the rule catalogue in force, read for each record, as it may be reloaded.
        lexicon: answers in degraded mode; None switches that mode off.
        pause: pauses or resumes the reading of one partition.
        position: where the consumer itself stands in a partition, None if unknown.
        on_failure: called once when a delivery has failed for good: the worker must crash.
    """

    def __init__(
        self,
        *,
        named: Callable[[str], str],
        scorer: TextScorer,
        lexicon: TextScorer | None,
        catalogue: Callable[[], str],
        defaults: dict[str, str],
        producer: Producer,
        offsets: Offsets,
        pause: Pause,
        position: Callable[[TopicPartition], Any],
        on_failure: Callable[[BaseException], None],
        telemetry: Telemetry,
        dlq_limit: DlqLimit,
        limits: BatchLimits,
    ) -> None:
        self._base_names = {named(topic): topic for topic in DECODERS}
        self._named = named
        self._scorer = scorer
        self._lexicon = lexicon
        self._catalogue = catalogue
        self._defaults = defaults
        self._producer = producer
        self._offsets = offsets
        self._pause = pause
        self._position = position
        self._telemetry = telemetry
        self._limits = limits
        self._failures = {name: FailureRate(name, dlq_limit) for name in self._base_names}
        self._merges: dict[int, TimestampMerge[_Work]] = {}
        self._epochs: dict[TopicPartition, int] = {}
        self._paused: set[TopicPartition] = set()
        self._released: deque[_Work] = deque()
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._blocked = asyncio.Event()
        self._offering = False
        self._offered_at_s = time.monotonic()
        # Tokenizers are not thread-safe: one thread owns tokenizer and model.
        self._model_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="peakend-model")
        self.acker = OrderedAcker(on_failure)

    def take_over(self, positions: Mapping[TopicPartition, int]) -> None:
        """Starts with newly assigned partitions; `positions` are the offsets that will come first."""
        for at, position in positions.items():
            merge = self._merges.get(at.partition)
            if merge is None:
                merge = TimestampMerge(tuple(DECODERS), frozenset({JOURNEY}))
                self._merges[at.partition] = merge
            merge.start(self._base_names[at.topic], position)
            self._epochs[at] = self._epochs.get(at, 0) + 1
        self._blocked.set()

    def give_up(self, partitions: set[TopicPartition]) -> None:
        """Forgets revoked partitions; what was under way is read again by the new owner."""
        for at in partitions:
            self._epochs[at] = self._epochs.get(at, 0) + 1
            self._merges.pop(at.partition, None)
            self._paused.discard(at)
            self.acker.forget(at)

    async def offer(self, record: LogRecord, acknowledge: Callable[[], None]) -> None:
        """Takes one record, in offset order within its partition; waits while too much is under way.

        Raises:
            Halt: nearly everything of this topic fails.
        """
        self._offering = True
        while len(self._released) >= self._limits.waiting:
            self._room.clear()
            await self._room.wait()
        self._offering, self._offered_at_s = False, time.monotonic()
        merge = self._merges.get(record.at.partition)
        if merge is None:
            return  # revoked while it waited: not acknowledged, so it comes again
        lane = self._base_names[record.at.topic]
        self._telemetry.count(measured.RECORDS_READ, record.at.topic)
        ticket = self.acker.track(record.at, acknowledge)
        try:
            decoded = DECODERS[lane].decode(record.value or b"")
        except DecodeError as error:
            ticket.settle([await self._bury(record, error, "VALUE_CONVERTER", error.reason)])
            merge.passed(lane, record.offset + 1)
            return
        self._failures[record.at.topic].good()
        if isinstance(decoded, JourneyEvent) and decoded.conversation_id is None:
            self._telemetry.count(measured.JOURNEY_WITHOUT_CONVERSATION)
            ticket.settle()
            merge.passed(lane, record.offset + 1)
            return
        work = _Work(record, decoded, ticket, self._epochs[record.at], time.monotonic())
        merge.push(lane, work, offset=record.offset, time_ms=record.timestamp_ms)
        self._release(merge)
        if merge.waiting(lane) >= self._limits.lane and record.at not in self._paused:
            self._paused.add(record.at)
            self._pause(record.at, pause=True)

    def _release(self, merge: TimestampMerge[_Work]) -> None:
        ready = merge.take()
        if ready:
            self._released.extend(ready)
            self._arrived.set()
        if merge.blocked():
            self._blocked.set()

    async def look_up_ends(self) -> None:
        """Runs for ever: finds out for waiting records whether the other topics are read to their ends."""
        while True:
            await self._blocked.wait()
            self._blocked.clear()
            waiting = {partition: merge for partition, merge in self._merges.items() if merge.blocked()}
            if waiting:
                await self._look_up(waiting)
            self._telemetry.set(
                measured.MERGE_WAITING,
                sum(merge.waiting(lane) for merge in self._merges.values() for lane in DECODERS),
            )
            self._resume_drained()
            if any(merge.blocked() for merge in self._merges.values()):
                self._blocked.set()
            await asyncio.sleep(_LOOK_UP_EVERY_S)

    async def _look_up(self, waiting: Mapping[int, TimestampMerge[_Work]]) -> None:
        marks = {partition: merge.mark() for partition, merge in waiting.items()}
        lanes = {
            TopicPartition(name, partition): (partition, lane)
            for partition in waiting
            for name, lane in self._base_names.items()
        }
        ends = await self._offsets.end(list(lanes))
        for at, (partition, lane) in lanes.items():
            merge = waiting[partition]
            merge.ends({lane: ends[at]}, marks[partition])
            if self._quiet() and merge.waiting(lane) == 0 and (reached := await self._position(at)) is not None:
                # Offsets without records (a transaction's marks, what compaction took) never come. The consumer
                # itself has passed them, and as nothing came for long, no record of it is still on its way to us.
                merge.passed(lane, reached)
        for partition, merge in waiting.items():
            if self._merges.get(partition) is merge:
                self._release(merge)

    def _quiet(self) -> bool:
        return not self._offering and time.monotonic() - self._offered_at_s > _QUIET_S

    def _resume_drained(self) -> None:
        for at in list(self._paused):
            merge = self._merges.get(at.partition)
            if merge is None or merge.waiting(self._base_names[at.topic]) <= self._limits.lane // 2:
                self._paused.discard(at)
                self._pause(at, pause=False)

    async def score(self) -> None:
        """Runs for ever: gathers batches, scores them, writes them in order.

        Raises:
            Halt: nearly everything fails.
        """
        while True:
            await self._arrived.wait()
            if len(self._released) < self._limits.texts:
                await asyncio.sleep(self._limits.linger_s)
            batch = [self._released.popleft() for _ in range(min(self._limits.texts, len(self._released)))]
            if not self._released:
                self._arrived.clear()
            self._room.set()
            await self._write(await self._scored(self._owned(batch)))
            self._telemetry.set(measured.IN_FLIGHT, self.acker.in_flight, "score")

    def _owned(self, batch: list[_Work]) -> list[_Work]:
        return [work for work in batch if self._epochs[work.record.at] == work.epoch]

    async def _scored(self, batch: list[_Work]) -> list[tuple[_Work, Scored | Exception]]:
        texts = [work for work in batch if not isinstance(work.decoded, JourneyEvent)]
        answers = await self._answers(texts)
        entries: list[tuple[_Work, Scored | Exception]] = []
        for work in batch:
            if isinstance(work.decoded, JourneyEvent):
                event = scored_journey(
                    work.decoded,
                    catalogue=self._catalogue(),
                    defaults=self._defaults,
                    mask=self._scorer.mask,
                )
                entries.append((work, event))
                continue
            answer = answers[id(work)]
            if isinstance(answer, Exception):
                entries.append((work, answer))
                continue
            entry = scored_utterance(
                work.decoded,
                answer,
                catalogue=self._catalogue(),
                defaults=self._defaults,
                mask=self._scorer.mask,
            )
            self._telemetry.count(measured.UTTERANCES, str(entry.language), str(entry.role))
            if entry.abstain:
                self._telemetry.count(measured.ABSTAINED, str(entry.language))
            entries.append((work, entry))
        return entries

    async def _answers(self, texts: list[_Work]) -> dict[int, dict[str, Any] | Exception]:
        if not texts:
            return {}
        scorer = self._scorer
        limit = self._limits.degrade_after_s
        if limit is not None and self._lexicon is not None and time.monotonic() - texts[0].read_at_s > limit:
            scorer = self._lexicon
            self._telemetry.count(measured.DEGRADED, by=len(texts))
        loop = asyncio.get_running_loop()
        begun = time.monotonic()
        requests = [request_of(_utterance(work.decoded)) for work in texts]
        try:
            answers: list[dict[str, Any] | Exception] = list(
                await loop.run_in_executor(self._model_thread, scorer.score, requests)
            )
        except Exception:  # noqa: BLE001 - one text must not take its batch with it: each is tried alone
            answers = []
            for request in requests:
                try:
                    answers += await loop.run_in_executor(self._model_thread, scorer.score, [request])
                except Exception as error:  # noqa: BLE001 - kept whole in the dead-letter topic
                    answers.append(error)
        self._telemetry.observe(measured.BATCH_TEXTS, len(texts))
        self._telemetry.observe(measured.BATCH_DURATION, time.monotonic() - begun)
        return {id(work): answer for work, answer in zip(texts, answers, strict=True)}

    async def _write(self, entries: list[tuple[_Work, Scored | Exception]]) -> None:
        for work, entry in entries:
            if self._epochs[work.record.at] != work.epoch:
                continue
            if isinstance(entry, Exception):
                error = ScoringError(type(entry).__name__)
                work.ticket.settle([await self._bury(work.record, error, "TRANSFORMATION", "scoring_failed")])
                continue
            headers = [(name, value) for name, value in work.record.headers if name == TRACEPARENT]
            delivery = await self._producer.send(
                self._named(SCORED), key=entry.conversation_id.encode(), value=entry.encode(), headers=headers
            )
            self._telemetry.count(measured.RECORDS_WRITTEN, self._named(SCORED))
            delivery.add_done_callback(partial(self._written, work.read_at_s))
            work.ticket.settle([delivery])

    def _written(self, read_at_s: float, delivery: "asyncio.Future[Delivery]") -> None:
        if not delivery.cancelled() and delivery.exception() is None:
            self._telemetry.observe(measured.SCORE_LATENCY, time.monotonic() - read_at_s)

    async def _bury(self, record: LogRecord, error: Exception, stage: Stage, reason: str) -> "asyncio.Future[Delivery]":
        self._telemetry.count(measured.DEAD_LETTERS, record.at.topic, reason)
        delivery = await self._producer.send(
            dead_letter_topic(record.at.topic),
            key=record.key,
            value=record.value,
            headers=dead_letter_headers(record, error, stage),
            timestamp_ms=record.timestamp_ms,
        )
        self._failures[record.at.topic].bad()
        return delivery

    async def drained(self) -> None:
        """Waits until nothing is under way, for an orderly stop: reading must have ended."""
        await self.acker.below(1)

    def close(self) -> None:
        """Ends the model's thread."""
        self._model_thread.shutdown(wait=False, cancel_futures=True)


class ScoringError(RuntimeError):
    """The scorer failed on one text; only the kind of failure is told, as its message may quote the text."""


def _utterance(decoded: Input) -> Message | TranscriptSegment:
    assert not isinstance(decoded, JourneyEvent)  # noqa: S101 - only utterances are scored
    return decoded
