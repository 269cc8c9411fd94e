"""The latest turns of a conversation: who was heard already, what a corrected transcript replaces, what is let go."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from streams.core.analysis import START, Analysis, judge
from streams.core.catalogue import Catalogue
from streams.core.incidents import Scope
from streams.core.state import ConversationState, to_json
from streams.core.turn import Entry, Happening, Turn

ENTRIES_KEPT: Final = 200
_FORGOTTEN_KEPT: Final = 1000
_RENAMES_KEPT: Final = 64

# Together with the two analyses, the budget's memory and the digests an encoded state stays below its 256 KB. Ids may
# be 512 characters, 3 KB as JSON: the longer they are, the fewer entries are kept.
_ENTRY_BYTES: Final = 110_000
_IDS_OUTSIDE_ENTRIES: Final = 30


def scope_of(state: ConversationState, catalogue: Catalogue) -> Scope:
    """What the judgements of this conversation share."""
    return Scope(state.conversation_id, catalogue, state.tenant, state.industry, state.renames)


def digest_of(identity: str) -> str:
    """A short name for an id that is no longer held: 64 bits."""
    return hashlib.blake2b(identity.encode(), digest_size=8).hexdigest()


def turn_heard(state: ConversationState, message_id: str) -> Turn | None:
    """The turn of a message, if it is held."""
    for entry in reversed(state.entries):
        if isinstance(entry, Turn) and entry.message_id == message_id:
            return entry
    return None


def event_heard(state: ConversationState, event_id: str) -> bool:
    """Whether a journey event was applied already."""
    held = any(isinstance(entry, Happening) and entry.event_id == event_id for entry in state.entries)
    return held or is_forgotten(state, "event", event_id)


def is_forgotten(state: ConversationState, kind: str, identity: str) -> bool:
    """Whether it was applied and is no longer held."""
    return bool(state.forgotten) and digest_of(f"{kind} {identity}") in state.forgotten


def remembered(state: ConversationState, kind: str, identity: str) -> ConversationState:
    """The state that knows an id without holding its entry."""
    return replace(state, forgotten=(*state.forgotten, digest_of(f"{kind} {identity}"))[-_FORGOTTEN_KEPT:])


def appended(state: ConversationState, entry: Entry, catalogue: Catalogue) -> ConversationState:
    """The state with one more entry, judged; the oldest entries go where there is no room for them."""
    identity = entry.message_id if isinstance(entry, Turn) else entry.event_id
    state = replace(
        state,
        next_seq=entry.seq + 1,
        entries=(*state.entries, entry),
        entry_bytes=state.entry_bytes + len(to_json(entry)),
        longest_id=max(state.longest_id, len(identity) if identity.isalnum() else len(to_json(identity))),
        before_last=state.now,
        now=judge(state.now, entry, scope_of(state, catalogue)),
    )
    return _trimmed(state, catalogue)


def _trimmed(state: ConversationState, catalogue: Catalogue) -> ConversationState:
    limit = max(0, _ENTRY_BYTES - _IDS_OUTSIDE_ENTRIES * state.longest_id)
    surplus = len(state.entries) - ENTRIES_KEPT
    if surplus <= 0 and state.entry_bytes <= limit:
        return state
    scope = scope_of(state, catalogue)
    base = state.base or START
    entry_bytes, forgotten = state.entry_bytes, list(state.forgotten)
    gone = 0
    # The latest entry always stays: its words are the evidence of what is being told.
    while gone < len(state.entries) - 1 and (gone < surplus or entry_bytes > limit):
        entry = state.entries[gone]
        base = judge(base, entry, scope)
        entry_bytes -= len(to_json(entry))
        name = f"message {entry.message_id}" if isinstance(entry, Turn) else f"event {entry.event_id}"
        forgotten.append(digest_of(name))
        gone += 1
    return replace(
        state,
        base=base,
        entries=state.entries[gone:],
        entry_bytes=entry_bytes,
        forgotten=tuple(forgotten[-_FORGOTTEN_KEPT:]),
    )


def replaced(
    state: ConversationState, old: Turn, new: Turn, catalogue: Catalogue, *, at_end: bool
) -> ConversationState:
    """The state with a turn in another's place (or at the end), and everything since judged again.

    A moment, routing or escalation that still has ground keeps its id, also where another turn opens it now.
    """
    entries = tuple(new if entry is old else entry for entry in state.entries)
    if at_end:
        entries = (*(entry for entry in state.entries if entry is not old), new)
    state = replace(
        state,
        entries=entries,
        entry_bytes=state.entry_bytes + len(to_json(new)) - len(to_json(old)),
        next_seq=max(state.next_seq, new.seq + 1),
    )
    before, now = None, None
    if state.steady and state.before_last is not None and entries[-1] is new and not at_end:
        # Recognisers revise what was said last: what came before is judged already.
        before, now = state.before_last, judge(state.before_last, new, scope_of(state, catalogue))
    if before is None or now is None:
        before, now = _folded(state, catalogue)
    renames = _renames(state.now, now)
    if renames:
        kept = dict([*state.renames.items(), *renames.items()][-_RENAMES_KEPT:])
        state = replace(state, renames=kept, steady=False)
        before, now = _folded(state, catalogue)
    return _trimmed(replace(state, before_last=before, now=now), catalogue)


def _folded(state: ConversationState, catalogue: Catalogue) -> tuple[Analysis, Analysis]:
    """The analysis before the last entry, and after it."""
    scope = scope_of(state, catalogue)
    analysis = before = state.base or START
    for entry in state.entries:
        before, analysis = analysis, judge(analysis, entry, scope)
    return before, analysis


def _renames(old: Analysis, new: Analysis) -> dict[str, str]:
    """New ids of incidents that are old ones: of the same type with a ground in common, of the same area or action."""
    renames: dict[str, str] = {}
    gone = {each.moment_id: each for each in old.incidents}
    fresh = [each for each in new.incidents if each.moment_id not in gone]
    for each in new.incidents:
        gone.pop(each.moment_id, None)
    for incident in fresh:
        for known in gone.values():
            if known.type == incident.type and not set(known.grounds).isdisjoint(incident.grounds):
                renames[incident.moment_id] = known.moment_id
                del gone[known.moment_id]
                break
    renames |= _renamed(
        {each.escalation_id: (each.area, each.moments) for each in old.escalations},
        {each.escalation_id: (each.area, each.moments) for each in new.escalations},
        renames,
    )
    return renames | _renamed(
        {each.routing_id: (f"{each.action} {each.rank}", each.moments) for each in old.routes},
        {each.routing_id: (f"{each.action} {each.rank}", each.moments) for each in new.routes},
        renames,
    )


def _renamed(
    old: Mapping[str, tuple[str, tuple[str, ...]]],
    new: Mapping[str, tuple[str, tuple[str, ...]]],
    moments: Mapping[str, str],
) -> dict[str, str]:
    gone = {identity: item for identity, item in old.items() if identity not in new}
    renames: dict[str, str] = {}
    for identity, (lane, causes) in new.items():
        if identity in old:
            continue
        standing = {moments.get(moment, moment) for moment in causes}
        for known, (known_lane, known_causes) in gone.items():
            if lane == known_lane and not standing.isdisjoint(known_causes):
                renames[identity] = known
                del gone[known]
                break
    return renames
