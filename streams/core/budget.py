"""The alert budget (product.md M7): what readers have been told of routing and escalations, and what waits.

Moments are always published; the budget holds back routing and escalation records only, in event time, and never a
human_request, fraud or danger. What is held back is released when its cooldown ends, if it still stands.
"""

from typing import Literal, NamedTuple

from streams.core.moment_types import SeverityTerms
from streams.core.settings import Acting


class Told(NamedTuple):
    """The last record of one routing or escalation. `severity` is -1 while none has been published.

    `lane` is the action or target area; `held_until` is when the record that waits is released.
    """

    incident: str
    lane: str
    severity: int
    at_ms: int
    closed: bool
    held_until: int | None

    @property
    def published(self) -> bool:
        """Whether readers know of it."""
        return self.severity >= 0


class Verdict(NamedTuple):
    """Publish it, or hold it back for `reason` until `until_ms`."""

    publish: bool
    reason: Literal["cooldown", "hysteresis"] | None
    until_ms: int


_PUBLISH = Verdict(publish=True, reason=None, until_ms=0)


def verdict_of(
    told: tuple[Told, ...],
    incident: str,
    lane: str,
    *,
    severity: int,
    time_ms: int,
    acting: Acting,
    terms: SeverityTerms,
    urgent: bool,
) -> Verdict:
    """Whether a record on an open routing or escalation goes out now.

    The first record of an incident waits while the lane cools down from another one; later ones wait unless the
    severity has risen by the hysteresis or into a higher band.

    Args:
        urgent: a human_request or an event that is never held back.
    """
    if urgent or severity >= terms.danger:
        return _PUBLISH
    known = told_of(told, incident)
    if known is not None and known.published:
        free_ms = known.at_ms + acting.cooldown_ms
        rose = severity - known.severity >= acting.hysteresis or terms.band(severity) > terms.band(known.severity)
        if rose or time_ms >= free_ms:
            return _PUBLISH
        return Verdict(publish=False, reason="hysteresis", until_ms=free_ms)
    last_ms = max((each.at_ms for each in told if each.lane == lane and each.published), default=None)
    if last_ms is None or time_ms >= last_ms + acting.cooldown_ms:
        return _PUBLISH
    return Verdict(publish=False, reason="cooldown", until_ms=last_ms + acting.cooldown_ms)


def told_of(told: tuple[Told, ...], incident: str) -> Told | None:
    """What readers know of an incident."""
    for each in told:
        if each.incident == incident:
            return each
    return None


def with_told(told: tuple[Told, ...], changed: Told) -> tuple[Told, ...]:
    """The memory with one entry replaced or added."""
    return (*(each for each in told if each.incident != changed.incident), changed)


def pruned(told: tuple[Told, ...], alive: frozenset[str]) -> tuple[Told, ...]:
    """Keeps what the state still holds, and the latest of each lane, by which cooldown goes."""
    latest: dict[str, Told] = {}
    for each in told:
        if each.published and (each.lane not in latest or each.at_ms >= latest[each.lane].at_ms):
            latest[each.lane] = each
    return tuple(each for each in told if each.incident in alive or latest.get(each.lane) is each)


def earliest_release(told: tuple[Told, ...]) -> int | None:
    """When the next held record is due, in milliseconds."""
    return min((each.held_until for each in told if each.held_until is not None), default=None)
