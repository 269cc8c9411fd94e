"""The state of one conversation, and its bytes."""

from dataclasses import dataclass, field, fields
from typing import Any, Final

import orjson
from pydantic import TypeAdapter, ValidationError

from schemas.inputs import Channel
from streams.core.analysis import START, Analysis
from streams.core.budget import Told, earliest_release
from streams.core.turn import Entry

VERSION: Final = 4
_READ: Final = (3, VERSION)
"""A state of version 3 knows no doubtful answers: read as if there had been none."""
STATE_LIMIT: Final = 256 * 1024
"""Bytes that an encoded state never exceeds (architecture.md, "Delivery and state")."""


class StateError(ValueError):
    """Stored bytes are no state that this program reads; rebuild `cx.state`, or run the version that wrote it."""


@dataclass(frozen=True, slots=True)
class ConversationState:
    """Everything that the next event of a conversation is judged by. All times are epoch milliseconds.

    `entries` are the latest turns and journey events; `base` is the analysis before the first of them (None: the start)
    and `now` the analysis after the last one. `clock_ms` is the conversation's own clock and never goes back,
    `last_ms` its last event. `forgotten` are digests of ids whose entries are no longer held.
    `steady` tells that tenant, industry and ids have been the same for all entries; `before_last`, the analysis before
    the last entry, only saves work where it is known and is not stored.
    """

    conversation_id: str
    catalogue: str
    clock_ms: int
    last_ms: int
    started_ms: int | None
    closed: bool
    expires_ms: int | None
    silence_ms: int
    channel: Channel | None
    customer_id: str | None
    tenant: str | None
    industry: str | None
    agent_ids: tuple[str, ...]
    model: str | None
    next_seq: int
    entries: tuple[Entry, ...]
    entry_bytes: int
    longest_id: int
    base: Analysis | None
    now: Analysis
    forgotten: tuple[str, ...]
    renames: dict[str, str]
    told: tuple[Told, ...]
    revision: int
    summary: str
    steady: bool
    before_last: Analysis | None = field(default=None, compare=False, repr=False)

    @property
    def silence_due_ms(self) -> int:
        """When silence closes the conversation, unless something comes before."""
        return self.last_ms + self.silence_ms

    @property
    def next_due_ms(self) -> int | None:
        """The earliest deadline; None when the conversation is closed."""
        if self.closed:
            return None
        release = earliest_release(self.told)
        return self.silence_due_ms if release is None else min(release, self.silence_due_ms)


def new_state(conversation_id: str, catalogue: str, silence_ms: int, time_ms: int, marker_ms: int) -> ConversationState:
    """A conversation of which nothing is known yet; closed until its first utterance or journey event."""
    return ConversationState(
        conversation_id=conversation_id,
        catalogue=catalogue,
        clock_ms=time_ms,
        last_ms=time_ms,
        started_ms=None,
        closed=True,
        expires_ms=time_ms + marker_ms,
        silence_ms=silence_ms,
        channel=None,
        customer_id=None,
        tenant=None,
        industry=None,
        agent_ids=(),
        model=None,
        next_seq=0,
        entries=(),
        entry_bytes=0,
        longest_id=0,
        base=None,
        now=START,
        forgotten=(),
        renames={},
        told=(),
        revision=0,
        summary="",
        steady=True,
    )


_FIELDS: Final = tuple(each.name for each in fields(ConversationState) if each.compare)
_ADAPTER: Final = TypeAdapter(ConversationState)


def _rows(value: Any) -> Any:
    """Named tuples are written as arrays."""
    if isinstance(value, tuple):
        return tuple(value)
    raise TypeError(f"a state holds no {type(value).__name__}")


def to_json(value: object) -> bytes:
    """Named tuples and what they hold as JSON."""
    return orjson.dumps(value, default=_rows, option=orjson.OPT_PASSTHROUGH_SUBCLASS)


def encode_state(state: ConversationState) -> bytes:
    """The state as JSON; `decode_state` gives an equal one back."""
    return to_json({"v": VERSION} | {name: getattr(state, name) for name in _FIELDS})


def decode_state(payload: bytes) -> ConversationState:
    """The state of `encode_state`'s bytes.

    Raises:
        StateError: not a state, or one of another version.
    """
    try:
        value = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise StateError(f"the stored state is not JSON: {error.msg}; rebuild cx.state") from None
    version = value.pop("v", None) if isinstance(value, dict) else None
    if version not in _READ:
        raise StateError(
            f"the stored state has version {version}, this program reads {VERSION}; run the version that wrote it"
        )
    try:
        return _ADAPTER.validate_python(value)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, problem["loc"])) for problem in error.errors(include_input=False)[:3])
        raise StateError(f"the stored state is damaged at {places}; rebuild cx.state") from None
