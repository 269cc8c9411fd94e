"""How moments end from outside: a person answers, or the conversation ends (product.md M1, Phases)."""

from typing import Final

from streams.core.incidents import Incident, IncidentPhase, Scope, finished
from streams.core.tally import Tally
from streams.core.turn import Happening, Turn

# A person answering ends these; thanks to the bot do not.
NEED_A_PERSON: Final = frozenset({"human_request", "bot_failure"})

Incidents = tuple[Incident, ...]


def after_person(incidents: Incidents, entry: Turn | Happening, tally: Tally) -> Incidents:
    """For human_request and bot_failure recovered means: a person answers."""
    return tuple(
        finished(incident, "recovered", "recovered_answered", entry, tally)
        if incident.open and incident.type in NEED_A_PERSON
        else incident
        for incident in incidents
    )


def after_end(scope: Scope, incidents: Incidents, happening: Happening, tally: Tally) -> Incidents:
    """The end of the conversation closes every open moment; a negative one is lost if it ends badly."""
    rules = scope.catalogue.moments.rules
    closed: tuple[IncidentPhase, str] = (
        "closed",
        "closed_silence" if happening.kind == "silence" else "closed_ended",
    )
    bad: tuple[IncidentPhase, str] = closed
    if happening.kind == "abandoned":
        bad = ("lost", "lost_abandoned")
    elif tally.left:
        bad = ("lost", "lost_left")
    elif tally.last_negative >= scope.catalogue.moments.lost_intensity:
        bad = ("lost", "lost_negative_end")
    return tuple(
        finished(incident, *(bad if rules[incident.type].polarity == "negative" else closed), happening, tally)
        if incident.open
        else incident
        for incident in incidents
    )
