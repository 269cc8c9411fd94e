"""The judgement of a conversation: a pure fold over its turns and journey events.

It knows nothing of what has been published, so that a corrected transcript is judged by folding again.
"""

from typing import Final, NamedTuple

from streams.core.endings import after_end, after_person
from streams.core.escalations import Escalations, escalations_after
from streams.core.incidents import FINISHED_KEPT, Incident, Scope
from streams.core.moments import after_button, after_customer_turn
from streams.core.peak_end import EMPTY_CURVE, Curve, curve_after
from streams.core.routes import Routes, closed_routes, routes_after
from streams.core.service import (
    NOBODY,
    Service,
    after_agent_turn,
    after_bot_turn,
    after_happening,
    person_answers,
)
from streams.core.service import after_customer_turn as service_after_customer_turn
from streams.core.tally import NOTHING, Tally, tally_after
from streams.core.turn import Entry, Happening, Turn

CLOSING: Final = frozenset({"ended", "abandoned", "silence"})
_MOMENT_IDS_KEPT: Final = 64


class Analysis(NamedTuple):
    """`seen` are the types opened so far, `dropped` the entry that opened the youngest incident no longer held.

    `reopened` is the entry with which the conversation went on after its last end, or -1.
    """

    curve: Curve
    service: Service
    tally: Tally
    incidents: tuple[Incident, ...]
    seen: tuple[str, ...]
    moment_ids: tuple[str, ...]
    routes: Routes
    escalations: Escalations
    closed: str | None
    dropped: int
    reopened: int


START: Final = Analysis(EMPTY_CURVE, NOBODY, NOTHING, (), (), (), (), (), None, -1, -1)


def judge(analysis: Analysis, entry: Entry, scope: Scope) -> Analysis:
    """The analysis after one more turn or journey event."""
    if isinstance(entry, Happening):
        return _after_happening(analysis, entry, scope)
    if entry.role == "customer":
        return _after_customer(analysis, entry, scope)
    acting = scope.catalogue.acting
    before = analysis.service
    incidents = analysis.incidents
    if not entry.final:
        return analysis
    if entry.role == "bot":
        service = after_bot_turn(before, entry, acting)
    else:
        service = after_agent_turn(before, entry)
        if person_answers(before, entry):
            incidents = after_person(incidents, entry, analysis.tally)
    return _acted(analysis._replace(service=service), incidents, entry, before, scope)


def _after_customer(analysis: Analysis, turn: Turn, scope: Scope) -> Analysis:
    types = scope.catalogue.moments
    service = service_after_customer_turn(analysis.service, turn, scope.catalogue.acting)
    tally = tally_after(analysis.tally, turn, types)
    incidents = after_customer_turn(
        scope,
        analysis.incidents,
        turn,
        before=analysis.tally,
        tally=tally,
        service=service,
        seen=frozenset(analysis.seen),
    )
    if incidents is not analysis.incidents and any(
        incident.phase == "recovered" and incident.fired == turn.seq for incident in incidents
    ):
        # What built up before is over; a new build-up counts from here.
        tally = tally._replace(counts=(), counted_seqs=())
    now = analysis._replace(curve=curve_after(analysis.curve, turn), service=service, tally=tally)
    return _acted(now, incidents, turn, analysis.service, scope)


def _after_happening(analysis: Analysis, happening: Happening, scope: Scope) -> Analysis:
    before = analysis.service
    service = after_happening(before, happening)
    incidents = analysis.incidents
    if happening.kind in CLOSING:
        incidents = after_end(scope, incidents, happening, analysis.tally)
        closed = _acted(analysis._replace(service=service, closed=happening.kind), incidents, happening, before, scope)
        return closed._replace(routes=closed_routes(closed.routes))
    if person_answers(before, happening):
        incidents = after_person(incidents, happening, analysis.tally)
    incidents = after_button(scope, incidents, happening, analysis.tally)
    return _acted(analysis._replace(service=service), incidents, happening, before, scope)


def _acted(
    analysis: Analysis, incidents: tuple[Incident, ...], entry: Entry, before: Service, scope: Scope
) -> Analysis:
    """The analysis with these moments and what they cause; anything but an end reopens it."""
    if isinstance(entry, Turn) or entry.kind not in CLOSING:
        reopened = analysis.reopened if analysis.closed is None else entry.seq
        analysis = analysis._replace(closed=None, reopened=reopened)
    seen, moment_ids = analysis.seen, analysis.moment_ids
    if incidents is not analysis.incidents:
        analysis = analysis._replace(tally=_counting_anew(analysis.tally, analysis.incidents, incidents))
        new = [incident for incident in incidents if incident.opened_seq == entry.seq]
        if new:
            seen = tuple(dict.fromkeys((*seen, *(incident.type for incident in new))))
            moment_ids = tuple(dict.fromkeys((*moment_ids, *(incident.moment_id for incident in new))))
    routes = routes_after(scope, analysis.routes, incidents, entry, before=before, now=analysis.service)
    escalations = escalations_after(scope, analysis.escalations, incidents, entry)
    kept, dropped = _trimmed(incidents, analysis.dropped)
    return analysis._replace(
        incidents=kept,
        seen=seen,
        moment_ids=moment_ids[-_MOMENT_IDS_KEPT:],
        routes=routes,
        escalations=escalations,
        dropped=dropped,
    )


def _counting_anew(tally: Tally, before: tuple[Incident, ...], after: tuple[Incident, ...]) -> Tally:
    """The tally without the turns that an incident was made of which is over: a new one needs new turns."""
    over = {incident.type for incident in before if incident.open}
    over -= {incident.type for incident in after if incident.open}
    if over.isdisjoint(name for name, _ in tally.counts):
        return tally
    return tally._replace(
        counts=tuple(pair for pair in tally.counts if pair[0] not in over),
        counted_seqs=tuple(pair for pair in tally.counted_seqs if pair[0] not in over),
    )


def _trimmed(incidents: tuple[Incident, ...], dropped: int) -> tuple[tuple[Incident, ...], int]:
    """All open incidents and the latest finished ones."""
    surplus = sum(not incident.open for incident in incidents) - FINISHED_KEPT
    if surplus <= 0:
        return incidents, dropped
    kept = []
    for incident in incidents:
        if surplus > 0 and not incident.open:
            surplus -= 1
            dropped = max(dropped, incident.opened_seq)
        else:
            kept.append(incident)
    return tuple(kept), dropped
