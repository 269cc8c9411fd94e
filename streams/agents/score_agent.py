"""The score agent: Faust on one side, the score stage on the other."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from streams.agents.crash import Crash
from streams.agents.faust_app import OrderlyApp, make_app
from streams.agents.faust_records import log_record, partitions, progress, stale
from streams.agents.handover import Handover
from streams.config import Config
from streams.kafka.offsets import KafkaOffsets
from streams.kafka.producer import KafkaProducer
from streams.kafka.readiness import require_topics
from streams.runtime.dead_letters import DlqLimit
from streams.runtime.liveness import Progress
from streams.runtime.log import TopicPartition
from streams.runtime.score_stage import BatchLimits, ScoreStage
from streams.runtime.scored_log import DECODERS, TextScorer
from streams.runtime.telemetry import PARTITIONS, Telemetry

CLIENT: Final = "peakend-score"


class ScoreAgent:
    """Owns the app of the score group, and what that app needs from the broker."""

    def __init__(
        self,
        config: Config,
        *,
        scorer: TextScorer,
        lexicon: TextScorer | None,
        catalogue: Callable[[], str],
        telemetry: Telemetry,
        crash: Crash,
    ) -> None:
        self._config = config
        self._telemetry = telemetry
        self._crash = crash
        self._opened = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._assigned: set[TopicPartition] = set()
        self._taken_over = asyncio.Event()
        self._handover = Handover()
        self.joined = False
        self.app: OrderlyApp = make_app(config, config.score_group)
        timeout_s = min(20.0, config.session_timeout_seconds / 2)
        self._producer = KafkaProducer(config.bootstrap, config.security, client_id=CLIENT, request_timeout_s=timeout_s)
        self._offsets = KafkaOffsets(config.bootstrap, config.security, client_id=CLIENT)
        self.stage = ScoreStage(
            named=config.topic,
            scorer=scorer,
            lexicon=lexicon,
            catalogue=catalogue,
            defaults={
                name: value
                for name, value in (("tenant", config.tenant), ("industry", config.industry))
                if value is not None
            },
            prosody=config.prosody,
            producer=self._producer,
            offsets=self._offsets,
            pause=self._pause,
            position=self._position,
            on_failure=self._failed,
            telemetry=telemetry,
            dlq_limit=DlqLimit(max_ratio=config.dlq_max_ratio),
            limits=BatchLimits(
                texts=config.batch_texts,
                linger_s=config.linger_seconds,
                waiting=config.max_in_flight,
                degrade_after_s=config.degrade_after_seconds,
            ),
        )
        self.app.drain = self._drain
        self.app.release = self._release
        self._wire()

    def look(self) -> Progress:
        """Progress for watchdog and probes."""
        return progress(self.app, self.stage.acker, set(self._assigned))

    def ready(self) -> bool:
        """Whether partitions were given out to this worker (possibly none, if there are more workers)."""
        return self.joined

    def _wire(self) -> None:
        topic = self.app.topic(*(self._config.topic(name) for name in DECODERS), value_type=bytes, key_type=bytes)

        @self.app.on_partitions_assigned.connect  # type: ignore[untyped-decorator]
        async def assigned(_: Any, assigned: Any, **__: Any) -> None:
            try:
                await self._handover.run(self._open())
                await self._handover.run(self._take_over(partitions(assigned)))
            except Exception as error:
                self._failed(error)
                raise

        @self.app.on_partitions_revoked.connect  # type: ignore[untyped-decorator]
        async def revoked(_: Any, revoked: Any, **__: Any) -> None:
            self._taken_over.clear()
            self.stage.give_up(partitions(revoked))
            self._assigned -= partitions(revoked)

        @self.app.agent(topic, concurrency=1, name="score")  # type: ignore[untyped-decorator]
        async def score(stream: Any) -> None:
            try:
                if not await self._handover.run(self._open()):
                    return
                async for event in stream.noack().events():
                    # Faust lets records flow before the handlers of an assignment have ended.
                    await self._taken_over.wait()
                    if not stale(self.app, event):
                        await self.stage.offer(log_record(event), event.ack)
            except Exception as error:
                self._failed(error)
                raise

    async def _open(self) -> None:
        async with self._opened:
            if self._tasks:
                return
            config = self._config
            await require_topics(config.bootstrap, config.security, config.topics())
            await self._producer.start()
            await self._offsets.start()
            for work in (self.stage.score(), self.stage.look_up_ends()):
                task = asyncio.get_running_loop().create_task(work)
                task.add_done_callback(self._ended)
                self._tasks.append(task)

    async def _take_over(self, assigned: set[TopicPartition]) -> None:
        # Every rebalance starts over: Faust has revoked all and seeks to the committed offsets again.
        self.stage.give_up(self._assigned)
        self._assigned = assigned
        committed = await self._offsets.committed(self._config.score_group, assigned)
        beginnings = await self._offsets.beginning(assigned)
        positions = {}
        for at in assigned:
            done = committed[at]
            positions[at] = beginnings[at] if done is None else max(done, beginnings[at])
        self.stage.take_over(positions)
        self._telemetry.set(PARTITIONS, len(assigned), "score")
        self._taken_over.set()
        self.joined = True

    def _pause(self, at: TopicPartition, *, pause: bool) -> None:
        if at in self._assigned:
            act = self.app.consumer.pause_partitions if pause else self.app.consumer.resume_partitions
            act({at})

    async def _position(self, at: TopicPartition) -> int | None:
        position: int | None = await self.app.consumer.position(at)
        return position

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)

    def _failed(self, error: BaseException) -> None:
        self._crash.now(error, self.app.crash)

    async def _drain(self, budget_s: float) -> None:
        self._handover.abandon()
        await asyncio.wait_for(self.stage.drained(), budget_s)

    async def _release(self) -> None:
        for task in self._tasks:
            task.cancel()
        self.stage.close()
        await self._producer.stop()
        await self._offsets.stop()
