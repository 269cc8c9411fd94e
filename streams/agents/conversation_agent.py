"""The conversation agent: Faust on one side, the conversation stage on the other."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from schemas.topics import SCORED
from streams.agents.crash import Crash
from streams.agents.faust_app import OrderlyApp, make_app
from streams.agents.faust_records import log_record, partitions, progress, stale
from streams.agents.handover import Handover
from streams.config import Config
from streams.core.catalogue import Catalogue
from streams.kafka.offsets import KafkaOffsets
from streams.kafka.producer import KafkaProducer
from streams.kafka.readiness import require_topics
from streams.kafka.state_store import KafkaStateStore
from streams.runtime.broker_clock import BrokerClock
from streams.runtime.conversation_stage import ConversationStage
from streams.runtime.dead_letters import DlqLimit
from streams.runtime.liveness import FreezeGuard, Progress
from streams.runtime.log import TopicPartition
from streams.runtime.scored_log import DECODERS
from streams.runtime.telemetry import PARTITIONS, Telemetry
from streams.runtime.ticker import Ticker

CLIENT: Final = "peakend-state"
STATE_TOPIC: Final = "cx.state"
_TICK_EVERY_S: Final = 1.0


class ConversationAgent:
    """Owns the app of the state group, and what that app needs from the broker."""

    def __init__(
        self,
        config: Config,
        *,
        catalogue_of: Callable[[str], Catalogue],
        guard: FreezeGuard,
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
        self.app: OrderlyApp = make_app(config, config.state_group)
        timeout_s = min(20.0, config.session_timeout_seconds / 2)
        self._producer = KafkaProducer(config.bootstrap, config.security, client_id=CLIENT, request_timeout_s=timeout_s)
        self._offsets = KafkaOffsets(config.bootstrap, config.security, client_id=CLIENT)
        store = KafkaStateStore(
            config.bootstrap,
            config.security,
            topic=config.topic(STATE_TOPIC),
            producer=self._producer,
            client_id=CLIENT,
        )
        clock = BrokerClock()
        self.stage = ConversationStage(
            topic=config.topic(SCORED),
            group=config.state_group,
            named=config.topic,
            store=store,
            producer=self._producer,
            offsets=self._offsets,
            catalogue_of=catalogue_of,
            clock=clock,
            guard=guard.check,
            on_failure=self._failed,
            telemetry=telemetry,
            dlq_limit=DlqLimit(max_ratio=config.dlq_max_ratio),
            max_in_flight=config.max_in_flight,
        )
        self._ticker = Ticker(
            self.stage,
            topic=config.topic(SCORED),
            inputs=[config.topic(name) for name in DECODERS],
            score_group=config.score_group,
            producer=self._producer,
            offsets=self._offsets,
            clock=clock,
            read_broker_time=store.broker_time,
            telemetry=telemetry,
        )
        self.app.drain = self._drain
        self.app.release = self._release
        self._wire()

    def look(self) -> Progress:
        """Progress for watchdog and probes."""
        return progress(self.app, self.stage.acker, set(self._assigned))

    def ready(self) -> bool:
        """Whether partitions were given out and the state of all owned ones is there."""
        return self.joined and all(at.partition in self.stage.partitions for at in self._assigned)

    def _wire(self) -> None:
        topic = self.app.topic(self._config.topic(SCORED), value_type=bytes, key_type=bytes)

        @self.app.on_partitions_assigned.connect  # type: ignore[untyped-decorator]
        async def assigned(_: Any, assigned: Any, **__: Any) -> None:
            try:
                await self._handover.run(self._open())
            except Exception as error:
                self._failed(error)
                raise
            self._give_up(self._assigned)
            self._assigned = partitions(assigned)
            self._telemetry.set(PARTITIONS, len(self._assigned), "state")
            self._taken_over.set()
            self.joined = True

        @self.app.on_partitions_revoked.connect  # type: ignore[untyped-decorator]
        async def revoked(_: Any, revoked: Any, **__: Any) -> None:
            self._taken_over.clear()
            self._give_up(partitions(revoked))
            self._assigned -= partitions(revoked)

        @self.app.agent(topic, concurrency=1, name="conversation")  # type: ignore[untyped-decorator]
        async def conversation(stream: Any) -> None:
            try:
                if not await self._handover.run(self._open()):
                    return
                async for event in stream.noack().events():
                    # Faust lets records flow before the handlers of an assignment have ended.
                    await self._taken_over.wait()
                    if not stale(self.app, event):
                        await self.stage.handle(log_record(event), event.ack)
            except Exception as error:
                self._failed(error)
                raise

    def _give_up(self, revoked: set[TopicPartition]) -> None:
        for at in revoked:
            self.stage.give_up(at.partition)

    async def _open(self) -> None:
        async with self._opened:
            if self._tasks:
                return
            config = self._config
            await require_topics(config.bootstrap, config.security, config.topics())
            await self._producer.start()
            await self._offsets.start()
            task = asyncio.get_running_loop().create_task(self._tick())
            task.add_done_callback(self._ended)
            self._tasks.append(task)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_EVERY_S)
            self.stage.measure()
            for at in sorted(self._assigned):
                # Idle partitions too: their conversations have deadlines.
                await self.stage.take_over(at.partition)
                if at in self._assigned:
                    await self._ticker.round(at.partition)
                else:
                    self.stage.give_up(at.partition)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)

    def _failed(self, error: BaseException) -> None:
        self._crash.now(error, self.app.crash)

    async def _drain(self, budget_s: float) -> None:
        self._handover.abandon()

        async def empty() -> None:
            await self.stage.acker.below(1)

        await asyncio.wait_for(empty(), budget_s)

    async def _release(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self._producer.stop()
        await self._offsets.stop()
