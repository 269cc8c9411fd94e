"""product.md M3, formula peak-end/1."""

import pytest

from tests.conversations import Play


def summary(*valences: float, formulas: frozenset[int] = frozenset()) -> object:
    play = Play()
    play.agent(valence=-1.0)
    for index, valence in enumerate(valences):
        play.customer(valence=valence, cues=("formula",) if index in formulas else ())
    play.event("ended")
    return play.summaries[0]


@pytest.mark.parametrize(
    ("valences", "low", "high", "end", "composite"),
    [
        ((), None, None, None, None),
        ((0.0,), None, None, 0.0, 0.0),
        ((-0.8,), -0.8, None, -0.8, -0.8),
        ((-0.8, 0.2, 0.4), -0.8, 0.4, 0.3, -0.25),
        ((0.9, -0.3, 0.1), -0.3, 0.9, -0.1, 0.4),
        ((0.5, -0.5), -0.5, 0.5, 0.0, -0.25),
    ],
    ids=["nothing", "flat", "one turn", "negative peak", "positive peak", "ties: negative"],
)
def test_peak_end(
    valences: tuple[float, ...], low: float | None, high: float | None, end: float | None, composite: float | None
) -> None:
    """Lowest and highest customer valence (null if none below or above 0); end = the mean of the last two customer turns; composite = mean of end and the peak with the larger |value| (ties: negative)"""  # noqa: E501
    record = summary(*valences)
    assert (record.peak_negative.value if record.peak_negative else None) == low
    assert (record.peak_positive.value if record.peak_positive else None) == high
    assert (record.end, record.composite) == (end, composite)
    assert record.formula == "peak-end/1"


def test_formulas_are_no_end_but_may_be_a_peak() -> None:
    """End = the mean of the last two customer turns that are not formulas (null if none)"""
    record = summary(-0.6, -0.2, 0.3, formulas=frozenset({2}))
    assert record.end == -0.4
    assert record.peak_positive.value == 0.3


def test_one_of_them_alone_if_the_other_is_null() -> None:
    record = summary(0.3, formulas=frozenset({0}))
    assert (record.end, record.composite) == (None, 0.3)


def test_peaks_name_their_utterances() -> None:
    record = summary(-0.5, 0.1, -0.5)
    assert record.peak_negative.message_ids == ("m2", "m4")


def test_utterances_without_valence_or_on_which_the_scorer_abstains_do_not_count() -> None:
    play = Play()
    play.customer(valence=-1.0, abstain=True)
    play.customer(sentiment=None, intensity=None)
    play.event("ended")
    assert (play.summaries[0].peak_negative, play.summaries[0].composite) == (None, None)


def test_predicted_satisfaction_is_a_line_over_the_composite() -> None:
    assert summary(-1.0).predicted_csat == 1.0
    assert summary(0.0).predicted_csat == 3.0
    assert summary(0.5).predicted_csat == 4.0
    assert summary().predicted_csat is None
