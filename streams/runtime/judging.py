"""How well the detector reads labelled conversations: arithmetic only.

A moment is *in time* if one of its type opens from its `first_turn` to its `by_turn`, both included; *early* or *late*
if one opens only before or after; else *missed*. What opens and belongs to no labelled moment is a *false alarm*. A
calm conversation, one without any labelled moment, is *alarmed* by any moment but delight and recovery.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from schemas.outputs import MomentType
from streams.runtime.labelled import Expected, Labelled

Outcome = Literal["in_time", "early", "late", "missed"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("in_time", "early", "late", "missed")
_CLAIMS: Final[tuple[Outcome, ...]] = ("in_time", "late", "early")
_MISSED: Final[tuple[Outcome, None]] = ("missed", None)
NO_ALARM: Final = frozenset({"delight", "recovery"})


@dataclass(frozen=True, slots=True)
class Opened:
    """A moment that the detector opened, and at which turn."""

    type: MomentType
    turn: int


@dataclass(frozen=True, slots=True)
class Detected:
    """What the detector made of a conversation; `handoff` is the strongest reason that it gave."""

    opened: tuple[Opened, ...]
    handoff: str | None
    areas: frozenset[str]
    case_refs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a labelled moment.

    Attributes:
        turn: where the moment of its type opened that was taken for it.
        other: whether a moment of any type opened in its time.
    """

    expected: Expected
    outcome: Outcome
    turn: int | None
    other: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """One conversation, labels and detector side by side."""

    labels: Labelled
    detected: Detected
    fates: tuple[Fate, ...]
    false_alarms: tuple[Opened, ...]

    @property
    def calm(self) -> bool:
        """Whether nothing at all is labelled in it."""
        return not self.labels.moments

    @property
    def alarmed(self) -> bool:
        """Whether any moment opened but delight and recovery."""
        return any(opened.type not in NO_ALARM for opened in self.detected.opened)


def judged(labels: Labelled, detected: Detected) -> Judged:
    """The conversation with each opened moment given to at most one labelled moment of its type."""
    left = sorted(detected.opened, key=lambda opened: opened.turn)
    taken: dict[int, tuple[Outcome, int]] = {}
    # Who is in time comes first, so that an early or late one never takes what is another's.
    for outcome in _CLAIMS:
        for index, expected in enumerate(labels.moments):
            fitting = next((each for each in left if _outcome(expected, each) == outcome), None)
            if index not in taken and fitting is not None:
                left.remove(fitting)
                taken[index] = (outcome, fitting.turn)
    fates = []
    for index, expected in enumerate(labels.moments):
        became, turn = taken.get(index, _MISSED)
        other = any(expected.first_turn <= each.turn <= expected.by_turn for each in detected.opened)
        fates.append(Fate(expected, became, turn, other))
    return Judged(labels, detected, tuple(fates), tuple(left))


def _outcome(expected: Expected, opened: Opened) -> Outcome | None:
    if opened.type != expected.type:
        return None
    if opened.turn < expected.first_turn:
        return "early"
    return "in_time" if opened.turn <= expected.by_turn else "late"


@dataclass(frozen=True, slots=True)
class Moments:
    """Counts of labelled moments by what became of them, and of false alarms."""

    in_time: int
    early: int
    late: int
    missed: int
    false_alarms: int
    other: int

    @property
    def labelled(self) -> int:
        """How many are labelled."""
        return self.in_time + self.early + self.late + self.missed


@dataclass(frozen=True, slots=True)
class Found:
    """Labels of a set found, not found, and found without being there."""

    right: int
    missed: int
    false: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What all conversations come to; `share` gives rates."""

    conversations: int
    moments: Moments
    by_type: dict[str, Moments]
    by_language: dict[str, Moments]
    calm: int
    calm_alarmed: int
    calm_by_language: dict[str, tuple[int, int]]
    handoffs: Found
    areas: Found
    case_refs: Found


def figures(all_judged: Sequence[Judged]) -> Figures:
    """Sums over conversations; types and languages in alphabetical order, only those that occur.

    A hand-off with a wrong reason is one missed and one false.
    """
    types = sorted(
        {fate.expected.type for each in all_judged for fate in each.fates}
        | {alarm.type for each in all_judged for alarm in each.false_alarms}
    )
    languages = sorted({each.labels.language for each in all_judged})
    calm = [each for each in all_judged if each.calm]
    return Figures(
        conversations=len(all_judged),
        moments=_moments(all_judged),
        by_type={name: _moments(all_judged, name) for name in types},
        by_language={name: _moments(_speaking(all_judged, name)) for name in languages},
        calm=len(calm),
        calm_alarmed=sum(each.alarmed for each in calm),
        calm_by_language={
            name: (sum(each.alarmed for each in _speaking(calm, name)), len(_speaking(calm, name)))
            for name in languages
        },
        handoffs=_found((_one(each.labels.handoff_reason), _one(each.detected.handoff)) for each in all_judged),
        areas=_found((frozenset(each.labels.escalation), each.detected.areas) for each in all_judged),
        case_refs=_found((frozenset(each.labels.case_refs), each.detected.case_refs) for each in all_judged),
    )


def share(part: int, whole: int) -> float | None:
    """Part of whole, rounded to 4 decimals; None of nothing."""
    return round(part / whole, 4) if whole else None


def _speaking(all_judged: Iterable[Judged], language: str) -> list[Judged]:
    return [each for each in all_judged if each.labels.language == language]


def _one(label: str | None) -> frozenset[str]:
    return frozenset() if label is None else frozenset({label})


def _fates(all_judged: Iterable[Judged], name: str | None) -> Iterator[Fate]:
    for each in all_judged:
        yield from (fate for fate in each.fates if name is None or fate.expected.type == name)


def _moments(all_judged: Sequence[Judged], name: str | None = None) -> Moments:
    fates = list(_fates(all_judged, name))
    counts = {outcome: sum(fate.outcome == outcome for fate in fates) for outcome in OUTCOMES}
    return Moments(
        **counts,
        false_alarms=sum(name is None or alarm.type == name for each in all_judged for alarm in each.false_alarms),
        other=sum(fate.other for fate in fates),
    )


def _found(pairs: Iterable[tuple[frozenset[str], frozenset[str]]]) -> Found:
    right = missed = false = 0
    for labelled, detected in pairs:
        right += len(labelled & detected)
        missed += len(labelled - detected)
        false += len(detected - labelled)
    return Found(right, missed, false)
