"""Stage one: merges the inputs of each partition, scores utterances in batches, writes the one ordered log.

Stateless. A record read is decoded, waits in the merge for its turn, is scored on the model's own thread and written to
`cx.scored`; its acknowledgement waits for that write and for all earlier records of its partition.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from schemas.inputs import JourneyEvent
from schemas.record import DecodeError
from schemas.topics import SCORED
from streams.runtime import telemetry as measured
from streams.runtime.acker import OrderedAcker, Ticket, delivered
from streams.runtime.cloud_events import TRACEPARENT
from streams.runtime.dead_letters import DeadLetters, DlqLimit
from streams.runtime.input_merge import InputMerge, Pause
from streams.runtime.log import Delivery, LogRecord, Offsets, Producer, TopicPartition
from streams.runtime.model_thread import ModelThread
from streams.runtime.prosody import Use
from streams.runtime.scored_log import DECODERS, Entry, Input, LogContext, ScoringError, TextScorer
from streams.runtime.telemetry import Telemetry


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
        prosody: whose voice features may move arousal.
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
        prosody: Use,
        producer: Producer,
        offsets: Offsets,
        pause: Pause,
        position: Callable[[TopicPartition], Awaitable[int | None]],
        on_failure: Callable[[BaseException], None],
        telemetry: Telemetry,
        dlq_limit: DlqLimit,
        limits: BatchLimits,
    ) -> None:
        self._base_names = {named(topic): topic for topic in DECODERS}
        self._named = named
        self._catalogue = catalogue
        self._defaults = defaults
        self._prosody = prosody
        self._producer = producer
        self._telemetry = telemetry
        self._limits = limits
        self._dead_letters = DeadLetters(producer, telemetry, dlq_limit)
        self._merge: InputMerge[_Work] = InputMerge(
            self._base_names,
            lane_limit=limits.lane,
            offsets=offsets,
            pause=pause,
            position=position,
            release=self._release,
            telemetry=telemetry,
        )
        self._epochs: dict[TopicPartition, int] = {}
        self._released: deque[_Work] = deque()
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._holding_back = False
        self._model = ModelThread(scorer, lexicon=lexicon, degrade_after_s=limits.degrade_after_s, telemetry=telemetry)
        self.acker = OrderedAcker(on_failure)

    def take_over(self, positions: Mapping[TopicPartition, int]) -> None:
        """Starts with newly assigned partitions; `positions` are the offsets that will come first."""
        self._merge.take_over(positions)
        for at in positions:
            self._epochs[at] = self._epochs.get(at, 0) + 1

    def give_up(self, partitions: set[TopicPartition]) -> None:
        """Forgets revoked partitions; what was under way is read again by the new owner."""
        self._merge.give_up(partitions)
        for at in partitions:
            self._epochs[at] = self._epochs.get(at, 0) + 1
            self.acker.forget(at)

    async def offer(self, record: LogRecord, acknowledge: Callable[[], None]) -> None:
        """Takes one record, in offset order within its partition; waits while too much is under way.

        Raises:
            Halt: nearly everything of this topic fails.
        """
        self._merge.reading()
        owned_since = self._epochs.get(record.at)
        self._holding_back = True
        while len(self._released) >= self._limits.waiting:
            self._room.clear()
            await self._room.wait()
        self._holding_back = False
        if not self._merge.owns(record.at) or owned_since != self._epochs.get(record.at):
            return  # revoked while it waited: not acknowledged, so it comes again
        self._telemetry.count(measured.RECORDS_READ, record.at.topic)
        ticket = self.acker.track(record.at, record.offset, acknowledge)
        try:
            decoded = DECODERS[self._base_names[record.at.topic]].decode(record.value or b"")
        except DecodeError as error:
            # Passed first: while the dead letter is handed over, the partition may go to another and come back.
            self._merge.skip(record)
            ticket.settle([await self._dead_letters.bury(record, error, "VALUE_CONVERTER", error.reason)])
            return
        if isinstance(decoded, JourneyEvent) and decoded.conversation_id is None:
            self._telemetry.count(measured.JOURNEY_WITHOUT_CONVERSATION)
            self._dead_letters.good(record.at.topic)
            ticket.settle()
            self._merge.skip(record)
            return
        self._merge.push(record, _Work(record, decoded, ticket, self._epochs[record.at], time.monotonic()))

    def _release(self, ready: list[_Work]) -> None:
        self._released.extend(ready)
        self._arrived.set()

    async def look_up_ends(self) -> None:
        """Runs for ever: finds out for waiting records whether the other topics are read to their ends."""
        await self._merge.look_up_ends(lambda: self._holding_back)

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

    async def _scored(self, batch: list[_Work]) -> list[tuple[_Work, Entry]]:
        entries = await self._model.entries([work.decoded for work in batch], self._oldest_s(batch), self._context())
        return list(zip(batch, entries, strict=True))

    def _oldest_s(self, batch: list[_Work]) -> float:
        return time.monotonic() - min((work.read_at_s for work in batch), default=time.monotonic())

    def _context(self) -> LogContext:
        return LogContext(self._catalogue(), self._defaults, self._prosody)

    async def _write(self, entries: list[tuple[_Work, Entry]]) -> None:
        for work, entry in entries:
            if self._epochs[work.record.at] != work.epoch:
                continue
            if isinstance(entry, Exception):
                error = ScoringError(type(entry).__name__)
                buried = await self._dead_letters.bury(work.record, error, "TRANSFORMATION", "scoring_failed")
                work.ticket.settle([buried])
                continue
            self._dead_letters.good(work.record.at.topic)
            scored, payload = entry
            if scored.kind == "utterance":
                self._telemetry.count(measured.UTTERANCES, str(scored.language), str(scored.role))
                if scored.abstain:
                    self._telemetry.count(measured.ABSTAINED, str(scored.language))
            headers = [(name, value) for name, value in work.record.headers if name == TRACEPARENT]
            delivery = await self._producer.send(
                self._named(SCORED), key=scored.conversation_id.encode(), value=payload, headers=headers
            )
            delivery.add_done_callback(partial(self._written, work.read_at_s))
            work.ticket.settle([delivery])

    def _written(self, read_at_s: float, delivery: "asyncio.Future[Delivery]") -> None:
        if delivered(delivery):
            self._telemetry.count(measured.RECORDS_WRITTEN, self._named(SCORED))
            self._telemetry.observe(measured.SCORE_LATENCY, time.monotonic() - read_at_s)

    async def drained(self) -> None:
        """Waits until nothing is under way, for an orderly stop: reading must have ended."""
        await self.acker.below(1)

    def close(self) -> None:
        """Ends the model's thread."""
        self._model.close()
