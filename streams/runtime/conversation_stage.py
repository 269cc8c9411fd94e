"""Stage two: applies `cx.scored` to the state of conversations, exactly once in effect.

For each event, in this order: its partition's state is there; its offset follows the one before; it is not applied
already; the core's step; outputs and new state are handed to one producer; the acknowledgement waits for all of them.
"""

import asyncio
import time
from collections.abc import Callable
from functools import partial

from schemas.outputs import Moment
from schemas.record import DecodeError
from schemas.scored import Scored
from schemas.topics import MOMENTS as MOMENTS_TOPIC
from streams.core.catalogue import Catalogue
from streams.runtime import telemetry as measured
from streams.runtime.acker import OrderedAcker, Ticket, delivered
from streams.runtime.broker_clock import BrokerClock
from streams.runtime.cloud_events import TRACEPARENT, output_headers
from streams.runtime.dead_letters import DeadLetters, DlqLimit
from streams.runtime.deadlines import Deadlines
from streams.runtime.decision import DecisionError, decide
from streams.runtime.failures import Halt, LogGapError, StateAheadError
from streams.runtime.held import Conversation, Partition
from streams.runtime.log import Delivery, LogRecord, Offsets, Producer, TopicPartition
from streams.runtime.store import OutboxEntry, StateStore, StoredConversation
from streams.runtime.telemetry import Telemetry


