from typing import Any

import pytest

from streams.runtime.judging import Detected, Judged, Moments, Opened, figures, judged, share
from streams.runtime.labelled import Labelled


def labelled(*moments: tuple[str, int, int], **more: Any) -> Labelled:
    return Labelled.from_value(
        {
            "id": "c1",
            "language": "ca",
            "channel": "webchat",
            "turns": [{"turn": turn, "role": "customer", "text": "..."} for turn in range(1, 10)],
            "moments": [{"type": name, "first_turn": first, "by_turn": by_turn} for name, first, by_turn in moments],
            "escalation": [],
            "handoff_reason": None,
            "case_refs": [],
        }
        | more
    )


def detected(*opened: tuple[Any, int], handoff: str | None = None, areas: str = "", case_refs: str = "") -> Detected:
    return Detected(
        tuple(Opened(name, turn) for name, turn in opened),
        handoff,
        frozenset(areas.split()),
        frozenset(case_refs.split()),
    )


def outcomes(case: Judged) -> list[tuple[str, int | None]]:
    return [(fate.outcome, fate.turn) for fate in case.fates]


@pytest.mark.parametrize(
    ("turn", "outcome"), [(2, "early"), (3, "in_time"), (4, "in_time"), (5, "in_time"), (6, "late")]
)
def test_in_time_is_from_the_first_turn_to_the_by_turn_inclusive(turn: int, outcome: str) -> None:
    case = judged(labelled(("anger_peak", 3, 5)), detected(("anger_peak", turn)))
    assert outcomes(case) == [(outcome, turn)]
    assert case.false_alarms == ()


def test_another_type_in_that_time_is_missed_and_a_false_alarm_but_something_was_said() -> None:
    case = judged(labelled(("anger_peak", 3, 5)), detected(("churn_risk", 4)))
    assert outcomes(case) == [("missed", None)]
    assert case.false_alarms == (Opened("churn_risk", 4),)
    assert case.fates[0].other


def test_an_opened_moment_counts_for_one_labelled_moment_only() -> None:
    case = judged(labelled(("anger_peak", 2, 2), ("anger_peak", 6, 7)), detected(("anger_peak", 6)))
    assert outcomes(case) == [("missed", None), ("in_time", 6)]


def test_an_early_opening_beside_one_in_time_is_a_false_alarm() -> None:
    case = judged(labelled(("delight", 5, 5)), detected(("delight", 1), ("delight", 5)))
    assert outcomes(case) == [("in_time", 5)]
    assert case.false_alarms == (Opened("delight", 1),)


@pytest.mark.parametrize(("name", "alarmed"), [("delight", False), ("recovery", False), ("churn_risk", True)])
def test_a_calm_conversation_is_alarmed_by_anything_but_delight_and_recovery(name: str, alarmed: bool) -> None:
    case = judged(labelled(), detected((name, 1)))
    assert case.calm
    assert case.alarmed is alarmed
    assert case.false_alarms == (Opened(name, 1),)  # type: ignore[arg-type]


def test_figures_add_up_by_type_and_language() -> None:
    sums = figures(
        [
            judged(
                labelled(("anger_peak", 1, 1), ("churn_risk", 1, 2), handoff_reason="negative_sentiment"),
                detected(("anger_peak", 1), ("churn_risk", 3), handoff="explicit_request"),
            ),
            judged(labelled(language="es"), detected(("anger_peak", 4))),
            judged(labelled(language="es"), detected()),
            judged(
                labelled(escalation=["supervisor", "retention"], case_refs=["1", "2"]),
                detected(areas="supervisor operations", case_refs="1 2 3"),
            ),
        ]
    )
    assert sums.moments == Moments(in_time=1, early=0, late=1, missed=0, false_alarms=1, other=2)
    assert sums.by_type["anger_peak"] == Moments(in_time=1, early=0, late=0, missed=0, false_alarms=1, other=1)
    assert sums.by_language["ca"].labelled == 2
    assert sums.by_language["es"].false_alarms == 1
    assert (sums.calm, sums.calm_alarmed) == (3, 1)
    assert sums.calm_by_language == {"ca": (0, 1), "es": (1, 2)}
    assert (sums.handoffs.right, sums.handoffs.missed, sums.handoffs.false) == (0, 1, 1)
    assert (sums.areas.right, sums.areas.missed, sums.areas.false) == (1, 1, 1)
    assert (sums.case_refs.right, sums.case_refs.missed, sums.case_refs.false) == (2, 0, 1)


def test_a_share_of_nothing_is_none() -> None:
    assert share(0, 0) is None
    assert share(1, 3) == 0.3333
