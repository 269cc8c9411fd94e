"""Both stages over one log in memory, in simulated time: what comes of a list of input records."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from random import Random

from schemas.topics import SCORED
from streams.runtime.broker_clock import BrokerClock
from streams.runtime.catalogues import CatalogueShelf
from streams.runtime.conversation_stage import ConversationStage
from streams.runtime.dead_letters import DlqLimit
from streams.runtime.log import LogRecord, TopicPartition
from streams.runtime.recording import Recorded
from streams.runtime.score_stage import BatchLimits, ScoreStage
from streams.runtime.scored_log import DECODERS
from streams.runtime.store import InMemoryStore
from streams.runtime.telemetry import Unmeasured
from streams.runtime.ticker import Ticker
from tests.fakes import FakeLog, WordScorer
from tests.simulated_loop import SimulatedLoop

SHELF = CatalogueShelf(None, None)
DEFAULTS = {"industry": "banking"}
# Every deadline of a conversation has passed by then; only its marker stands longer.
LATER_MS = 20 * 24 * 3600 * 1000
PAUSES_S = (0.0, 0.0, 0.0, 0.001, 0.03, 0.5)
NO_LIMIT = DlqLimit(max_ratio=2.0)


class SlowLog(FakeLog):
    """Answers after a while, as a broker does."""

    def __init__(self, partitions: int, random: Random) -> None:
        super().__init__(partitions)
        self._random = random

    async def end(self, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        await asyncio.sleep(self._random.choice(PAUSES_S))
        return await super().end(partitions)


class Flow:
    """Both stages over one log that holds the records from the start, as a replay finds it.

    Args:
        random: chooses what is read next, and how long everything takes.
    """

    def __init__(self, partitions: int, limits: BatchLimits, random: Random) -> None:
        self.random = random
        self.log = SlowLog(partitions, random)
        self.paused: set[TopicPartition] = set()
        self.failures: list[BaseException] = []
        self.score = ScoreStage(
            named=str,
            scorer=WordScorer(),
            lexicon=None,
            catalogue=lambda: SHELF.digest,
            defaults=DEFAULTS,
            prosody="off",
            producer=self.log,
            offsets=self.log,
            pause=self._pause,
            position=self._position,
            on_failure=self.failures.append,
            telemetry=Unmeasured(),
            dlq_limit=NO_LIMIT,
            limits=limits,
        )
        self.clock = BrokerClock(lambda: 0)
        self.state = ConversationStage(
            topic=SCORED,
            group="state",
            named=str,
            store=InMemoryStore(),
            producer=self.log,
            offsets=self.log,
            catalogue_of=SHELF.by_digest,
            clock=self.clock,
            guard=lambda: None,
            on_failure=self.failures.append,
            telemetry=Unmeasured(),
            dlq_limit=NO_LIMIT,
        )

    async def run(self, records: Iterable[Recorded]) -> None:
        """From the input records to what is decided when all deadlines have passed."""
        for each in records:
            await self.log.send(each.topic, key=each.key, value=each.value, timestamp_ms=each.timestamp_ms)
        inputs = [TopicPartition(topic, number) for topic in DECODERS for number in range(self.log.partitions)]
        self.score.take_over(dict.fromkeys(inputs, 0))
        tasks = [asyncio.create_task(work) for work in (self.score.score(), self.score.look_up_ends())]
        await self._read(inputs)
        await self.score.drained()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.score.close()
        await self._decide(inputs)
        assert self.failures == []

    def _pause(self, at: TopicPartition, *, pause: bool) -> None:
        (self.paused.add if pause else self.paused.discard)(at)

    async def _position(self, _: TopicPartition) -> int | None:
        return None

    async def _read(self, inputs: list[TopicPartition]) -> None:
        left = {at: list(reversed(self.log.records[at])) for at in inputs if self.log.records.get(at)}
        while left:
            readable = [at for at in left if at not in self.paused]
            if readable:
                at = self.random.choice(readable)
                await self.score.offer(left[at].pop(), lambda at=at: self._commit("score", at))  # type: ignore[misc]
                left = {each: records for each, records in left.items() if records}
            await asyncio.sleep(self.random.choice(PAUSES_S))

    def _commit(self, group: str, at: TopicPartition) -> None:
        self.log.committed_offsets[group, at] = self.log.committed_offsets.get((group, at), 0) + 1

    async def _decide(self, inputs: list[TopicPartition]) -> None:
        ticker = Ticker(
            self.state,
            topic=SCORED,
            inputs=list(DECODERS),
            score_group="score",
            producer=self.log,
            offsets=self.log,
            clock=self.clock,
            read_broker_time=self._broker_time,
            telemetry=Unmeasured(),
        )
        logs = [TopicPartition(SCORED, number) for number in range(self.log.partitions)]
        for at in logs:
            await self._handle(self.log.records.get(at, []))
        assert {("score", at): len(self.log.records[at]) for at in inputs if at in self.log.records} == {
            each: offset for each, offset in self.log.committed_offsets.items() if each[0] == "score"
        }
        self.log.now_ms += LATER_MS
        for at in logs:
            while at.partition in self.state.partitions and await ticker.round(at.partition):
                await self._handle(self.log.records[at][self.log.committed_offsets["state", at] :])

    async def _handle(self, records: list[LogRecord]) -> None:
        for record in list(records):
            await self.state.handle(record, lambda at=record.at: self._commit("state", at))  # type: ignore[misc]
        await asyncio.sleep(0)

    async def _broker_time(self, _: int) -> int:
        return self.log.now_ms


def poured(records: list[Recorded], partitions: int, limits: BatchLimits, seed: int) -> FakeLog:
    """The log after both stages; equal arguments give an equal run, as neither threads nor clocks have a say."""
    random = Random(seed)
    with asyncio.Runner(loop_factory=lambda: SimulatedLoop(lambda: random.choice(PAUSES_S))) as runner:

        async def run() -> FakeLog:
            flow = Flow(partitions, limits, random)
            await flow.run(records)
            return flow.log

        return runner.run(run())
