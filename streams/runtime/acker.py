"""Acknowledges records strictly in the order in which they came, once all that they caused is delivered."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from streams.runtime.log import TopicPartition


class Ticket:
    """One record on its way; `settle` tells the deliveries on which its acknowledgement waits."""

    __slots__ = ("_acker", "_at", "_open", "acknowledge", "offset")

    def __init__(self, acker: "OrderedAcker", at: TopicPartition, offset: int, acknowledge: Callable[[], None]) -> None:
        self._acker = acker
        self._at = at
        self.offset = offset
        self._open: int | None = None
        self.acknowledge = acknowledge

    @property
    def done(self) -> bool:
        """Whether all deliveries it was settled with are done."""
        return self._open == 0

    def settle(self, deliveries: Iterable["asyncio.Future[Any]"] = ()) -> None:
        """To be called once. With no deliveries the record is done at once.

        Raises:
            RuntimeError: called twice.
        """
        if self._open is not None:
            raise RuntimeError("a ticket is settled once")
        waiting = [delivery for delivery in deliveries if not delivered(delivery)]
        self._open = len(waiting)
        for delivery in waiting:
            delivery.add_done_callback(self._one_done)
        if not waiting:
            self._acker.advance(self._at)

    def _one_done(self, delivery: "asyncio.Future[Any]") -> None:
        if not self._acker.succeeded(delivery):
            return
        assert self._open is not None  # noqa: S101 - only settled tickets get callbacks
        self._open -= 1
        if self._open == 0:
            self._acker.advance(self._at)


def delivered(delivery: "asyncio.Future[Any]") -> bool:
    """Whether it is known to have arrived: a failed delivery is done too, and has not."""
    return delivery.done() and not delivery.cancelled() and delivery.exception() is None


class OrderedAcker:
    """Holds back each acknowledgement until all earlier ones of its partition are given.

    Kafka's committed offset is one number a partition: acknowledging with gaps commits past what is not done.
    A delivery that failed for good calls `on_failure` once; nothing after it is acknowledged.
    """

    def __init__(self, on_failure: Callable[[BaseException], None]) -> None:
        self._on_failure = on_failure
        self._queues: dict[TopicPartition, deque[Ticket]] = {}
        self._failed = False
        self._in_flight = 0
        self._done: dict[TopicPartition, int] = {}
        self._changed = asyncio.Event()

    @property
    def in_flight(self) -> int:
        """Records tracked and not yet acknowledged."""
        return self._in_flight

    @property
    def failed(self) -> bool:
        """Whether a delivery has failed for good: nothing more may be applied."""
        return self._failed

    def progress(self, at: TopicPartition) -> tuple[int | None, int]:
        """Of a partition: the offset after the last acknowledged one, and records in flight. For other threads too."""
        return self._done.get(at), len(self._queues.get(at, ()))

    def track(self, at: TopicPartition, offset: int, acknowledge: Callable[[], None]) -> Ticket:
        """To be called in offset order within a partition."""
        ticket = Ticket(self, at, offset, acknowledge)
        self._queues.setdefault(at, deque()).append(ticket)
        self._in_flight += 1
        return ticket

    def advance(self, at: TopicPartition) -> None:
        """Gives the acknowledgements that are due at the head of a partition."""
        queue = self._queues.get(at)
        while queue and queue[0].done and not self._failed:
            ticket = queue.popleft()
            ticket.acknowledge()
            self._in_flight -= 1
            self._done[at] = ticket.offset + 1
            self._changed.set()

    def fail(self, error: BaseException) -> None:
        """Stops acknowledging for good and tells why, once."""
        if not self._failed:
            self._failed = True
            self._changed.set()
            self._on_failure(error)

    def watch(self, delivery: "asyncio.Future[Any]") -> None:
        """Fails with a delivery on which no acknowledgement waits."""
        delivery.add_done_callback(self.succeeded)

    def succeeded(self, delivery: "asyncio.Future[Any]") -> bool:
        """Looks at a delivery that is done; one that failed stops acknowledging for good."""
        error = asyncio.CancelledError("a delivery was cancelled") if delivery.cancelled() else delivery.exception()
        if error is not None:
            self.fail(error)
        return error is None

    def forget(self, at: TopicPartition) -> None:
        """Drops what is in flight of a partition that this worker no longer owns: its new owner reads it again."""
        self._in_flight -= len(self._queues.pop(at, ()))
        self._done.pop(at, None)
        self._changed.set()

    async def below(self, limit: int) -> None:
        """Waits until fewer than `limit` records are in flight, or acknowledging has failed."""
        while self._in_flight >= limit and not self._failed:
            self._changed.clear()
            await self._changed.wait()
