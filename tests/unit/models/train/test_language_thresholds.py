"""Thresholds of the language identifier are chosen by the stated criterion, and serving answers as chosen."""

from dataclasses import replace

import numpy as np
import pytest

from models.language import CLASSES, LanguageIdentifier, Thresholds
from models.train.language_thresholds import (
    ANSWERS,
    LARGEST_FALSE_MIXING,
    ChoosingRow,
    InfeasibleError,
    answers_of,
    choose,
    macro_f1,
    neutral,
    read_rows,
)

WORDS = {
    "hola": {"es": 40, "ca": 20},
    "quiero": {"es": 90},
    "ahora": {"es": 80},
    "vull": {"ca": 90},
    "ara": {"ca": 80},
    "want": {"en": 90},
    "agora": {"pt": 90},
    "voglio": {"it": 60, "es": 20},
    "nada": {"es": 30, "pt": 30},
}


def identifier(thresholds: Thresholds) -> LanguageIdentifier:
    weights = {f"<{word}>": np.array([logs.get(name, 0) for name in CLASSES], np.int32) for word, logs in WORDS.items()}
    return LanguageIdentifier(weights, np.zeros(len(CLASSES), np.int32), 1 / 24, thresholds)


ROWS = [
    ChoosingRow("hola quiero", "es", "written"),
    ChoosingRow("quiero ahora", "es", "umsab_es_val"),
    ChoosingRow("hola vull ara", "ca", "written"),
    ChoosingRow("vull quiero", "ca", "silver"),
    ChoosingRow("want", "en", "umsab_en_val"),
    ChoosingRow("agora nada", "pt", "umsab_pt_val"),
    ChoosingRow("voglio", "und", "umsab_it_val"),
    ChoosingRow("???", "und", "written"),
    ChoosingRow("nada", "und", "written"),
    ChoosingRow("quiero ahora vull ara", "mixed", "written"),
]


def test_what_can_be_told_apart_is_told_apart() -> None:
    rows = [row for row in ROWS if row.source != "silver"]
    choice = choose(identifier(neutral()), rows)
    assert choice.score == pytest.approx(1.0)
    chosen = identifier(choice.thresholds)
    assert [chosen.identify(row.text) for row in rows] == [row.answer for row in rows]


def test_serving_answers_as_the_choice_counted() -> None:
    read = read_rows(identifier(neutral()), ROWS)
    for thresholds in (
        Thresholds(2.0, -2.0, 0.55, 4.0, 2.0),
        Thresholds(1.0, 0.0, 0.8, 1.0, 0.5),
        choose(identifier(neutral()), ROWS).thresholds,
    ):
        serving = identifier(thresholds)
        for hint in (None, "es", "ca", "en", "pt"):
            counted = [ANSWERS[code] for code in answers_of(read, thresholds, hint)]
            # Without any evidence serving takes the hint at its word; that is no matter of thresholds.
            told = [(row, answer) for row, answer in zip(ROWS, counted, strict=True) if row.text != "???"]
            assert [serving.identify(row.text, hint=hint) for row, _ in told] == [answer for _, answer in told]


def test_false_mixing_is_limited_even_where_mixing_would_score_higher() -> None:
    tempting = [ChoosingRow("vull quiero", "mixed", "written")] * 50
    innocent = [ChoosingRow("quiero ahora", "es", "umsab_es_val")] * 90
    crossed = [ChoosingRow("vull quiero", "es", "umsab_es_val")] * 2
    with_one = choose(identifier(neutral()), [*ROWS, *tempting, *innocent])
    assert identifier(with_one.thresholds).identify("vull quiero") == "mixed"
    with_two = choose(identifier(neutral()), [*ROWS, *tempting, *innocent, *crossed])
    assert len(crossed) / (len(innocent) + len(crossed)) > LARGEST_FALSE_MIXING
    assert identifier(with_two.thresholds).identify("vull quiero") != "mixed"


def test_no_choice_is_made_where_the_limit_cannot_hold() -> None:
    rows = [ChoosingRow("quiero " * 10 + "vull " * 10, "es", "umsab_es_val")]
    with pytest.raises(InfeasibleError, match="answers mixed to more than 1%"):
        choose(identifier(neutral()), rows)


def test_equal_scores_go_to_the_thresholds_that_say_mixed_most_reluctantly() -> None:
    rows = [row for row in ROWS if row.answer != "mixed" and row.source != "silver"]
    thresholds = choose(identifier(neutral()), rows).thresholds
    assert (thresholds.switch_cost, thresholds.least_mixing_gain) == (8.0, 8.0)


def test_the_hint_weighs_as_much_as_it_may_without_misleading() -> None:
    clear = [ChoosingRow("quiero ahora quiero ahora", "es", "written")] * 10
    unclear = [ChoosingRow("hola hola nada nada", "es", "written")] * 10
    bold = choose(identifier(neutral()), clear).thresholds
    careful = choose(identifier(neutral()), [*clear, *unclear]).thresholds
    assert careful.hint_prior < bold.hint_prior
    assert identifier(careful).identify("hola hola nada nada", hint="ca") == "es"


def test_every_language_weighs_the_same_in_the_score() -> None:
    truth = np.array([ANSWERS.index(name) for name in ANSWERS for _ in range(2)])
    weight = np.full(len(truth), 0.5)
    answers = truth.copy()
    assert macro_f1(truth, answers, weight) == pytest.approx(1.0)
    answers[0] = ANSWERS.index("ca")
    # es: recall 1/2, precision 1: F1 2/3; ca: recall 1, precision 1/1.5: F1 4/5; the others 1.
    assert macro_f1(truth, answers, weight) == pytest.approx((2 / 3 + 4 / 5 + 4) / 6)


def test_neutral_thresholds_never_say_mixed() -> None:
    assert identifier(neutral()).identify("quiero ahora vull ara") != "mixed"
    assert identifier(replace(neutral(), least_mixing_gain=1.0)).identify("quiero ahora vull ara") == "mixed"
