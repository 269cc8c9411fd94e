"""Writes ticks: when a deadline is due and nothing more comes, the partition's owner says so in the log itself."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from schemas.scored import Scored
from schemas.times import rfc3339
from schemas.topics import SCORED
from streams.runtime import telemetry as measured
from streams.runtime.broker_clock import BrokerClock
from streams.runtime.conversation_stage import ConversationStage
from streams.runtime.log import Offsets, Producer, TopicPartition
from streams.runtime.telemetry import Telemetry

_CLOCK_FRESH_MS: Final = 30_000
_TICKS_A_ROUND: Final = 500


class Ticker:
    """One round a second for the owned partitions.

    A tick's time is the conversation's last event time plus the broker time passed since that record's append, never
    the wall clock. A round writes nothing for a partition before the stage has read it to its end, and before the
    score stage has committed the ends of its inputs: what still waits there must come first.

    Args:
        inputs: names of the input topics of the score stage; their partition p feeds partition p of `topic`.
        read_broker_time: makes the broker tell its time for a partition (milliseconds).
    """

    def __init__(
        self,
        stage: ConversationStage,
        *,
        topic: str,
        inputs: Sequence[str],
        score_group: str,
        producer: Producer,
        offsets: Offsets,
        clock: BrokerClock,
        read_broker_time: Callable[[int], Awaitable[int]],
        telemetry: Telemetry,
    ) -> None:
        self._stage = stage
        self._topic = topic
        self._inputs = tuple(inputs)
        self._score_group = score_group
        self._producer = producer
        self._offsets = offsets
        self._clock = clock
        self._read_broker_time = read_broker_time
        self._telemetry = telemetry

    async def round(self, partition: int) -> int:
        """Writes the ticks that are due in one owned partition and tells how many."""
        held = self._stage.partitions.get(partition)
        if held is None or held.deadlines.next_ms() is None:
            return 0
        if not self._clock.fresh(_CLOCK_FRESH_MS):
            self._clock.written(await self._read_broker_time(partition))
        now_ms = self._clock.now_ms()
        if now_ms is None:
            return 0
        due = held.deadlines.due(now_ms, _TICKS_A_ROUND)
        if not due or not await self._caught_up(partition, held.next_offset):
            return 0
        ticks = 0
        for key in due:
            conversation = held.conversations.get(key)
            if conversation is None:
                held.deadlines.plan(key, None)
                continue
            state, appended_ms = conversation.read()
            if state.closed:
                held.deadlines.plan(key, None)
                await self._stage.expire(partition, key)
                continue
            passed_ms = now_ms - appended_ms
            tick = Scored.from_value(
                {
                    "kind": "tick",
                    "catalogue": state.catalogue,
                    "conversation_id": key,
                    "at": rfc3339(state.clock_ms + passed_ms),
                    "source": {"topic": SCORED},
                }
            )
            self._stage.acker.watch(
                await self._producer.send(self._topic, key=key.encode(), value=tick.encode(), partition=partition)
            )
            # Its own record, when it comes back, plans what is due next.
            held.deadlines.plan(key, None)
            ticks += 1
        self._telemetry.count(measured.TICKS, by=ticks)
        return ticks

    async def _caught_up(self, partition: int, next_offset: int) -> bool:
        log = TopicPartition(self._topic, partition)
        inputs = [TopicPartition(topic, partition) for topic in self._inputs]
        ends = await self._offsets.end([log, *inputs])
        if next_offset < ends[log]:
            return False
        committed = await self._offsets.committed(self._score_group, inputs)
        beginnings = await self._offsets.beginning(inputs)
        for at in inputs:
            done = committed[at]
            if (done if done is not None else beginnings[at]) < ends[at]:
                return False
        # The words may have gone through the score stage since the end of the log was looked up.
        return next_offset >= (await self._offsets.end([log]))[log]
