"""Which moments an utterance or a journey event opens, updates and ends (product.md M1 and Phases)."""

from typing import Final

from streams.core.clauses import any_holds
from streams.core.endings import NEED_A_PERSON, Incidents
from streams.core.incidents import Incident, Scope, Values, chosen_event, finished, opened, updated
from streams.core.moment_types import MomentRule
from streams.core.service import Service
from streams.core.severity import severity_of
from streams.core.tally import Tally, count_of
from streams.core.turn import Happening, Turn

# What a customer who is won back leaves behind, besides what thanks and acceptance end.
_ANGER: Final = frozenset({"anger_peak", "frustration_buildup"})


def after_customer_turn(
    scope: Scope,
    incidents: Incidents,
    turn: Turn,
    *,
    before: Tally,
    tally: Tally,
    service: Service,
    seen: frozenset[str],
) -> Incidents:
    """The incidents after a customer turn.

    Args:
        before: the tally before the turn.
        tally: the tally after it.
        service: the service after it.
        seen: types that have been opened in this conversation.
    """
    if not turn.personal:
        return incidents
    now: dict[str, Incident] = {incident.type: incident for incident in incidents if incident.open}
    done: list[Incident] = []
    if turn.final:
        _lose(scope, turn, tally, now, done)
    touched: set[str] = {incident.type for incident in done}
    vulnerable = "vulnerable_customer" in seen
    won_back = False
    for rule in scope.catalogue.moments.rules.values():
        if rule.type in touched or not (turn.final or rule.partial):
            continue
        known = now.get(rule.type)
        if not _evidence(rule, turn, service, known):
            continue
        event = chosen_event(scope, known, turn) if rule.critical else None
        code, values = _because(rule, turn, tally, service, event=event, vulnerable=vulnerable)
        if known is not None:
            if rule.before_intensity is None or "anger_peak" not in touched:
                now[rule.type] = updated(
                    scope, rule, known, turn, tally, vulnerable=vulnerable, code=code, values=values
                )
                touched.add(rule.type)
        elif _in_order(rule, before, tally, seen, touched):
            earlier = count_of(before.counted_seqs, rule.type) if rule.turns > 1 else None
            now[rule.type] = opened(
                scope,
                rule,
                turn,
                tally,
                turn,
                vulnerable=vulnerable,
                code=code,
                values=values,
                earlier=() if earlier is None else (earlier,),
            )
            touched.add(rule.type)
        vulnerable = vulnerable or rule.type == "vulnerable_customer"
        won_back = won_back or (rule.type == "recovery" and "recovery" in touched)
    _sour(scope, turn, tally, now, done, touched=touched)
    if turn.final:
        _accept(scope, turn, tally, now, done, touched=touched, won_back=won_back)
    _weigh(scope, turn, tally, now, vulnerable=vulnerable)
    return _merged(incidents, now, done)


def _merged(incidents: Incidents, now: dict[str, Incident], done: list[Incident]) -> Incidents:
    changed = {incident.moment_id: incident for incident in (*now.values(), *done)}
    known = {incident.moment_id for incident in incidents}
    return (
        *(changed.get(incident.moment_id, incident) for incident in incidents),
        *(incident for incident in changed.values() if incident.moment_id not in known),
    )


def _evidence(rule: MomentRule, turn: Turn, service: Service, known: Incident | None) -> bool:
    if rule.critical:
        return turn.event is not None
    if rule.bad_answers is not None:
        if service.speaker != "bot" or service.bad_answers < rule.bad_answers:
            return False
        return known is None or dict(known.values).get("answers") != service.bad_answers
    return any_holds(rule.when, turn)


def _in_order(rule: MomentRule, before: Tally, tally: Tally, seen: frozenset[str], touched: set[str]) -> bool:
    """Whether what came before allows the type to open."""
    if rule.turns > 1 and count_of(tally.counts, rule.type) < rule.turns:
        return False
    if rule.before_intensity is not None and (before.strongest >= rule.before_intensity or "anger_peak" in touched):
        return False
    if rule.after is not None and rule.after not in seen:
        return False
    return rule.not_after is None or (rule.not_after not in seen and rule.not_after not in touched)


