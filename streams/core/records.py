"""From the state to the records that readers get: moments, routing, escalations."""

from dataclasses import dataclass
from typing import Any, Final, cast

from schemas.identifiers import record_id
from schemas.outputs import Because, Escalation, Evidence, Moment, Phase, Routing, Status
from schemas.scored import Language
from schemas.times import rfc3339
from streams.core.catalogue import Catalogue
from streams.core.context import Teller
from streams.core.escalations import Escalated
from streams.core.incidents import Incident, Values
from streams.core.routes import Route
from streams.core.state import ConversationState
from streams.core.tally import main_language
from streams.core.turn import Turn

RULE_VERSION: Final = "1"
"""Version of the routing and escalation records' making; the moments' rules have their own, in the catalogue."""

_EVIDENCE_KEPT: Final = 6
# Charged words show these; of any other type the sentence is the evidence.
_CHARGED: Final = frozenset({"anger_peak", "frustration_buildup", "delight", "recovery"})


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the records of one conversation after one cause.

    Args:
        cause: message id + "@" + revision, event id, or deadline name + ":" + due time;
            the revision is followed by " final" where a partial had the same one.
        time_ms: the conversation's clock.
        corrected: the turn that replaced an earlier revision, if that is the cause.
    """

    state: ConversationState
    catalogue: Catalogue
    cause: str
    time_ms: int
    corrected: Turn | None = None

    @property
    def teller(self) -> Teller:
        """Puts the conversation into words."""
        return Teller(self.state, self.catalogue)

    def moment(self, incident: Incident, phase: Phase) -> Moment:
        """One phase of a moment. A retracted one has no evidence: its words no longer stand."""
        rule = self.catalogue.moments.rules[incident.type]
        code = "retracted" if phase == "retracted" else incident.code
        fields: dict[str, Any] = {
            "moment_id": incident.moment_id,
            "conversation_id": self.state.conversation_id,
            "type": incident.type,
            "phase": phase,
            "polarity": rule.polarity,
            "severity": incident.severity,
            "probability": incident.chance,
            "message_id": self._message_id(incident.fired),
            "at": rfc3339(incident.at_ms),
            "evidence": () if phase == "retracted" else self._evidence(incident, rule.polarity),
            "because": self.because(code, incident.values),
            "because_code": Because(code=code, values=dict(incident.values)),
            "confidence": incident.confidence,
            "abstain": incident.abstain,
            "degraded": incident.degraded,
            "case_refs": self.teller.case_refs(),
            "rule": incident.type,
            "rule_version": rule.version,
            "model": self.state.model,
            "catalogue": self.state.catalogue,
            "channel": self.state.channel,
            "record_id": record_id(incident.moment_id, phase, self.cause, incident.type, rule.version),
        }
        if incident.trigger is not None:
            fields["trigger"] = incident.trigger
        return Moment(**fields, **self._given("customer_id", "tenant", "industry"))

    def because(self, code: str, values: Values) -> str:
        """The reason in one line; a critical event by its name in the conversation's language."""
        known: dict[str, str | int] = dict(values)
        if "event" in known:
            known["event"] = self.teller.event_name(str(known["event"]))
        return self.catalogue.texts.because_line(code, known, self.teller.language)

    def routing(self, route: Route, status: Status, supersedes: str | None) -> Routing:
        """A routing record of the state in which `route` is."""
        fields: dict[str, Any] = {
            "routing_id": route.routing_id,
            "conversation_id": self.state.conversation_id,
            "status": status,
            "action": route.action,
            "reason": route.reason,
            "priority": route.priority,
            "required_skills": route.skills,
            "language": self._language(),
            "script_override_allowed": route.freedom,
            "aht_exempt": route.freedom,
            "context": self.teller.context(route.moments, route),
            "moment_ids": route.moments,
            "record_id": record_id(route.routing_id, status, self.cause, route.action, RULE_VERSION),
            "at": rfc3339(self.time_ms),
        }
        if supersedes is not None:
            fields["supersedes"] = supersedes
        if route.department is not None:
            fields["department"] = route.department
        return Routing(**fields)

    def escalation(self, escalation: Escalated, status: Status) -> Escalation:
        """An escalation record of the state in which `escalation` is."""
        return Escalation(
            escalation_id=escalation.escalation_id,
            conversation_id=self.state.conversation_id,
            status=status,
            reason=escalation.reason,
            severity=escalation.severity,
            target_area=escalation.area,
            due_at=rfc3339(escalation.due_ms),
            moment_ids=escalation.moments,
            context=self.teller.context(escalation.moments, None),
            record_id=record_id(escalation.escalation_id, status, self.cause, escalation.reason, RULE_VERSION),
            at=rfc3339(self.time_ms),
        )

    def _given(self, *names: str) -> dict[str, Any]:
        return {name: value for name in names if (value := getattr(self.state, name)) is not None}

    def _language(self) -> Language:
        return cast("Language", main_language(self.state.now.tally))

    def _turn(self, seq: int) -> Turn | None:
        entries = self.state.entries
        # Numbers rise along the entries, mostly without gaps: look near the end first.
        for entry in reversed(entries):
            if entry.seq == seq:
                return entry if isinstance(entry, Turn) else None
        return None

    def _message_id(self, seq: int) -> str | None:
        turn = self._turn(seq) if seq >= 0 else None
        return turn.message_id if turn is not None else self.state.now.tally.last_id

    def _evidence(self, incident: Incident, polarity: str) -> tuple[Evidence, ...]:
        sign = (1 if polarity == "positive" else -1) if incident.type in _CHARGED else 0
        found: list[Evidence] = []
        for seq in incident.grounds:
            turn = self._turn(seq)
            if turn is None:
                continue
            fitting = [words for words in turn.words if words.polarity == sign]
            if not fitting:
                fitting = [words for words in turn.words if words.polarity == 0]
            found.extend(
                Evidence(message_id=turn.message_id, begin=words.begin, end=words.end, text=words.text)
                for words in fitting
            )
        return tuple(found[-_EVIDENCE_KEPT:])
