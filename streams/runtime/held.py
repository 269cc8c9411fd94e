"""What a worker holds in memory of an owned partition."""

import asyncio
from dataclasses import dataclass, field

from streams.core.state import ConversationState, decode_state, encode_state
from streams.runtime.acker import delivered
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
    encoded: bytes | None = None
    outbox: list[tuple[OutboxEntry, "asyncio.Future[Delivery] | None"]] = field(default_factory=list)

    def read(self) -> tuple[ConversationState, int]:
        """The state, decoded at the first call after a load; and when what moved its clock last was appended, in ms."""
        if self.state is None or self.appended_ms is None:
            stored = StoredConversation.decode(self.payload or b"")
            self.state, self.encoded = decode_state(stored.state), stored.state
            self.appended_ms, self.payload = stored.appended_ms, None
        return self.state, self.appended_ms

    def undelivered(self) -> list[tuple[OutboxEntry, "asyncio.Future[Delivery] | None"]]:
        """Outputs that are not known to have arrived: a delivery that failed is not."""
        return [pair for pair in self.outbox if pair[1] is None or not delivered(pair[1])]

    def stored(self) -> StoredConversation:
        """What to save: outputs known to have arrived leave the outbox."""
        state, appended_ms = self.read()
        waiting = tuple(entry for entry, _ in self.undelivered())
        encoded = encode_state(state) if self.encoded is None else self.encoded
        return StoredConversation(self.offset, appended_ms, encoded, waiting, self.due_ms, self.closed)


@dataclass(slots=True)
class Partition:
    """What this worker holds of one owned partition."""

    next_offset: int
    conversations: dict[str, Conversation]
    deadlines: Deadlines
    started: bool = False
