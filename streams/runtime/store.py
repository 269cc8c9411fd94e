"""Saved state of conversations: what was applied last, what may not be delivered yet, and the state itself."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from streams.runtime.log import Delivery


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """An output and the offset of the event that caused it; kept until its delivery is known."""

    offset: int
    topic: str
    key: str
    value: bytes


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """One conversation as it is saved.

    Attributes:
        offset: offset in `cx.scored` of the event applied last.
        appended_ms: append time of that event, by the broker's clock.
        state: the core's state, encoded.
        outbox: outputs not known to be delivered when this was written.
        due_ms: when the next deadline is due by the broker's clock if nothing more comes; None if there is none.
        closed: whether only the marker of a closed conversation is left.
    """

    offset: int
    appended_ms: int
    state: bytes
    outbox: tuple[OutboxEntry, ...]
    due_ms: int | None
    closed: bool

    def encode(self) -> bytes:
        """JSON; the state and the outputs stand in it as they are."""
        return orjson.dumps(
            {
                "v": 1,
                "offset": self.offset,
                "appended_ms": self.appended_ms,
                "due_ms": self.due_ms,
                "closed": self.closed,
                "state": orjson.Fragment(self.state),
                "outbox": [
                    {
                        "offset": entry.offset,
                        "topic": entry.topic,
                        "key": entry.key,
                        "value": orjson.Fragment(entry.value),
                    }
                    for entry in self.outbox
                ],
            }
        )

    @classmethod
    def decode(cls, payload: bytes) -> "StoredConversation":
        """Reads what `encode` wrote.

        Raises:
            ValueError: it was written by a release that is not understood.
        """
        told: dict[str, Any] = orjson.loads(payload)
        if told.get("v") != 1:
            raise ValueError(
                f"saved state of version {told.get('v')!r} is not understood by this release; "
                "start the release that wrote it, or empty the state topic and replay cx.scored"
            )
        return cls(
            told["offset"],
            told["appended_ms"],
            orjson.dumps(told["state"]),
            tuple(
                OutboxEntry(entry["offset"], entry["topic"], entry["key"], orjson.dumps(entry["value"]))
                for entry in told["outbox"]
            ),
            told["due_ms"],
            told["closed"],
        )

    def change(self, key: str) -> "StateChange":
        """This write as a later load sees it."""
        pending = max((entry.offset for entry in self.outbox), default=-1)
        return StateChange(key, self.offset, self.encode(), self.due_ms, self.closed, pending)


@dataclass(frozen=True, slots=True)
class StateChange:
    """One write as it comes back when loading, with what is needed of it before anybody asks for the state.

    Attributes:
        payload: an encoded `StoredConversation`; None says that the conversation was dropped.
        pending: greatest offset among the outputs not known to be delivered, -1 if there are none.
    """

    key: str
    offset: int
    payload: bytes | None
    due_ms: int | None = None
    closed: bool = False
    pending: int = -1


def fold(changes: Iterable[StateChange]) -> dict[str, StateChange]:
    """The state that counts: for each key the write with the greatest applied offset, whatever came last.

    A worker that lost a partition may still have writes under way; they carry lower offsets and lose here. Writes of
    equal offset are of the same event: the later one has the shorter outbox.
    """
    newest: dict[str, StateChange] = {}
    for change in changes:
        known = newest.get(change.key)
        if known is None or change.offset >= known.offset:
            newest[change.key] = change
    return newest


class StateStore(Protocol):
    """Keeps conversations by partition of `cx.scored`."""

    async def load(self, partition: int) -> Mapping[str, StateChange]:
        """Everything saved of a partition, folded; dropped conversations are absent."""
        ...

    async def write(self, partition: int, key: str, stored: StoredConversation) -> "asyncio.Future[Delivery]":
        """Saves a conversation; done when it cannot be lost any more."""
        ...

    async def drop(self, partition: int, key: str, offset: int) -> "asyncio.Future[Delivery]":
        """Forgets a conversation whose last applied offset was `offset`."""
        ...


@dataclass(frozen=True, slots=True)
class _Landed:
    offset: int
    timestamp: int | None


class InMemoryStore:
    """The store protocol without Kafka: for analysis and for tests; passes the same contract suite."""

    def __init__(self) -> None:
        self._changes: dict[int, list[StateChange]] = {}

    async def load(self, partition: int) -> Mapping[str, StateChange]:
        """See `StateStore`."""
        folded = fold(self._changes.get(partition, ()))
        return {key: change for key, change in folded.items() if change.payload is not None}

    async def write(self, partition: int, key: str, stored: StoredConversation) -> "asyncio.Future[Delivery]":
        """See `StateStore`."""
        return self._append(partition, stored.change(key))

    async def drop(self, partition: int, key: str, offset: int) -> "asyncio.Future[Delivery]":
        """See `StateStore`."""
        return self._append(partition, StateChange(key, offset, None))

    def _append(self, partition: int, change: StateChange) -> "asyncio.Future[Delivery]":
        changes = self._changes.setdefault(partition, [])
        changes.append(change)
        done: asyncio.Future[Delivery] = asyncio.get_running_loop().create_future()
        done.set_result(_Landed(len(changes) - 1, None))
        return done
