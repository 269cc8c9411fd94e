"""What a worker holds in memory of an owned partition."""

import asyncio
from dataclasses import dataclass, field

from streams.core.state import ConversationState, decode_state, encode_state
from streams.runtime.deadlines import Deadlines
from streams.runtime.log import Delivery
from streams.runtime.store import OutboxEntry, StoredConversation


@dataclass(slots=True)
class Conversation:
    """A conversation in memory. After a load `payload` holds its bytes until somebody asks for the state."""

    offset: int
    due_ms: int | None
    closed: bool
    appended_ms: int | None = None
    state: ConversationState | None = None
    payload: bytes | None = None
    outbox: list[tuple[OutboxEntry, "asyncio.Future[Delivery] | None"]] = field(default_factory=list)

    def opened(self) -> ConversationState:
        """The state, decoded at the first call after a load."""
        if self.state is None:
            stored = StoredConversation.decode(self.payload or b"")
            self.state, self.appended_ms, self.payload = decode_state(stored.state), stored.appended_ms, None
        return self.state

    def stored(self) -> StoredConversation:
        """What to save: outputs whose delivery is known leave the outbox."""
        state = self.opened()
        assert self.appended_ms is not None  # noqa: S101 - `opened` set it
        waiting = tuple(entry for entry, delivery in self.outbox if delivery is None or not delivery.done())
        return StoredConversation(self.offset, self.appended_ms, encode_state(state), waiting, self.due_ms, self.closed)


@dataclass(slots=True)
class Partition:
    """What this worker holds of one owned partition."""

    next_offset: int
    conversations: dict[str, Conversation]
    deadlines: Deadlines
    started: bool = False


def due_by_broker_clock(state: ConversationState, appended_ms: int) -> int | None:
    """When the next deadline is due by the broker's clock, if nothing more comes."""
    due = state.expires_ms if state.closed else state.next_due_ms
    return None if due is None else appended_ms + max(0, due - state.clock_ms)
