"""Routing as it stands in the state: hand-off from a bot (product.md A2) and routing to the right people (A1, A3)."""

from typing import Final, Literal, NamedTuple

from streams.core.incidents import Incident, Scope
from streams.core.service import Service, person_answers, waiting_minutes
from streams.core.turn import Happening, Turn

FINISHED_KEPT: Final = 6
_MOMENTS_KEPT: Final = 12


class Route(NamedTuple):
    """One routing incident; `rank` is the strength of a hand-off's reason, 0 the strongest."""

    routing_id: str
    action: Literal["route", "handoff_to_human"]
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
    if not opening and not now.beyond_bot and not any(route.open for route in routes):
        return routes
    routes = _handoff(scope, routes, opening, entry, before, now)
    return _trimmed(_route(scope, routes, opening, entry, now))


def closed_routes(routes: Routes) -> Routes:
    """When the contact is over there is nothing left to route."""
    return tuple(route._replace(open=False) if route.open else route for route in routes)


def _handoff(
    scope: Scope,
    routes: Routes,
    opening: list[Incident],
    entry: Turn | Happening,
    before: Service,
    now: Service,
) -> Routes:
    active = next((route for route in routes if route.open and route.action == "handoff_to_human"), None)
    if active is not None and person_answers(before, entry):
        return _put(routes, active._replace(open=False))
    transferred = isinstance(entry, Happening) and entry.kind == "transferred" and before.speaker == "bot"
    bot = now.speaker == "bot"
    strongest = None
    for rank, each in enumerate(scope.catalogue.acting.handoff):
        giving = [incident for incident in opening if incident.type in each.moments]
        if (giving and bot) or (not each.moments and ((bot and now.beyond_bot) or transferred)):
            strongest = rank, each.reason, giving
            break
    if strongest is not None and (active is None or strongest[0] < active.rank):
        rank, reason, giving = strongest
        new = _described(
            scope,
            Route(
                routing_id=scope.name(f"handoff_to_human{reason}", _opener(entry)),
                action="handoff_to_human",
                reason=reason,
                rank=rank,
                open=True,
                opened_seq=entry.seq,
                supersedes=active.routing_id if active is not None else None,
                severity=-1,
                priority=0,
                moments=(),
                skills=(),
                department=None,
                freedom=False,
                urgent=reason == "explicit_request",
                answers=0,
            ),
            giving,
            entry,
            now,
        )
        # The superseded record ends by being superseded; it gets no record of its own.
        return (*(route for route in routes if route is not active), new)
    if active is None:
        return routes
    moments = scope.catalogue.acting.handoff[active.rank].moments
    giving = [incident for incident in opening if incident.type in moments]
    if moments and not giving:
        return _put(routes, active._replace(open=False))
    return _put(routes, _described(scope, active, giving, entry, now))


def _route(
    scope: Scope, routes: Routes, opening: list[Incident], entry: Turn | Happening, now: Service
) -> Routes:
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
        active = Route(
            routing_id=scope.name(f"route{leading.type}", _opener(entry)),
            action="route",
            reason=leading.type,
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
        return (*routes, _described(scope, active, giving, entry, now))
    return _put(routes, _described(scope, active, giving, entry, now))


def _described(
    scope: Scope, route: Route, giving: list[Incident], entry: Turn | Happening, now: Service
) -> Route:
    """The route with what its open moments ask for. It changes only when they do, not with every minute of waiting."""
    acting = scope.catalogue.acting
    rules = scope.catalogue.moments.rules
    severity = max((incident.severity for incident in giving), default=0)
    moments = tuple(incident.moment_id for incident in giving)[:_MOMENTS_KEPT]
    if (severity, moments, now.bad_answers) == (route.severity, route.moments, route.answers):
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
        answers=now.bad_answers,
    )


def _opener(entry: Turn | Happening) -> str:
    return entry.message_id if isinstance(entry, Turn) else entry.event_id


def _put(routes: Routes, changed: Route) -> Routes:
    return tuple(changed if route.routing_id == changed.routing_id else route for route in routes)


def _trimmed(routes: Routes) -> Routes:
    finished = [route for route in routes if not route.open]
    if len(finished) <= FINISHED_KEPT:
        return routes
    dropped = finished[: len(finished) - FINISHED_KEPT]
    return tuple(route for route in routes if route not in dropped)
