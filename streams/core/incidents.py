"""Moments of truth as they live in the state: opened by a turn, updated by new evidence, ended.

While one is open, new evidence updates it: one incident is one moment, not six alerts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from schemas.identifiers import incident_id
from schemas.outputs import MomentType
from streams.core.catalogue import Catalogue
from streams.core.critical_events import OTHER
from streams.core.moment_types import MomentRule
from streams.core.severity import severity_of
from streams.core.tally import Tally
from streams.core.turn import Happening, Turn

GROUNDS_KEPT: Final = 4
FINISHED_KEPT: Final = 16

IncidentPhase = Literal["opened", "updated", "recovered", "lost", "closed"]
Values = tuple[tuple[str, str | int], ...]


class Incident(NamedTuple):
    """`grounds` are the numbers (`seq`) of the utterances that are its evidence; `fired` names the last one, or is -1.

    `code` is the reason for its phase, `opened_code` the reason for the moment itself.
    """

    moment_id: str
    type: MomentType
    phase: IncidentPhase
    opened_seq: int
    severity: int
    intensity: int
    chance: float | None
    fired: int
    at_ms: int
    grounds: tuple[int, ...]
    opened_code: str
    code: str
    values: Values
    trigger: str | None
    confidence: float | None
    abstain: bool
    degraded: bool
    event: str | None
    area: str | None
    urgent: bool

    @property
    def open(self) -> bool:
        """Whether new evidence updates it."""
        return self.phase in ("opened", "updated")


@dataclass(frozen=True, slots=True)
class Scope:
    """What all judgements of one conversation share. `renames` keeps ids through corrected transcripts."""

    conversation_id: str
    catalogue: Catalogue
    tenant: str | None
    industry: str | None
    renames: Mapping[str, str]

    def name(self, what: str, opened_by: str) -> str:
        """Id of the incident that `opened_by` opens."""
        identity = incident_id(self.conversation_id, what, opened_by, 0)
        return self.renames.get(identity, identity) if self.renames else identity


def opened(
    scope: Scope,
    rule: MomentRule,
    entry: Turn | Happening,
    tally: Tally,
    said: Turn | None,
    *,
    vulnerable: bool,
    code: str,
    values: Values,
    earlier: tuple[int, ...] = (),
) -> Incident:
    """A new incident.

    Args:
        said: the utterance that opens it; None for a journey event, which is named as trigger.
        vulnerable: whether the customer has been seen to be vulnerable.
        earlier: numbers of earlier utterances that are its evidence too.
    """
    intensity = (said.intensity or 0) if said is not None else 0
    event = area = None
    urgent = rule.type == "human_request"
    if rule.critical and said is not None:
        event, area, urgent = _event(scope, said.event)
    fired = said.seq if said is not None else tally.last_seq
    return Incident(
        moment_id=scope.name(rule.type, entry.message_id if isinstance(entry, Turn) else entry.event_id),
        type=rule.type,
        phase="opened",
        opened_seq=entry.seq,
        severity=severity_of(
            rule,
            scope.catalogue.moments.severity,
            intensity,
            stakes=tally.stakes,
            repeat=tally.repeat,
            vulnerable=vulnerable,
        ),
        intensity=intensity,
        chance=said.chances.get(rule.probability) if said is not None and rule.probability else None,
        fired=fired,
        at_ms=entry.at_ms,
        grounds=(*earlier, fired) if fired >= 0 else (),
        opened_code=code,
        code=code,
        values=values,
        trigger=None if said is not None else rule.button,
        confidence=said.confidence if said is not None else None,
        abstain=said.abstain if said is not None else tally.last_abstain,
        degraded=said.degraded if said is not None else tally.last_degraded,
        event=event,
        area=area or rule.target_area,
        urgent=urgent,
    )


def updated(
    scope: Scope,
    rule: MomentRule,
    incident: Incident,
    turn: Turn,
    tally: Tally,
    *,
    vulnerable: bool,
    code: str,
    values: Values,
) -> Incident:
    """An open incident with a turn as new evidence; its intensity is the strongest so far."""
    intensity = max(incident.intensity, turn.intensity or 0)
    event, area, urgent = incident.event, incident.area, incident.urgent
    if rule.critical:
        event, area, urgent = _event(scope, chosen_event(scope, incident, turn))
        area = area or rule.target_area
    chance = turn.chances.get(rule.probability) if rule.probability else None
    return incident._replace(
        phase="updated",
        severity=severity_of(
            rule,
            scope.catalogue.moments.severity,
            intensity,
            stakes=tally.stakes,
            repeat=tally.repeat,
            vulnerable=vulnerable,
        ),
        intensity=intensity,
        chance=chance if chance is not None else incident.chance,
        fired=turn.seq,
        at_ms=turn.at_ms,
        grounds=_grounds(incident.grounds, turn.seq),
        opened_code=code,
        code=code,
        values=values,
        trigger=None,
        confidence=turn.confidence,
        degraded=incident.degraded or turn.degraded,
        event=event,
        area=area,
        urgent=urgent,
    )


def finished(incident: Incident, phase: IncidentPhase, code: str, entry: Turn | Happening, tally: Tally) -> Incident:
    """An incident at its end; what ended it is named, its evidence stays."""
    if isinstance(entry, Turn):
        return incident._replace(phase=phase, code=code, fired=entry.seq, at_ms=entry.at_ms, trigger=None)
    return incident._replace(phase=phase, code=code, fired=tally.last_seq, at_ms=entry.time_ms, trigger=entry.kind)


def _grounds(grounds: tuple[int, ...], seq: int) -> tuple[int, ...]:
    """The first ground and the latest ones."""
    if seq in grounds:
        return grounds
    if len(grounds) < GROUNDS_KEPT:
        return (*grounds, seq)
    return (grounds[0], *grounds[2:], seq)


def chosen_event(scope: Scope, known: Incident | None, turn: Turn) -> str | None:
    """Which critical event a moment is about: a described one rather than `other`, an urgent one rather than any."""
    if known is None or turn.event is None:
        return turn.event if known is None else known.event
    urgent = _event(scope, turn.event)[2]
    return turn.event if known.event == OTHER or (urgent and not known.urgent) else known.event


def _event(scope: Scope, name: str | None) -> tuple[str | None, str | None, bool]:
    event = scope.catalogue.critical.of(scope.tenant, scope.industry).get(name or "")
    return (name, None, False) if event is None else (name, event.target_area, event.never_held)
