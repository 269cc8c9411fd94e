"""The written rows' test split, per language: every head that the guide labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.evaluate.judge import Judge, present, sentiments
from models.evaluate.metrics import calibration_error, confusion, f1, label_f1, macro_f1
from models.evaluate.public_sets import Result
from models.train.label_maps import LABELS
from models.train.rows import Example, read_written
from schemas.labels import SENTIMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

LANGUAGES: Final = ("es", "ca", "en", "pt", "mixed")
CLEAR: Final = 2
"""Intensity from which a feeling is clear."""


def measure_own(folder: Path, judge: Judge, split: str = "test") -> list[Result]:
    """Lines per language and over all; [] when there are no written rows in the folder."""
    # Agents' turns of written conversations are labelled by cues only.
    examples = [example for _, example in read_written(folder)[split] if "sentiment_service" in example.classes]
    results: list[Result] = []
    for language in LANGUAGES:
        chosen = [example for example in examples if example.language == language]
        if chosen:
            judge.scores([example.text for example in chosen], language)  # as one batch; later asked for one by one
            results += _measure(f"own_{language}", chosen, judge)
    known = [example for example in examples if example.language in LANGUAGES]
    return results + (_measure("own_all", known, judge) if known else [])


def _measure(name: str, examples: Sequence[Example], judge: Judge) -> list[Result]:
    scores = [judge.scores([example.text], example.language)[0] for example in examples]
    truth = np.array([example.classes["sentiment_service"] for example in examples])
    odds = sentiments(scores, "sentiment_service")
    answer = odds.argmax(1)
    rows = len(examples)
    more = {
        "expected_calibration_error": round(calibration_error(odds.max(1), answer == truth), 4),
        "confusion": confusion(truth, answer, len(SENTIMENTS)),
        "accuracy": round(float((answer == truth).mean()), 4),
    }
    results = [Result(name, "service sentiment macro-F1", macro_f1(truth, answer, 3), rows, more)]
    level = np.array([example.classes["intensity"] for example in examples])
    judged = np.array([_level(score.intensity) for score in scores])
    levels = {
        "exact": round(float((level == judged).mean()), 4),
        "within_one": round(float((abs(level - judged) <= 1).mean()), 4),
        "confusion": confusion(level, judged, 4),
    }
    results.append(Result(name, "intensity >= 2 F1", _binary(level >= CLEAR, judged >= CLEAR), rows, levels))
    arousal = np.array([example.arousal for example in examples], np.float64)
    felt = np.array([score.arousal or 0.0 for score in scores], np.float64)
    results.append(Result(name, "arousal mean absolute error", float(np.abs(arousal - felt).mean()), rows, {}))
    for head, labels in LABELS.items():
        wanted = np.array([[example.multi[head][label] or 0.0 for label in labels] for example in examples], np.float64)
        found = present(scores, head)
        micro, macro = label_f1(wanted, found)
        by_label = {
            label: {"f1": round(_binary(wanted[:, at] == 1, found[:, at]), 3), "rows": int(wanted[:, at].sum())}
            for at, label in enumerate(labels)
        }
        results.append(Result(name, f"{head} micro-F1", micro, rows, {"macro_f1": round(macro, 4), "labels": by_label}))
    return results


def _level(distribution: tuple[float, ...] | None) -> int:
    return 0 if distribution is None else int(np.argmax(distribution))


def _binary(truth: NDArray[np.bool_], found: NDArray[np.bool_]) -> float:
    hits = float((truth & found).sum())
    return f1(hits, float((~truth & found).sum()), float((truth & ~found).sum()))