class ConversationStage:
    """Owns the state of the assigned partitions of `cx.scored`.

    Args:
        topic: the name of `cx.scored` here, prefix included.
        named: gives a topic's name here (adds the prefix).
        catalogue_of: the catalogue for a digest, or the one in force if that digest is unknown.
        guard: called before anything is applied; ends a process that stood still.
        on_failure: called once when a delivery has failed for good: the worker must crash.
        max_in_flight: records read and not yet acknowledged at which reading waits.
    """

    def __init__(
        self,
        *,
        topic: str,
        group: str,
        named: Callable[[str], str],
        store: StateStore,
        producer: Producer,
        offsets: Offsets,
        catalogue_of: Callable[[str], Catalogue],
        clock: BrokerClock,
        guard: Callable[[], None],
        on_failure: Callable[[BaseException], None],
        telemetry: Telemetry,
        dlq_limit: DlqLimit,
        max_in_flight: int = 2_000,
    ) -> None:
        self._topic = topic
        self._group = group
        self._named = named
        self._store = store
        self._producer = producer
        self._offsets = offsets
        self._catalogue_of = catalogue_of
        self._clock = clock
        self._guard = guard
        self._telemetry = telemetry
        self._dead_letters = DeadLetters(producer, telemetry, dlq_limit)
        self._max_in_flight = max_in_flight
        self._loading = asyncio.Lock()
        self.acker = OrderedAcker(on_failure)
        self.partitions: dict[int, Partition] = {}
        self._ownership: dict[int, int] = {}

    async def take_over(self, partition: int) -> Partition:
        """Loads an assigned partition's state, unless it is there already.

        Raises:
            StateAheadError: the state knows offsets that the log does not have.
        """
        known = self.partitions.get(partition)
        if known is not None:
            return known
        async with self._loading:
            while (held := self.partitions.get(partition)) is None:
                owned_since = self._ownership.get(partition, 0)
                loaded = await self._load(partition)
                # Revoked and assigned again while it was read: others may have written since, so read again.
                if owned_since == self._ownership.get(partition, 0):
                    self.partitions[partition] = loaded
            return held

    def give_up(self, partition: int) -> None:
        """Drops a partition that was revoked; what was in flight will be read again by its new owner."""
        self.acker.forget(TopicPartition(self._topic, partition))
        self._ownership[partition] = self._ownership.get(partition, 0) + 1
        self.partitions.pop(partition, None)

    async def handle(self, record: LogRecord, acknowledge: Callable[[], None]) -> None:
        """Applies one record of `cx.scored`, in offset order within its partition.

        Raises:
            LogGapError: an offset is missing; nothing was applied.
            StateAheadError: see `take_over`.
            Halt: nearly everything fails.
        """
        owned_since = self._ownership.get(record.at.partition, 0)
        await self.acker.below(self._max_in_flight)
        partition = await self.take_over(record.at.partition)
        if owned_since != self._ownership.get(record.at.partition, 0):
            return  # revoked meanwhile: not acknowledged, so its new owner reads it
        if self.acker.failed:
            return  # the worker is ending: what is applied now would be saved without what came before
        self._guard()
        if not partition.started and record.offset < partition.next_offset:
            # The commit that the load saw came after the consumer had looked: reading these again is harmless.
            partition.next_offset = record.offset
        partition.started = True
        if record.offset != partition.next_offset:
            raise LogGapError(
                f"{record.at.topic}[{record.at.partition}]: offset {record.offset} came where {partition.next_offset} "
                "was due; the worker starts again from the last committed offset"
            )
        partition.next_offset = record.offset + 1
        ticket = self.acker.track(record.at, record.offset, acknowledge)
        self._clock.seen(record.timestamp_ms)
        self._telemetry.count(measured.RECORDS_READ, record.at.topic)
        try:
            event = Scored.decode(record.value or b"")
        except DecodeError as error:
            ticket.settle([await self._dead_letters.bury(record, error, "VALUE_CONVERTER", error.reason)])
            return
        await self._apply(partition, record, event, ticket)

    async def _apply(self, partition: Partition, record: LogRecord, event: Scored, ticket: Ticket) -> None:
        key = event.conversation_id
        known = partition.conversations.get(key)
        if known is not None and record.offset <= known.offset:
            # Applied before a restart or a takeover: what it caused may never have been delivered.
            self._telemetry.count(measured.EVENTS, "redelivered")
            again = [entry for entry, _ in known.outbox if entry.offset == record.offset]
            sent = await self._send(again, record)
            waiting = [pair for pair in known.outbox if pair[0].offset != record.offset]
            known.outbox = [*waiting, *zip(again, sent, strict=True)]
            ticket.settle([*sent, await self._save(record.at.partition, key, known)])
            return
        try:
            decision = decide(known.read() if known else None, event, record, self._catalogue_of, self._named)
        except DecisionError as error:
            ticket.settle([await self._dead_letters.bury(record, error, "TRANSFORMATION", "decision_failed")])
            return
        self._dead_letters.good(record.at.topic)
        self._telemetry.count(measured.EVENTS, decision.note)
        undelivered = known.undelivered() if known else []
        sent = await self._send(list(decision.entries), record)
        conversation = Conversation(
            record.offset,
            decision.due_ms,
            decision.state.closed,
            appended_ms=decision.appended_ms,
            state=decision.state,
            encoded=decision.encoded,
            outbox=[*undelivered, *zip(decision.entries, sent, strict=True)],
        )
        partition.conversations[key] = conversation
        partition.deadlines.plan(key, conversation.due_ms)
        ticket.settle([*sent, await self._save(record.at.partition, key, conversation)])
        for output, delivery in zip(decision.outputs, sent, strict=True):
            if output.topic == MOMENTS_TOPIC and isinstance(output.record, Moment):
                self._observe(output.record, delivery, record.timestamp_ms)

    def _observe(self, moment: Moment, delivery: "asyncio.Future[Delivery]", appended_ms: int) -> None:
        self._telemetry.count(measured.MOMENTS, moment.type, moment.phase)
        now = self._clock.now_ms()
        if moment.phase != "opened" or now is None:
            return
        begun = time.monotonic()
        waited_s = max(0, now - appended_ms) / 1000

        def arrived(done: "asyncio.Future[Delivery]") -> None:
            if delivered(done):
                self._telemetry.observe(measured.MOMENT_LATENCY, waited_s + time.monotonic() - begun)

        delivery.add_done_callback(arrived)

    async def _send(self, entries: list[OutboxEntry], cause: LogRecord) -> list["asyncio.Future[Delivery]"]:
        trace = next((value for name, value in cause.headers if name == TRACEPARENT), None)
        sent = []
        for entry in entries:
            delivery = await self._producer.send(
                entry.topic,
                key=entry.key.encode(),
                value=entry.value,
                headers=output_headers(entry.topic, entry.key, entry.value, trace),
            )
            delivery.add_done_callback(partial(self._written, entry.topic))
            sent.append(delivery)
        return sent

    async def _save(self, partition: int, key: str, conversation: Conversation) -> "asyncio.Future[Delivery]":
        saved = await self._store.write(partition, key, conversation.stored())
        saved.add_done_callback(self._saved)
        return saved

    def _written(self, topic: str, delivery: "asyncio.Future[Delivery]") -> None:
        if delivered(delivery):
            self._telemetry.count(measured.RECORDS_WRITTEN, topic)

    def _saved(self, delivery: "asyncio.Future[Delivery]") -> None:
        if delivered(delivery):
            appended_ms = delivery.result().timestamp
            if appended_ms is not None and appended_ms >= 0:
                self._clock.written(appended_ms)

    async def _load(self, partition: int) -> Partition:
        begun = time.monotonic()
        at = TopicPartition(self._topic, partition)
        # Writes of our own, from an earlier time as owner, must be read back too.
        await self._producer.flush()
        committed = (await self._offsets.committed(self._group, [at]))[at]
        oldest = (await self._offsets.beginning([at]))[at]
        if committed is not None and committed < oldest:
            raise Halt(
                f"{self._topic}[{partition}]: offsets {committed} to {oldest - 1} were deleted before group "
                f"{self._group} had read them. They are lost here: replay them from the input topics, or set the "
                f"group's offset to {oldest} to go on without them, then start again"
            )
        first = oldest if committed is None else committed
        end = (await self._offsets.end([at]))[at]
        changes = await self._store.load(partition)
        conversations: dict[str, Conversation] = {}
        deadlines = Deadlines()
        for key, change in changes.items():
            if change.offset >= end:
                raise StateAheadError(
                    f"saved state has applied offset {change.offset} of {self._topic}[{partition}], which ends at "
                    f"{end}: the topic was recreated or truncated. Empty the state topic {self._named('cx.state')} and "
                    f"the committed offsets of group {self._group} (or restore the topic), then start again"
                )
            conversation = Conversation(change.offset, change.due_ms, change.closed, payload=change.payload)
            if change.pending >= first:
                # Outputs of committed events are delivered; the others are sent when their event comes again.
                stored = StoredConversation.decode(change.payload or b"")
                conversation.outbox = [(entry, None) for entry in stored.outbox if entry.offset >= first]
            conversations[key] = conversation
            deadlines.plan(key, change.due_ms)
        self._telemetry.observe(measured.STATE_LOAD, time.monotonic() - begun)
        return Partition(first, conversations, deadlines)

    async def expire(self, partition: int, key: str) -> None:
        """Drops the marker of a conversation that closed long ago."""
        held = self.partitions.get(partition)
        if held is not None and (marker := held.conversations.pop(key, None)) is not None:
            self.acker.watch(await self._store.drop(partition, key, marker.offset))

    def measure(self) -> None:
        """Sets the gauges; not cheap with many conversations, so not for every event."""
        self._telemetry.set(measured.IN_FLIGHT, self.acker.in_flight, "state")
        self._telemetry.set(measured.OPEN_CONVERSATIONS, self._count_open())

    def _count_open(self) -> int:
        return sum(
            not conversation.closed
            for partition in self.partitions.values()
            for conversation in partition.conversations.values()
        )
