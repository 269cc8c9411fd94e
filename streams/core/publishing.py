"""What changes between two analyses, as records: nothing that stays as it was is told again."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from schemas.identifiers import record_id
from schemas.outputs import Escalation, Phase, Routing, Status, Suppressed
from schemas.record import Record
from schemas.times import rfc3339
from schemas.topics import ESCALATIONS, MOMENTS, ROUTING, SUPPRESSED
from streams.core.analysis import Analysis
from streams.core.budget import Told, pruned, told_of, verdict_of, with_told
from streams.core.escalations import Escalated
from streams.core.incidents import Incident
from streams.core.records import RULE_VERSION, Writer
from streams.core.routes import Route
from streams.core.turn import Turn


@dataclass(frozen=True, slots=True)
class Output:
    """One record for one topic, keyed as the flow needs it."""

    topic: str
    key: str
    record: Record


def moment_changes(old: Analysis, new: Analysis, corrected: Turn | None) -> list[tuple[Incident, Phase]]:
    """Moments to tell, in the order in which they opened; `corrected` is the turn that was replaced, if one was."""
    known = {incident.moment_id: incident for incident in old.incidents}
    changes: list[tuple[Incident, Phase]] = []
    if corrected is not None:
        standing = {incident.moment_id for incident in new.incidents}
        changes.extend(
            (incident._replace(fired=corrected.seq, at_ms=corrected.at_ms, trigger=None), "retracted")
            for incident in old.incidents
            # What the new analysis no longer holds for want of room was not judged away.
            if incident.moment_id not in standing and incident.opened_seq > new.dropped
        )
    for incident in new.incidents:
        before = known.get(incident.moment_id)
        if before is None:
            if incident.opened_seq <= old.dropped:
                continue
            changes.append((incident._replace(phase="opened"), "opened"))
            if not incident.open:
                changes.append((incident, incident.phase))
        elif before != incident:
            changes.append((incident, "updated" if incident.open else incident.phase))
    return changes


@dataclass(slots=True)
class Publisher:
    """Collects what one cause makes known; `told` is the memory of the alert budget afterwards."""

    writer: Writer
    told: tuple[Told, ...]
    outputs: list[Output] = field(default_factory=list)

    def moments(self, old: Analysis) -> None:
        """Moments are always published."""
        if old.incidents is self.writer.state.now.incidents:
            return
        for incident, phase in moment_changes(old, self.writer.state.now, self.writer.corrected):
            self.put(MOMENTS, self.writer.moment(incident, phase))

    def acting(self, old: Analysis) -> None:
        """Routing and escalations that changed, as the budget allows."""
        new = self.writer.state.now
        if old.routes is not new.routes:
            self._routes(old, new)
        if old.escalations is not new.escalations:
            self._escalations(old, new)

    def release(self, time_ms: int) -> None:
        """Publishes what was held back until now, if it still stands."""
        now = self.writer.state.now
        standing = {route.routing_id: route for route in now.routes if route.open}
        escalated = {each.escalation_id: each for each in now.escalations if each.state == "open"}
        for held in self.told:
            if held.held_until is None or held.held_until > time_ms:
                continue
            if held.incident in standing:
                self._tell_route(standing[held.incident], "updated" if self._is_live(held.incident) else "raised")
            elif held.incident in escalated:
                self._tell_escalation(escalated[held.incident], "updated" if self._is_live(held.incident) else "raised")
            else:
                self.told = with_told(self.told, held._replace(held_until=None))

    def put(self, topic: str, record: Record) -> None:
        """One more output."""
        self.outputs.append(Output(topic, self.writer.state.conversation_id, record))

    def finish(self) -> tuple[Told, ...]:
        """The budget's memory without what nothing refers to any more."""
        now = self.writer.state.now
        alive = {route.routing_id for route in now.routes} | {
            escalation.escalation_id for escalation in now.escalations
        }
        # Every record of a stronger hand-off names what it supersedes.
        alive |= {route.supersedes for route in now.routes if route.supersedes is not None}
        return pruned(self.told, frozenset(alive))

    def _routes(self, old: Analysis, new: Analysis) -> None:
        known = {route.routing_id: route for route in old.routes}
        if self.writer.corrected is not None:
            standing = {route.routing_id for route in new.routes} | {route.supersedes for route in new.routes}
            for route in old.routes:
                if route.routing_id not in standing and self._is_live(route.routing_id):
                    self._tell_route(route._replace(open=False), "withdrawn")
        for route in new.routes:
            if known.get(route.routing_id) == route:
                continue
            if route.open:
                # The first hand-off is emitted at once, and so is a stronger one (A2), or one that a correction brings
                # back: only its updates may wait.
                is_new = route.routing_id not in known or not self._is_live(route.routing_id)
                at_once = route.action == "handoff_to_human" and is_new
                self._weigh(route.routing_id, route.action, route.severity, urgent=route.urgent or at_once, item=route)
            elif self._is_live(route.routing_id):
                self._tell_route(route, "resolved")
            else:
                self._forget_held(route.routing_id)

    def _escalations(self, old: Analysis, new: Analysis) -> None:
        known = {each.escalation_id: each for each in old.escalations}
        if self.writer.corrected is not None:
            standing = {each.escalation_id for each in new.escalations}
            for each in old.escalations:
                if each.escalation_id not in standing and self._is_live(each.escalation_id):
                    self._tell_escalation(each, "withdrawn")
        for each in new.escalations:
            if known.get(each.escalation_id) == each:
                continue
            if each.state == "open":
                self._weigh(each.escalation_id, each.area, each.severity, urgent=each.urgent, item=each)
            elif each.state == "over":
                # Nobody solved it: it is told even if it was held back until now.
                self._tell_escalation(each, "updated" if self._is_live(each.escalation_id) else "raised")
            elif self._is_live(each.escalation_id):
                self._tell_escalation(each, "resolved")
            else:
                self._forget_held(each.escalation_id)

    def _weigh(self, incident: str, lane: str, severity: int, *, urgent: bool, item: Route | Escalated) -> None:
        catalogue = self.writer.catalogue
        verdict = verdict_of(
            self.told,
            incident,
            lane,
            severity=severity,
            time_ms=self.writer.time_ms,
            acting=catalogue.acting,
            terms=catalogue.moments.severity,
            urgent=urgent,
        )
        status: Status = "updated" if self._is_live(incident) else "raised"
        if verdict.publish:
            if isinstance(item, Route):
                self._tell_route(item, status)
            else:
                self._tell_escalation(item, status)
            return
        record: Routing | Escalation
        if isinstance(item, Route):
            topic, record = ROUTING, self._routing(item, status)
        else:
            topic, record = ESCALATIONS, self.writer.escalation(item, status)
        known = told_of(self.told, incident)
        held = known or Told(incident, lane, -1, 0, closed=False, held_until=None)
        self.told = with_told(self.told, held._replace(held_until=verdict.until_ms))
        self.put(
            SUPPRESSED,
            Suppressed(
                record_id=record_id(
                    incident, f"suppressed {status}", self.writer.cause, verdict.reason or "", RULE_VERSION
                ),
                topic=topic,
                record=_plain(record),
                reason=verdict.reason or "cooldown",
                until=rfc3339(verdict.until_ms),
                at=rfc3339(self.writer.time_ms),
            ),
        )

    def _tell_route(self, route: Route, status: Status) -> None:
        self._remember(route.routing_id, route.action, route.severity, status)
        self.put(ROUTING, self._routing(route, status))

    def _routing(self, route: Route, status: Status) -> Routing:
        known = route.supersedes is not None and self._is_published(route.supersedes)
        return self.writer.routing(route, status, route.supersedes if known else None)

    def _tell_escalation(self, escalation: Escalated, status: Status) -> None:
        self._remember(escalation.escalation_id, escalation.area, escalation.severity, status)
        self.put(ESCALATIONS, self.writer.escalation(escalation, status))

    def _remember(self, incident: str, lane: str, severity: int, status: Status) -> None:
        self.told = with_told(
            self.told,
            Told(
                incident,
                lane,
                severity,
                self.writer.time_ms,
                closed=status in ("resolved", "withdrawn"),
                held_until=None,
            ),
        )

    def _forget_held(self, incident: str) -> None:
        known = told_of(self.told, incident)
        if known is not None and known.held_until is not None:
            self.told = with_told(self.told, known._replace(held_until=None))

    def _is_published(self, incident: str) -> bool:
        known = told_of(self.told, incident)
        return known is not None and known.published

    def _is_live(self, incident: str) -> bool:
        known = told_of(self.told, incident)
        return known is not None and known.published and not known.closed


def _plain(record: Record) -> dict[str, Any]:
    value: dict[str, Any] = orjson.loads(record.encode())
    return value
