"""Conversations that somebody has labelled: turns, and the moments of truth that a careful reader sees in them.

One JSON object a line: `{"id", "language", "industry", "channel", "split"?, "turns", "moments", "escalation",
"handoff_reason", "case_refs"}`. A turn is `{"turn", "role", "text", "language"?}` or `{"turn", "journey"}`; a moment is
`{"type", "first_turn", "by_turn"}`. Other members are left aside.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from schemas.inputs import Channel, JourneyEvent, JourneyKind, Message, Role, TranscriptSegment
from schemas.outputs import MomentType
from schemas.record import DecodeError, Identifier, Part, Record, Seq
from schemas.times import rfc3339
from schemas.topics import JOURNEY, MESSAGES, TRANSCRIPTS
from streams.runtime.recording import Recorded

TURN_MS: Final = 20_000
"""From one turn to the next."""
_SPOKEN_MS: Final = 5_000

_Turn = Annotated[int, Field(ge=1)]
HandoffReason = Literal["explicit_request", "negative_sentiment", "not_understood", "task_too_complex"]


class LabelledError(ValueError):
    """A line is no labelled conversation; the message names file and line, never the content."""


class LabelledTurn(Part):
    """What one party says, or a journey event."""

    turn: _Turn
    role: Role | None = None
    text: str | None = None
    language: str | None = None
    journey: JourneyKind | None = None


class Expected(Part):
    """A moment that must open at `first_turn` at the earliest and at `by_turn` at the latest."""

    type: MomentType
    first_turn: _Turn
    by_turn: _Turn


class Labelled(Record):
    """One conversation with what a reader says of it; `handoff_reason` is the strongest of product.md A2."""

    id: Identifier
    language: str
    industry: Identifier | None = None
    channel: Channel
    split: str | None = None
    turns: Seq[LabelledTurn]
    moments: Seq[Expected]
    escalation: Seq[str]
    handoff_reason: HandoffReason | None
    case_refs: Seq[str]


def read_labelled(paths: Iterable[Path], split: str | None = None) -> Iterator[Labelled]:
    """The conversations of the files, in their order; with `split` only those of that split.

    Raises:
        LabelledError: at the first line that is none, or whose id or labels cannot be right.
        OSError: a file cannot be opened.
    """
    known: set[str] = set()
    for path in paths:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                where = f"{path}, line {number}"
                try:
                    conversation = Labelled.decode(line)
                except DecodeError as error:
                    raise LabelledError(f"{where}: {error}") from None
                _check(conversation, where)
                if conversation.id in known:
                    raise LabelledError(f"{where}: this id stands on an earlier line too; give each its own")
                known.add(conversation.id)
                if split is None or conversation.split == split:
                    yield conversation


def _check(conversation: Labelled, where: str) -> None:
    numbers = [turn.turn for turn in conversation.turns]
    if numbers != list(range(1, len(numbers) + 1)):
        raise LabelledError(f"{where}: turns are numbered 1, 2, 3 and so on, in their order")
    for turn in conversation.turns:
        said = turn.role is not None and turn.text is not None
        if said == (turn.journey is not None):
            raise LabelledError(f"{where}: turn {turn.turn} needs role and text, or journey")
    for moment in conversation.moments:
        if not moment.first_turn <= moment.by_turn <= len(numbers):
            raise LabelledError(
                f"{where}: {moment.type} needs first_turn, by_turn and the last turn ({len(numbers)}) in this order"
            )


def records_of(conversation: Labelled, start_ms: int) -> Iterator[Recorded]:
    """The conversation as the input topics would bring it; turn n is said `TURN_MS` x n after `start_ms`."""
    for turn in conversation.turns:
        at_ms = start_ms + turn.turn * TURN_MS
        topic, record = _record(conversation, turn, start_ms)
        yield Recorded(topic, conversation.id.encode(), record.encode(), at_ms)


def turn_at(at_ms: int, start_ms: int) -> int:
    """Number of the turn at that time."""
    return (at_ms - start_ms) // TURN_MS


def _record(conversation: Labelled, turn: LabelledTurn, start_ms: int) -> tuple[str, Record]:
    at = rfc3339(start_ms + turn.turn * TURN_MS)
    name = f"{conversation.id}-{turn.turn:02}"
    shared = {"conversation_id": conversation.id, "channel": conversation.channel}
    if turn.journey is not None:
        return JOURNEY, JourneyEvent.from_value({**shared, "event_id": name, "kind": turn.journey, "at": at})
    said = {**shared, "industry": conversation.industry, "role": turn.role, "text": turn.text}
    if conversation.channel != "voice":
        return MESSAGES, Message.from_value({**said, "message_id": name, "sent_at": at, "language": turn.language})
    end_ms = turn.turn * TURN_MS
    return TRANSCRIPTS, TranscriptSegment.from_value(
        {
            **said,
            "segment_id": name,
            "is_final": True,
            "revision": 0,
            "begin_ms": end_ms - _SPOKEN_MS,
            "end_ms": end_ms,
            "started_at": rfc3339(start_ms),
        }
    )