def _because(  # noqa: PLR0911  # one reason a type
    rule: MomentRule, turn: Turn, tally: Tally, service: Service, *, event: str | None, vulnerable: bool
) -> tuple[str, Values]:
    """The reason's code and values; the case comes first where one is known."""
    case: Values = ()
    if tally.case_refs:
        last = tally.case_refs[-1]
        case = (("case", last.value), ("case_kind", last.kind))
        if tally.topic is not None:
            case = (*case, ("topic", tally.topic))
    match rule.type:
        case "churn_risk" if turn.has_cue("leaving_confirmed"):
            return "churn_confirmed", case
        case "reputation_risk":
            legal = turn.has_intent("legal_or_regulator_threat")
            return ("reputation_legal" if legal else "reputation_public"), case
        case "critical_event":
            code = "critical_event_vulnerable" if vulnerable else "critical_event"
            return code, (*case, ("event", event or ""))
        case "frustration_buildup":
            return rule.type, (*case, ("turns", count_of(tally.counts, rule.type)))
        case "bot_failure":
            return rule.type, (*case, ("answers", service.bad_answers))
        case "unresolved_repeat" if tally.times:
            code = f"unresolved_repeat_{tally.times}" if tally.times <= 3 else "unresolved_repeat_counted"
            return code, (*case, ("times", tally.times))
        case _:
            return rule.type, case


def _lose(scope: Scope, turn: Turn, tally: Tally, now: dict[str, Incident], done: list[Incident]) -> None:
    """Lost: the customer confirms leaving, or files what was announced."""
    rules = scope.catalogue.moments.rules
    leaves = any_holds(scope.catalogue.moments.leaves, turn)
    for name, incident in list(now.items()):
        if rules[name].polarity != "negative":
            continue
        if leaves or (turn.filed and name == "reputation_risk"):
            code = "lost_left" if leaves else "lost_filed"
            done.append(finished(incident, "lost", code, turn, tally))
            del now[name]


def _sour(
    scope: Scope, turn: Turn, tally: Tally, now: dict[str, Incident], done: list[Incident], *, touched: set[str]
) -> None:
    """Closed: what it must not come after has come, such as anger after delight."""
    for name, incident in list(now.items()):
        if scope.catalogue.moments.rules[name].not_after in touched:
            done.append(finished(incident, "closed", "closed_anger", turn, tally))
            del now[name]


def _accept(
    scope: Scope,
    turn: Turn,
    tally: Tally,
    now: dict[str, Incident],
    done: list[Incident],
    *,
    touched: set[str],
    won_back: bool,
) -> None:
    """Recovered: the customer accepts or thanks, and brings no new evidence of the same."""
    accepts = any_holds(scope.catalogue.moments.accepts, turn)
    if not accepts and not won_back:
        return
    rules = scope.catalogue.moments.rules
    for name, incident in list(now.items()):
        if rules[name].polarity != "negative" or name in touched or name in NEED_A_PERSON:
            continue
        if accepts or name in _ANGER:
            done.append(finished(incident, "recovered", "recovered_accepted", turn, tally))
            del now[name]


def _weigh(scope: Scope, turn: Turn, tally: Tally, now: dict[str, Incident], *, vulnerable: bool) -> None:
    """Stakes, failed contacts and vulnerability told later weigh on what is open.

    They are no ground of it: the words that made it stay its evidence.
    """
    types = scope.catalogue.moments
    for name, incident in now.items():
        rule = types.rules[name]
        severity = severity_of(
            rule,
            types.severity,
            incident.intensity,
            stakes=tally.stakes,
            repeat=tally.repeat,
            vulnerable=vulnerable,
        )
        if severity == incident.severity:
            continue
        if incident.fired == turn.seq:
            now[name] = incident._replace(severity=severity)
        elif rule.polarity == "negative":
            code = "critical_event_vulnerable" if rule.critical and vulnerable else incident.opened_code
            now[name] = incident._replace(
                phase="updated",
                severity=severity,
                at_ms=turn.at_ms,
                opened_code=code,
                code=code,
                degraded=incident.degraded or turn.degraded,
            )


def after_button(scope: Scope, incidents: Incidents, happening: Happening, tally: Tally) -> Incidents:
    """A journey event that itself opens a moment: the button for a person."""
    for rule in scope.catalogue.moments.rules.values():
        if rule.button != happening.kind:
            continue
        for index, incident in enumerate(incidents):
            if incident.open and incident.type == rule.type:
                again = incident._replace(
                    phase="updated", fired=tally.last_seq, at_ms=happening.at_ms, trigger=happening.kind
                )
                return (*incidents[:index], again, *incidents[index + 1 :])
        values: Values = ()
        if tally.case_refs:
            values = (("case", tally.case_refs[-1].value), ("case_kind", tally.case_refs[-1].kind))
        moment = opened(scope, rule, happening, tally, None, vulnerable=False, code="human_button", values=values)
        return (*incidents, moment)
    return incidents
