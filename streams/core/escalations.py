"""Escalations as they stand in the state: one for each conversation and target area (product.md A6)."""

from typing import Final, Literal, NamedTuple

from streams.core.incidents import Incident, Scope
from streams.core.turn import Happening, Turn

FINISHED_KEPT: Final = 6
_MOMENTS_KEPT: Final = 12


class Escalated(NamedTuple):
    """`open` while a moment of it is open; `over` when one was lost or closed unsolved; `resolved` when all recovered.

    What is `over` stays with its area until it is due: nobody has solved it.
    """

    escalation_id: str
    area: str
    reason: str
    state: Literal["open", "over", "resolved"]
    opened_seq: int
    severity: int
    due_ms: int
    moments: tuple[str, ...]
    urgent: bool


Escalations = tuple[Escalated, ...]


def escalations_after(
    scope: Scope, escalations: Escalations, incidents: tuple[Incident, ...], entry: Turn | Happening
) -> Escalations:
    """The escalations after an utterance or journey event; `incidents` are the moments after it."""
    escalating = _by_area(scope, incidents)
    if not escalating and not any(escalation.state == "open" for escalation in escalations):
        return escalations
    states = {incident.moment_id: incident for incident in incidents}
    now = []
    for escalation in escalations:
        giving = escalating.pop(escalation.area, None) if escalation.state != "resolved" else None
        if giving is not None:
            now.append(_joined(scope, escalation, giving, entry))
        elif escalation.state == "open":
            # One half of a pair may still be open; unless all recovered, it is not solved.
            phases = {states[moment].phase for moment in escalation.moments if moment in states}
            if not phases.isdisjoint({"opened", "updated"}):
                now.append(escalation)
            else:
                solved = phases.isdisjoint({"lost", "closed"})
                now.append(escalation._replace(state="resolved" if solved else "over"))
        else:
            now.append(escalation)
    for area, giving in escalating.items():
        leading = max(giving, key=lambda incident: incident.severity)
        opener = entry.message_id if isinstance(entry, Turn) else entry.event_id
        fresh = Escalated(
            escalation_id=scope.name(area, opener),
            area=area,
            reason=leading.type,
            state="open",
            opened_seq=entry.seq,
            severity=0,
            due_ms=_due(scope, giving, entry),
            moments=(),
            urgent=False,
        )
        now.append(_joined(scope, fresh, giving, entry))
    return _trimmed(tuple(now))


def _by_area(scope: Scope, incidents: tuple[Incident, ...]) -> dict[str, list[Incident]]:
    rules = scope.catalogue.moments.rules
    opening = {incident.type: incident for incident in incidents if incident.open}
    found: dict[str, list[Incident]] = {}
    for incident in opening.values():
        rule = rules[incident.type]
        area = None
        if rule.escalates_alone:
            area = incident.area
        elif rule.escalates_with is not None and rule.escalates_with in opening:
            # The pair is one escalation, in the area of the critical event.
            other = opening[rule.escalates_with]
            area = incident.area if rule.critical else other.area
        if area is not None:
            found.setdefault(area, []).append(incident)
    return found


def _joined(scope: Scope, escalation: Escalated, giving: list[Incident], entry: Turn | Happening) -> Escalated:
    """The escalation with the moments that are open in its area now; it is never due later than it was."""
    known = escalation.moments
    new = [incident for incident in giving if incident.moment_id not in known]
    leading = max(giving, key=lambda incident: incident.severity)
    return escalation._replace(
        state="open",
        reason=leading.type,
        severity=leading.severity,
        due_ms=min(escalation.due_ms, _due(scope, new, entry)) if new else escalation.due_ms,
        moments=(*known, *(incident.moment_id for incident in new))[-_MOMENTS_KEPT:],
        urgent=any(incident.urgent for incident in giving),
    )


def _due(scope: Scope, giving: list[Incident], entry: Turn | Happening) -> int:
    rules = scope.catalogue.moments.rules
    # A partner is due by the rule of the event that it escalates with.
    minutes = min(
        rules[incident.type].due_minutes or 0
        if rules[incident.type].escalates_with is None or rules[incident.type].critical
        else rules[rules[incident.type].escalates_with or incident.type].due_minutes or 0
        for incident in giving
    )
    return entry.time_ms + minutes * 60_000


def _trimmed(escalations: Escalations) -> Escalations:
    finished = [escalation for escalation in escalations if escalation.state != "open"]
    dropped = finished[: max(0, len(finished) - FINISHED_KEPT)]
    return tuple(escalation for escalation in escalations if escalation not in dropped)
