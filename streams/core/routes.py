"""Routing as it stands in the state: hand-off from a bot (product.md A2) and routing to the right people (A1, A3)."""

from typing import Final, Literal, NamedTuple

from streams.core.incidents import Incident, Scope
from streams.core.service import Service, person_answers, waiting_minutes
from streams.core.turn import Happening, Turn

FINISHED_KEPT: Final = 6
_MOMENTS_KEPT: Final = 12


Action = Literal["route", "handoff_to_human"]


class Route(NamedTuple):
    """One routing incident; `rank` is the strength of a hand-off's reason, 0 the strongest."""

    routing_id: str
    action: Action
    reason: str
    rank: int
    open: bool
    opened_seq: int
    supersedes: str | None
    severity: int
    priority: int
    moments: tuple[str, ...]
    skills: tuple[str, ...]
    department: str | None
    freedom: bool
    urgent: bool
    answers: int


Routes = tuple[Route, ...]


def routes_after(
    scope: Scope,
    routes: Routes,
    incidents: tuple[Incident, ...],
    entry: Turn | Happening,
    *,
    before: Service,
    now: Service,
) -> Routes:
    """The routes after an utterance or journey event.

    Args:
        incidents: the moments after it.
        before: the service before it.
        now: the service after it.
    """
    opening = [incident for incident in incidents if incident.open]
    passed_on = isinstance(entry, Happening) and entry.kind == "transferred" and before.speaker == "bot"
    beyond_bot = passed_on or (now.speaker == "bot" and now.beyond_bot)
    if not opening and not beyond_bot and not any(route.open for route in routes):
        return routes
    active = next((route for route in routes if route.open and route.action == "handoff_to_human"), None)
    if active is not None and person_answers(before, entry):
        routes = _put(routes, active._replace(open=False))
    else:
        bot = now.speaker == "bot"
        reason = _reason(scope, opening if bot else [], beyond_bot=beyond_bot)
        routes = _handoff(scope, routes, active, reason, opening=opening, entry=entry, now=now)
    return _trimmed(_route(scope, routes, opening, entry, now))


def closed_routes(routes: Routes) -> Routes:
    """When the contact is over there is nothing left to route."""
    return tuple(route._replace(open=False) if route.open else route for route in routes)


def _reason(scope: Scope, opening: list[Incident], *, beyond_bot: bool) -> tuple[int, str] | None:
    """The strongest reason to hand over, with its rank; `opening` are the open moments while the bot speaks."""
    types = {incident.type for incident in opening}
    for rank, each in enumerate(scope.catalogue.acting.handoff):
        if (each.moments and not types.isdisjoint(each.moments)) or (not each.moments and beyond_bot):
            return rank, each.reason
    return None


def _handoff(
    scope: Scope,
    routes: Routes,
    active: Route | None,
    reason: tuple[int, str] | None,
    *,
    opening: list[Incident],
    entry: Turn | Happening,
    now: Service,
) -> Routes:
    """The first reason in time is emitted at once, a stronger one later supersedes it."""
    if reason is not None and (active is None or reason[0] < active.rank):
        fresh = _fresh(scope, "handoff_to_human", reason[1], entry)._replace(
            rank=reason[0], supersedes=active.routing_id if active is not None else None
        )
        # The superseded record ends by being superseded; it gets no record of its own.
        others = tuple(route for route in routes if route is not active)
        return (*others, _described(scope, fresh, _carried(scope, fresh, opening), entry, now))
    if active is None:
        return routes
    moments = scope.catalogue.acting.handoff[active.rank].moments
    if moments and not any(incident.type in moments for incident in opening):
        return _put(routes, active._replace(open=False))
    return _put(routes, _described(scope, active, _carried(scope, active, opening), entry, now))


def _fresh(scope: Scope, action: Action, reason: str, entry: Turn | Happening) -> Route:
    opener = entry.message_id if isinstance(entry, Turn) else entry.event_id
    return Route(
        routing_id=scope.name(f"{action} {reason}", opener),
        action=action,
        reason=reason,
        rank=0,
        open=True,
        opened_seq=entry.seq,
        supersedes=None,
        severity=-1,
        priority=0,
        moments=(),
        skills=(),
        department=None,
        freedom=False,
        urgent=False,
        answers=0,
    )


def _carried(scope: Scope, handoff: Route, opening: list[Incident]) -> list[Incident]:
    """What the person who takes over must know: the moments that give the reason, then all other negative ones."""
    reason = scope.catalogue.acting.handoff[handoff.rank].moments
    rules = scope.catalogue.moments.rules
    return [
        *(each for each in opening if each.type in reason),
        *(each for each in opening if each.type not in reason and rules[each.type].polarity == "negative"),
    ]


def _route(scope: Scope, routes: Routes, opening: list[Incident], entry: Turn | Happening, now: Service) -> Routes:
    active = next((route for route in routes if route.open and route.action == "route"), None)
    routed = scope.catalogue.acting.routed
    handed = any(route.open and route.action == "handoff_to_human" for route in routes)
    giving = [
        incident
        for incident in opening
        if incident.type in routed
        # A request for a person is routed where no bot has to hand over.
        or (incident.type == "human_request" and now.speaker != "bot" and not handed)
    ]
    if not giving:
        return routes if active is None else _put(routes, active._replace(open=False))
    if active is None:
        leading = max(giving, key=lambda incident: incident.severity)
        active = _fresh(scope, "route", leading.type, entry)
        return (*routes, _described(scope, active, giving, entry, now))
    return _put(routes, _described(scope, active, giving, entry, now))


def _described(scope: Scope, route: Route, giving: list[Incident], entry: Turn | Happening, now: Service) -> Route:
    """The route with what its open moments ask for. It changes only when they do, not with every minute of waiting."""
    acting = scope.catalogue.acting
    rules = scope.catalogue.moments.rules
    severity = max((incident.severity for incident in giving), default=0)
    moments = tuple(incident.moment_id for incident in giving)[:_MOMENTS_KEPT]
    answers = now.bad_answers if route.action == "handoff_to_human" else 0
    if (severity, moments, answers) == (route.severity, route.moments, route.answers):
        return route
    by_severity = sorted(giving, key=lambda incident: -incident.severity)
    waiting = min(acting.waiting_limit, acting.per_waiting_minute * waiting_minutes(now, entry.time_ms))
    return route._replace(
        severity=severity,
        priority=min(100, severity + waiting),
        moments=moments,
        skills=tuple(sorted({skill for incident in giving for skill in rules[incident.type].skills})),
        department=next((incident.area for incident in by_severity if incident.area is not None), None),
        freedom=severity >= acting.freedom_severity
        or any(incident.type in acting.freedom_moments for incident in giving),
        urgent=route.reason == "explicit_request" or any(incident.urgent for incident in giving),
        answers=answers,
    )


def _put(routes: Routes, changed: Route) -> Routes:
    return tuple(changed if route.routing_id == changed.routing_id else route for route in routes)


def _trimmed(routes: Routes) -> Routes:
    finished = [route for route in routes if not route.open]
    if len(finished) <= FINISHED_KEPT:
        return routes
    dropped = finished[: len(finished) - FINISHED_KEPT]
    return tuple(route for route in routes if route not in dropped)
