"""What the next person must know, so that nobody asks twice (product.md A2).

Health, bereavement and debt stay off it: a private type of moment or critical event only asks for care, and neither its
words nor its intents nor its topic are told.
"""

from dataclasses import dataclass
from typing import Any

from schemas.outputs import Context
from schemas.scored import CaseReference
from streams.core.catalogue import Catalogue
from streams.core.critical_events import OTHER
from streams.core.incidents import Incident
from streams.core.routes import Route
from streams.core.state import ConversationState
from streams.core.tally import main_language
from streams.core.texts import Spoken, spoken


@dataclass(frozen=True, slots=True)
class Teller:
    """Puts a conversation into words, in its own language."""

    state: ConversationState
    catalogue: Catalogue

    @property
    def language(self) -> Spoken:
        """The language that reasons are told in."""
        return spoken(main_language(self.state.now.tally))

    def case_refs(self) -> tuple[CaseReference, ...]:
        """The cases named so far, the last one at the end."""
        return tuple(
            CaseReference(kind=case.kind, value=case.value, begin=case.begin, end=case.end)
            for case in self.state.now.tally.case_refs
        )

    def event_name(self, name: str) -> str:
        """A critical event by its name in the conversation's language."""
        if name == OTHER:
            return self.catalogue.texts.fact("other_event", {}, self.language)
        events = self.catalogue.critical.of(self.state.tenant, self.state.industry)
        return events[name].names[self.language] if name in events else name

    def _is_private(self, event: str | None) -> bool:
        events = self.catalogue.critical.of(self.state.tenant, self.state.industry)
        return event is not None and event in events and events[event].private

    def context(self, moments: tuple[str, ...], route: Route | None) -> Context:
        """The context of a routing (`route`) or escalation record with these moments."""
        tally = self.state.now.tally
        concerned = [incident for incident in self.state.now.incidents if incident.moment_id in moments]
        handoff = route if route is not None and route.action == "handoff_to_human" else None
        expected = self._expected(handoff)
        happened = self._happened(handoff, concerned)
        facts: dict[str, Any] = {}
        if tally.intents:
            facts["intents"] = list(tally.intents)
        if self.state.now.service.transfers:
            facts["transfers"] = self.state.now.service.transfers
        if handoff is not None:
            facts["bad_answers"] = handoff.answers
        fields: dict[str, Any] = {
            "case_refs": self.case_refs(),
            "topic": tally.topic,
            "facts": facts,
            "summary": self._summary(concerned, expected, happened),
        }
        if expected is not None:
            fields["expected"] = expected
        if happened is not None:
            fields["happened"] = happened
        return Context(**fields)

    def _expected(self, handoff: Route | None) -> str | None:
        topic = self.catalogue.texts.topic(self.state.now.tally.topic, self.language)
        if not topic and handoff is not None and handoff.reason == "explicit_request":
            return self.catalogue.texts.fact("asked", {}, self.language)
        return topic or None

    def _happened(self, handoff: Route | None, concerned: list[Incident]) -> str | None:
        texts = self.catalogue.texts
        if handoff is not None:
            if handoff.answers:
                return texts.fact("bot_failed", {"answers": handoff.answers}, self.language)
            return texts.fact("bot_gave_up", {}, self.language) if handoff.reason == "task_too_complex" else None
        ends = [texts.line(incident.code, {}, self.language) for incident in concerned if not incident.open]
        return "; ".join(dict.fromkeys(ends)) or None

    def _summary(self, concerned: list[Incident], expected: str | None, happened: str | None) -> str:
        """Case context first, then what it is about."""
        tally = self.state.now.tally
        case: dict[str, str | int] = {}
        if tally.case_refs:
            case = {"case": tally.case_refs[-1].value, "case_kind": tally.case_refs[-1].kind}
            if tally.topic is not None:
                case["topic"] = tally.topic
        head = self.catalogue.texts.case(case, self.language) or expected or ""
        told = "; ".join(dict.fromkeys(map(self._line, concerned))) or happened or ""
        summary = f"{head}: {told}" if head and told else head or told
        return summary[:1].upper() + summary[1:]

    def _line(self, incident: Incident) -> str:
        texts = self.catalogue.texts
        if self.catalogue.moments.rules[incident.type].private or self._is_private(incident.event):
            return texts.fact("care", {}, self.language)
        values = dict(incident.values)
        code = incident.opened_code
        if "event" in values:
            # That the customer is vulnerable stays off it too.
            code = "critical_event"
            values["event"] = self.event_name(str(values["event"]))
        return texts.line(code, values, self.language)
