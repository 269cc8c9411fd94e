"""From the state to the records that readers get: moments, routing, escalations."""

from dataclasses import dataclass
from typing import Any, Final, cast

from schemas.identifiers import record_id
from schemas.outputs import Because, Context, Escalation, Evidence, Moment, Phase, Routing, Status
from schemas.scored import CaseReference, Language
from schemas.times import rfc3339
from streams.core.catalogue import Catalogue
from streams.core.critical_events import OTHER
from streams.core.escalations import Escalated
from streams.core.incidents import Incident, Values
from streams.core.routes import Route
from streams.core.state import ConversationState
from streams.core.tally import main_language
from streams.core.texts import Spoken, spoken
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
        cause: message id + "@" + revision, event id, or deadline name + ":" + due time.
        time_ms: the conversation's clock.
        corrected: the turn that replaced an earlier revision, if that is the cause.
    """

    state: ConversationState
    catalogue: Catalogue
    cause: str
    time_ms: int
    corrected: Turn | None = None

    @property
    def language(self) -> Spoken:
        """The language that reasons are told in."""
        return spoken(main_language(self.state.now.tally))

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
            "case_refs": self._case_refs(),
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
        known = dict(values)
        if "event" in known:
            known["event"] = self._event_name(str(known["event"]))
        return self.catalogue.texts.because_line(code, known, self.language)

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
            "context": self._context(route.moments, route),
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
            context=self._context(escalation.moments, None),
            record_id=record_id(
                escalation.escalation_id, status, self.cause, escalation.reason, RULE_VERSION
            ),
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

    def _case_refs(self) -> tuple[CaseReference, ...]:
        return tuple(
            CaseReference(kind=case.kind, value=case.value, begin=case.begin, end=case.end)
            for case in self.state.now.tally.case_refs
        )

    def _event_name(self, name: str) -> str:
        if name == OTHER:
            return self.catalogue.texts.fact("other_event", {}, self.language)
        events = self.catalogue.critical.of(self.state.tenant, self.state.industry)
        return events[name].names[self.language] if name in events else name

    def _context(self, moments: tuple[str, ...], route: Route | None) -> Context:
        """What the next person must know. Health, bereavement and debt stay off it: private types only ask for care."""
        texts = self.catalogue.texts
        language = self.language
        now = self.state.now
        tally = now.tally
        lines: dict[str, None] = {}
        ends = []
        for incident in now.incidents:
            if incident.moment_id in moments:
                lines[self._public_line(incident)] = None
                if not incident.open:
                    ends.append(texts.line(incident.code, {}, language))
        facts: dict[str, Any] = {}
        if tally.intents:
            facts["intents"] = list(tally.intents)
        if now.service.transfers:
            facts["transfers"] = now.service.transfers
        expected = texts.topic(tally.topic, language) or None
        happened = None
        if route is not None and route.action == "handoff_to_human":
            facts["bad_answers"] = route.answers
            if route.reason == "explicit_request" and expected is None:
                expected = texts.fact("asked", {}, language)
            if route.answers:
                happened = texts.fact("bot_failed", {"answers": route.answers}, language)
            elif route.reason == "task_too_complex":
                happened = texts.fact("bot_gave_up", {}, language)
        elif ends:
            happened = "; ".join(dict.fromkeys(ends))
        case: dict[str, str | int] = {}
        if tally.case_refs:
            case = {"case": tally.case_refs[-1].value, "case_kind": tally.case_refs[-1].kind}
        head = texts.case(case, language) or (expected or "")
        told = "; ".join(lines) or (happened or "")
        summary = f"{head}: {told}" if head and told else head or told
        fields: dict[str, Any] = {
            "case_refs": self._case_refs(),
            "topic": tally.topic,
            "facts": facts,
            "summary": summary[:1].upper() + summary[1:],
        }
        if expected is not None:
            fields["expected"] = expected
        if happened is not None:
            fields["happened"] = happened
        return Context(**fields)

    def _public_line(self, incident: Incident) -> str:
        texts = self.catalogue.texts
        if self.catalogue.moments.rules[incident.type].private:
            return texts.fact("care", {}, self.language)
        values = dict(incident.values)
        if "event" in values:
            code = "critical_event"
            values["event"] = self._event_name(str(values["event"]))
        else:
            # The end of a moment is told as what happened; the line is what it was.
            code = incident.code if incident.open else incident.type
            values = {"turns": "", "answers": "", "times": ""} | values
        return texts.line(code, values, self.language)
