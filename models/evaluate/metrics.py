"""The measures that evaluation reports, on plain arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def f1(true_positives: float, false_positives: float, false_negatives: float) -> float:
    """F1 from counts; 0 where nothing is right."""
    return 2 * true_positives / max(1e-12, 2 * true_positives + false_positives + false_negatives)


def macro_f1(truth: NDArray[np.int64], predicted: NDArray[np.int64], classes: int) -> float:
    """Mean over classes of F1; truth and predicted are class indices [n]. Classes absent from truth do not count."""
    values = []
    for number in range(classes):
        if not (truth == number).any():
            continue
        hit = float(((truth == number) & (predicted == number)).sum())
        values.append(f1(hit, float((predicted == number).sum()) - hit, float((truth == number).sum()) - hit))
    return float(np.mean(values)) if values else 0.0


def label_f1(truth: NDArray[np.float64], predicted: NDArray[np.bool_]) -> tuple[float, float]:
    """(micro, macro) F1 of several labels; truth [n, labels] of 1, 0, nan (unknown, not counted), predicted as well.

    Macro is over the labels that occur.
    """
    known = ~np.isnan(truth)
    hits = ((truth == 1) & predicted).sum(0).astype(float)
    wrong = ((truth == 0) & predicted & known).sum(0).astype(float)
    missed = ((truth == 1) & ~predicted).sum(0).astype(float)
    micro = f1(hits.sum(), wrong.sum(), missed.sum())
    occurring = [f1(*counts) for counts in zip(hits, wrong, missed, strict=True) if counts[0] + counts[2] > 0]
    return micro, float(np.mean(occurring)) if occurring else 0.0


def area_under_curve(truth: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """Area under the ROC curve by ranks (ties count half). 0.5 when only one class occurs."""
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return 0.5
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[inverse]
    return float((ranks[truth].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_], bins: int = 15) -> float:
    """Expected calibration error (Naeini et al. 2015) over equal-width bins of confidence [n] in [0, 1]."""
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    error = 0.0
    for number in range(bins):
        inside = index == number
        if inside.any():
            error += inside.mean() * abs(float(right[inside].mean()) - float(confidence[inside].mean()))
    return error


def confusion(truth: NDArray[np.int64], predicted: NDArray[np.int64], classes: int) -> list[list[int]]:
    """Counts [true class][predicted class]."""
    table = np.zeros((classes, classes), int)
    np.add.at(table, (truth, predicted), 1)
    return [[int(cell) for cell in row] for row in table]
