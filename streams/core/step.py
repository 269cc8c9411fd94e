"""One event in the life of a conversation: (state, event, catalogue) -> (state, outputs).

Event time only. Each conversation has its own clock; due deadlines fire before the next event, at their own time,
whoever notices them. No clock is read, nothing is random, nothing is kept between calls.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

from schemas.scored import Scored
from schemas.times import epoch_ms
from schemas.topics import CONVERSATIONS
from streams.core.analysis import CLOSING, Analysis
from streams.core.catalogue import Catalogue
from streams.core.closing import summary_of
from streams.core.history import appended, event_heard, is_forgotten, remembered, replaced, turn_heard
from streams.core.publishing import Output, Publisher
from streams.core.reading import read_turn
from streams.core.records import Writer
from streams.core.state import ConversationState, new_state
from streams.core.turn import Happening, Turn

__all__ = ["ConversationState", "Output", "Step", "governing", "step"]

Note = Literal["applied", "duplicate", "late", "ignored"]

# Office work around a contact: it is no part of the conversation and neither keeps it open nor opens it again.
_BESIDE: Final = frozenset(
    {
        "case_opened",
        "case_closed",
        "agent_note",
        "appointment_booked",
        "appointment_reminded",
        "no_show",
        "purchase",
    }
)
_AGENTS_KEPT: Final = 8


@dataclass(frozen=True, slots=True)
class Step:
    """What an event came to. `note` is for metrics: late events are applied, duplicates and ignored ones are not."""

    state: ConversationState
    outputs: tuple[Output, ...]
    note: Note


def step(state: ConversationState | None, event: Scored, appended_ms: int, catalogue: Catalogue) -> Step:
    """Applies one entry of `cx.scored`.

    Args:
        state: of the event's conversation; None if it is new or its marker was dropped.
        appended_ms: when the broker took the event, epoch milliseconds; only an event time more than the catalogue's
            `ahead_seconds` after it is corrected by it.
        catalogue: the one of the conversation's first record (`state.catalogue` names it).
    """
    at_ms = min(epoch_ms(event.at), appended_ms + catalogue.timing.ahead_ms)
    if state is None or (state.closed and state.expires_ms is not None and at_ms >= state.expires_ms):
        timing = catalogue.timing
        state = new_state(event.conversation_id, catalogue.digest, timing.silence_ms[None], at_ms, timing.marker_ms)
    if event.kind == "utterance":
        return _utterance(state, event, at_ms, catalogue)
    if event.kind == "journey" and event.journey is not None and event.journey.kind not in _BESIDE:
        return _journey(state, event, at_ms, catalogue)
    # Ticks, context, feedback and office work only show that time has passed.
    passed, outputs = _deadlines(state, at_ms, catalogue)
    return Step(passed, outputs, "applied" if event.kind == "tick" and passed is not state else "ignored")


def governing(
    state: ConversationState | None, event: Scored, appended_ms: int, catalogue_of: Callable[[str], Catalogue]
) -> tuple[ConversationState | None, Catalogue]:
    """The state and catalogue to call `step` with: a conversation stays with the catalogue of its first record.

    An expired marker is no state any more; what comes after it starts a conversation, with the event's own catalogue.
    """
    if state is not None:
        catalogue = catalogue_of(state.catalogue)
        at_ms = min(epoch_ms(event.at), appended_ms + catalogue.timing.ahead_ms)
        if not (state.closed and state.expires_ms is not None and at_ms >= state.expires_ms):
            return state, catalogue
    return None, catalogue_of(event.catalogue)


def _utterance(state: ConversationState, event: Scored, at_ms: int, catalogue: Catalogue) -> Step:
    message_id = event.message_id or ""
    revision = event.source.revision or 0
    heard = turn_heard(state, message_id)
    # Some recognisers send the final words under the revision of the last partial ones.
    completes = heard is not None and revision == heard.revision and not heard.final and _is_final(event)
    if heard is not None:
        if revision <= heard.revision and not completes:
            return Step(state, (), "duplicate")
    elif is_forgotten(state, "message", message_id):
        # Too long ago to be judged again: a repeat is recognised, a correction comes too late.
        return Step(state, (), "ignored" if revision else "duplicate")
    note: Note = "late" if at_ms < state.clock_ms else "applied"
    state, fired = _deadlines(state, at_ms, catalogue)
    old = state.now
    time_ms = max(at_ms, state.clock_ms)
    # Words that are first heard in full after the end are new words; a correction of full ones is not.
    correction = heard is not None and not (state.closed and not heard.final)
    was_closed = state.closed
    state = _noted(state, event, None if correction and was_closed else time_ms, catalogue)
    seq = heard.seq if heard is not None and correction else state.next_seq
    turn = read_turn(
        event,
        seq=seq,
        at_ms=at_ms,
        time_ms=heard.time_ms if heard is not None and correction else time_ms,
        catalogue=catalogue,
        events=catalogue.critical.of(state.tenant, state.industry),
    )
    if heard is None:
        state = appended(state, turn, catalogue)
    else:
        state = replaced(state, heard, turn, catalogue, at_end=not correction)
    cause = f"{message_id}@{revision} final" if completes else f"{message_id}@{revision}"
    state, outputs = _published(state, old, catalogue, cause, corrected=turn if heard is not None else None)
    if correction and was_closed:
        state, again = _summarised(state, catalogue, cause)
        outputs += again
    return Step(state, fired + outputs, note)


def _is_final(event: Scored) -> bool:
    return event.source.is_final is not False


def _journey(state: ConversationState, event: Scored, at_ms: int, catalogue: Catalogue) -> Step:
    event_id = event.event_id or ""
    kind = event.journey.kind if event.journey is not None else ""
    if event_heard(state, event_id):
        return Step(state, (), "duplicate")
    note: Note = "late" if at_ms < state.clock_ms else "applied"
    state, fired = _deadlines(state, at_ms, catalogue)
    if state.closed and kind in CLOSING and state.started_ms is not None:
        # It has ended already. Remembered, so that its repeat does not end what comes after.
        return Step(remembered(state, "event", event_id), fired, "ignored")
    old = state.now
    time_ms = max(at_ms, state.clock_ms)
    state = _noted(state, event, time_ms, catalogue)
    happening = Happening("j", state.next_seq, event_id, kind, at_ms, time_ms)
    state = appended(state, happening, catalogue)
    state, outputs = _published(state, old, catalogue, event_id)
    if kind in CLOSING:
        state, closing = _closed(state, catalogue, event_id)
        outputs += closing
    return Step(state, fired + outputs, note)


def _noted(state: ConversationState, event: Scored, active_ms: int | None, catalogue: Catalogue) -> ConversationState:
    """The state with what the event says of its conversation: the latest value that was given.

    At `active_ms` the conversation goes on, or again; None where a correction leaves it as it is.
    """
    agents = state.agent_ids
    if event.agent_id is not None and event.agent_id not in agents and event.role == "agent":
        agents = (*agents, event.agent_id)[-_AGENTS_KEPT:]
    channel = event.channel or state.channel
    going_on = active_ms is not None
    tenant = event.tenant or state.tenant
    industry = event.industry or state.industry
    return replace(
        state,
        steady=state.steady and (not state.entries or (tenant, industry) == (state.tenant, state.industry)),
        clock_ms=state.clock_ms if active_ms is None else active_ms,
        last_ms=state.last_ms if active_ms is None else active_ms,
        started_ms=active_ms if state.started_ms is None else state.started_ms,
        closed=state.closed and not going_on,
        expires_ms=None if going_on else state.expires_ms,
        channel=channel,
        customer_id=event.customer_id or state.customer_id,
        tenant=tenant,
        industry=industry,
        model=event.model or state.model,
        agent_ids=agents,
        silence_ms=catalogue.timing.silence_ms[channel],
    )


def _deadlines(
    state: ConversationState, until_ms: int, catalogue: Catalogue
) -> tuple[ConversationState, tuple[Output, ...]]:
    """Fires what is due until then, in the order of the due times; the same state if nothing is."""
    outputs: tuple[Output, ...] = ()
    while (due_ms := state.next_due_ms) is not None and due_ms <= until_ms:
        if due_ms == state.silence_due_ms:
            state, fired = _silent(state, due_ms, catalogue)
        else:
            writer = Writer(state, catalogue, f"cooldown:{due_ms}", due_ms)
            publisher = Publisher(writer, state.told)
            publisher.release(due_ms)
            state, fired = replace(state, told=publisher.finish()), tuple(publisher.outputs)
        outputs += fired
    return state, outputs


def _silent(
    state: ConversationState, due_ms: int, catalogue: Catalogue
) -> tuple[ConversationState, tuple[Output, ...]]:
    """Silence closes the conversation: ended_at = last event + silence."""
    old = state.now
    cause = f"silence:{due_ms}"
    silence = Happening("j", state.next_seq, cause, "silence", state.last_ms, due_ms)
    state = appended(replace(state, clock_ms=due_ms), silence, catalogue)
    state, outputs = _published(state, old, catalogue, cause)
    state, closing = _closed(state, catalogue, cause)
    return state, outputs + closing


def _closed(state: ConversationState, catalogue: Catalogue, cause: str) -> tuple[ConversationState, tuple[Output, ...]]:
    state = replace(state, closed=True, expires_ms=state.clock_ms + catalogue.timing.marker_ms)
    return _summarised(replace(state, summary=""), catalogue, cause)


def _summarised(
    state: ConversationState, catalogue: Catalogue, cause: str
) -> tuple[ConversationState, tuple[Output, ...]]:
    """The closing record; after a correction only if it says something else than before."""
    record = summary_of(state, catalogue, state.revision + 1, state.clock_ms, cause)
    said = record.changed(revision=1, record_id="-").encode()
    digest = hashlib.blake2b(said, digest_size=8).hexdigest()
    if digest == state.summary:
        return state, ()
    state = replace(state, revision=state.revision + 1, summary=digest)
    return state, (Output(CONVERSATIONS, state.conversation_id, record),)


def _published(
    state: ConversationState,
    old: Analysis,
    catalogue: Catalogue,
    cause: str,
    *,
    corrected: Turn | None = None,
) -> tuple[ConversationState, tuple[Output, ...]]:
    if old.incidents is state.now.incidents and old.routes is state.now.routes:
        return state, ()
    publisher = Publisher(Writer(state, catalogue, cause, state.clock_ms, corrected), state.told)
    publisher.moments(old)
    publisher.acting(old)
    return replace(state, told=publisher.finish()), tuple(publisher.outputs)
