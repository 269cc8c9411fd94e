"""The written rows' test split, per language and per industry: every head that the guide labels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.combination import likely_intensity
from models.evaluate.judge import Judge, present, sentiments
from models.evaluate.metrics import calibration_error, confusion, f1, label_f1, macro_f1
from models.evaluate.mistakes import worst
from models.evaluate.public_sets import Result
from models.evaluate.twice import by_first, read_twice
from models.train.label_maps import LABELS
from models.train.rows import Example, read_written
from schemas.labels import SENTIMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from models.protocol import HeadScores

LANGUAGES: Final = ("es", "ca", "en", "pt", "mixed")
CLEAR: Final = 2
"""Intensity from which a feeling is clear."""
SENTIMENT: Final = "service sentiment macro-F1"
INTENSITY: Final = "intensity >= 2 F1"


def measure_own(folder: Path, judge: Judge, split: str = "test") -> list[Result]:
    """Lines per language, over all and per industry; [] when there are no written rows in the folder."""
    # Agents' turns of written conversations are labelled by cues only.
    pairs = [pair for pair in read_written(folder)[split] if "sentiment_service" in pair[1].classes]
    twice = read_twice(folder)
    results: list[Result] = []
    for language in LANGUAGES:
        chosen = [pair for pair in pairs if pair[1].language == language]
        if chosen:
            judge.scores([example.text for _, example in chosen], language)  # as one batch; later asked for one by one
            results += _measure(f"own_{language}", chosen, judge, twice)
    known = [pair for pair in pairs if pair[1].language in LANGUAGES]
    if known:
        results += _measure("own_all", known, judge, twice)
        results += _by_industry(known, judge)
    return results


def _by_industry(pairs: Sequence[tuple[dict[str, Any], Example]], judge: Judge) -> list[Result]:
    results: list[Result] = []
    for industry in sorted({str(row["industry"]) for row, _ in pairs if row.get("industry")}):
        chosen = [example for row, example in pairs if row.get("industry") == industry]
        scores = _scores(chosen, judge)
        name = f"own_in_{industry}"
        results += [_sentiment(name, chosen, scores), _intensity(name, chosen, scores)]
        results.append(_labels(name, "intents", chosen, scores))
    return results


def _scores(examples: Sequence[Example], judge: Judge) -> list[HeadScores]:
    return [judge.scores([example.text], example.language)[0] for example in examples]


def _measure(
    name: str, pairs: Sequence[tuple[dict[str, Any], Example]], judge: Judge, twice: Mapping[str, Mapping[str, Any]]
) -> list[Result]:
    examples = [example for _, example in pairs]
    scores = _scores(examples, judge)
    results = [_sentiment(name, examples, scores), _intensity(name, examples, scores)]
    arousal = np.array([example.arousal for example in examples], np.float64)
    felt = np.array([score.arousal or 0.0 for score in scores], np.float64)
    error = float(np.abs(arousal - felt).mean())
    results.append(Result(name, "arousal mean absolute error", error, len(examples), {}))
    results += [_labels(name, head, examples, scores) for head in LABELS]
    first = by_first(pairs, twice)
    if first:
        by_label = _labels(name, "intents", first, _scores(first, judge))
        results.append(replace(by_label, measure="intents micro-F1 by the first labelling", more={}))
    return results


def _sentiment(name: str, examples: Sequence[Example], scores: Sequence[HeadScores]) -> Result:
    truth = np.array([example.classes["sentiment_service"] for example in examples])
    odds = sentiments(scores, "sentiment_service")
    answer = odds.argmax(1)
    more = {
        "expected_calibration_error": round(calibration_error(odds.max(1), answer == truth), 4),
        "confusion": confusion(truth, answer, len(SENTIMENTS)),
        "accuracy": round(float((answer == truth).mean()), 4),
        "worst": worst([example.text for example in examples], truth, odds),
    }
    return Result(name, SENTIMENT, macro_f1(truth, answer, 3), len(examples), more)


def _intensity(name: str, examples: Sequence[Example], scores: Sequence[HeadScores]) -> Result:
    level = np.array([example.classes["intensity"] for example in examples])
    judged = np.array([_level(score.intensity) for score in scores])
    more = {
        "exact": round(float((level == judged).mean()), 4),
        "within_one": round(float((abs(level - judged) <= 1).mean()), 4),
        "confusion": confusion(level, judged, 4),
    }
    return Result(name, INTENSITY, _binary(level >= CLEAR, judged >= CLEAR), len(examples), more)


def _labels(name: str, head: str, examples: Sequence[Example], scores: Sequence[HeadScores]) -> Result:
    labels = LABELS[head]
    wanted = np.array([[example.multi[head][label] or 0.0 for label in labels] for example in examples], np.float64)
    found = present(scores, head)
    micro, macro = label_f1(wanted, found)
    by_label = {
        label: {"f1": round(_binary(wanted[:, at] == 1, found[:, at]), 3), "rows": int(wanted[:, at].sum())}
        for at, label in enumerate(labels)
    }
    more = {"macro_f1": round(macro, 4), "labels": by_label}
    return Result(name, f"{head} micro-F1", micro, len(examples), more)


def _level(distribution: tuple[float, ...] | None) -> int:
    return 0 if distribution is None else likely_intensity(distribution)


def _binary(truth: NDArray[np.bool_], found: NDArray[np.bool_]) -> float:
    hits = float((truth & found).sum())
    return f1(hits, float((~truth & found).sum()), float((truth & ~found).sum()))
