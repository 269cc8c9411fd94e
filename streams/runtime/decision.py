"""What one event comes to, ready to be sent and saved: the core's step and all encoding, before anything is changed."""

from collections.abc import Callable
from dataclasses import dataclass

from schemas.scored import Scored
from streams.core.catalogue import Catalogue
from streams.core.state import ConversationState, encode_state
from streams.core.step import Output, governing, step
from streams.runtime.log import LogRecord
from streams.runtime.store import OutboxEntry


class DecisionError(RuntimeError):
    """The core failed on one event; only the kind of failure is told, as its message may quote the text."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A step's outcome.

    Attributes:
        appended_ms: append time of the event that moved the conversation's clock last.
        due_ms: when the next deadline is due by the broker's clock if nothing more comes.
    """

    state: ConversationState
    encoded: bytes
    outputs: tuple[Output, ...]
    entries: tuple[OutboxEntry, ...]
    appended_ms: int
    due_ms: int | None
    note: str


def decide(
    known: tuple[ConversationState, int] | None,
    event: Scored,
    record: LogRecord,
    catalogue_of: Callable[[str], Catalogue],
    named: Callable[[str], str],
) -> Decision:
    """Applies an event to a state, given with the append time of the event that moved its clock last.

    Raises:
        DecisionError: the core cannot apply it; the state is as it was.
    """
    try:
        state, catalogue = governing(known[0] if known else None, event, record.timestamp_ms, catalogue_of)
        done = step(state, event, record.timestamp_ms, catalogue)
        # Ticks, notes and repeats do not move the conversation's clock: its deadlines stay where they were.
        moved = known is None or (done.note in {"applied", "late"} and event.kind in {"utterance", "journey"})
        appended_ms = record.timestamp_ms if moved or known is None else known[1]
        entries = tuple(
            OutboxEntry(record.offset, named(output.topic), output.key, output.record.encode())
            for output in done.outputs
        )
        return Decision(
            done.state,
            encode_state(done.state),
            done.outputs,
            entries,
            appended_ms,
            _due_by_broker_clock(done.state, appended_ms),
            done.note,
        )
    except Exception as error:
        raise DecisionError(type(error).__name__) from error


def _due_by_broker_clock(state: ConversationState, appended_ms: int) -> int | None:
    due = state.expires_ms if state.closed else state.next_due_ms
    return None if due is None else appended_ms + max(0, due - state.clock_ms)
