"""Turns raw logits on dev sets into the manifest's numbers: temperatures, Platt coefficients, thresholds, abstain rule.

Temperature: Guo et al. 2017, with a shift of each class: Alexandari et al. 2020; per-label sigmoid: Platt 1999, with
his smoothed targets. Thresholds maximise F1 on dev, pulled to what is the best for all labels of a head together:
where probabilities are right, half of the best F1 (Lipton et al. 2014). Nothing here may see a test split.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.optimize import minimize, minimize_scalar  # type: ignore[import-untyped]

from models.calibration import sigmoid, softmax
from models.evaluate.metrics import f1
from models.train.label_maps import LABELS
from schemas.labels import SENTIMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from models.train.rows import Example

SHIFTED: Final = ("sentiment_service", "intensity")
"""Heads whose dev rows are of one kind, taken to have the balance of what is served; the tweets head's are not."""
LANGUAGES: Final = ("es", "ca", "en", "pt")
FEWEST_FOR_PLATT: Final = 6
FEWEST_FOR_LANGUAGE: Final = 25
"""Positives that a label needs, in dev altogether and in one language, before it gets numbers of its own."""
CANDIDATES: Final = np.round(np.arange(0.15, 0.751, 0.025), 3)
UNKNOWN_THRESHOLD: Final = 0.5
"""Of a head that dev says nothing of."""
# A dev F1 of a few dozen positives is noisy: so many imagined positives found at the head's own threshold hold the
# choice back. By folds of dev 60 is worth .006 to .013 of micro-F1 more than 6 about 0.5.
PRIOR_STRENGTH: Final = 60.0
SLOPE_BOUNDS: Final = (0.4, 4.0)
SHIFT_BOUNDS: Final = (-8.0, 8.0)
SHIFT_PULL: Final = 2.0
COVERAGE: Final = 0.97
"""Share of dev texts that a score must still answer: the abstain rule drops the least certain few."""
LOWEST_CONFIDENCE: Final = 0.36
HIGHEST_CONFIDENCE: Final = 0.55

Logits = dict[str, "NDArray[np.float32]"]


@dataclass(frozen=True, slots=True)
class DevSet:
    """Examples with their raw logits, in the same order."""

    examples: Sequence[Example]
    logits: Logits


@dataclass(frozen=True, slots=True)
class Chances:
    """What a label's rows have been given: probability [n], truth [n] of 1, 0 or a doubt between, language [n]."""

    probability: NDArray[np.float64]
    truth: NDArray[np.float64]
    language: NDArray[np.str_]

    @property
    def positives(self) -> int:
        """How many surely have the label."""
        return int((self.truth == 1).sum())

    def of(self, language: str) -> Chances:
        """Those of one language."""
        own = self.language == language
        return Chances(self.probability[own], self.truth[own], self.language[own])


def temperature(logits: NDArray[np.float32], truth: NDArray[np.int64]) -> float:
    """The temperature that minimises the negative log likelihood; logits [n, c], truth [n]."""
    wide = logits.astype(np.float64)

    def loss(log_t: float) -> float:
        return float(_surprise(wide / np.exp(log_t), truth).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-1.5, 1.5), method="bounded").x))


def scaling(logits: NDArray[np.float32], truth: NDArray[np.int64]) -> tuple[float, list[float]]:
    """(temperature, shift of each class) of softmax(logits / temperature + shift) by maximum likelihood.

    Logits [n, c], truth [n]; shifts sum to 0 and are drawn a little towards it.
    """
    wide, classes = logits.astype(np.float64), logits.shape[1]

    def loss(values: NDArray[np.float64]) -> float:
        shift = values[1:] - values[1:].mean()
        each = _surprise(wide / np.exp(values[0]) + shift, truth)
        return float(each.sum() + SHIFT_PULL * np.square(shift).sum())

    found = minimize(loss, np.zeros(1 + classes), bounds=[(-1.5, 1.5), *[SHIFT_BOUNDS] * classes]).x
    shift = found[1:] - found[1:].mean()
    return float(np.exp(found[0])), [float(value) for value in shift]


def _surprise(scaled: NDArray[np.float64], truth: NDArray[np.int64]) -> NDArray[np.float64]:
    """-log softmax(scaled)[truth] of each row."""
    top = scaled.max(1, keepdims=True)
    log_sum = top[:, 0] + np.log(np.exp(scaled - top).sum(1))
    return np.asarray(log_sum - scaled[np.arange(len(truth)), truth])


def platt(logits: NDArray[np.float32], truth: NDArray[np.float64]) -> tuple[float, float]:
    """(a, b) of sigmoid(a * logit + b) by maximum likelihood on smoothed targets; (1, 0) with too few positives."""
    positives, negatives = float((truth == 1).sum()), float((truth == 0).sum())
    if positives < FEWEST_FOR_PLATT or negatives < FEWEST_FOR_PLATT:
        return 1.0, 0.0
    target = np.where(truth == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    wide = logits.astype(np.float64)

    def loss(ab: NDArray[np.float64]) -> float:
        z = ab[0] * wide + ab[1]
        # A weak pull to (1, 0): a label with ten positives must not invent a slope.
        return float((np.logaddexp(0, z) - target * z).sum() + 2.0 * ((ab[0] - 1) ** 2 + 0.25 * ab[1] ** 2))

    a, b = minimize(loss, np.array([1.0, 0.0]), bounds=[SLOPE_BOUNDS, SHIFT_BOUNDS]).x
    return float(a), float(b)


def common_threshold(labels: Iterable[Chances]) -> float:
    """Half of the best micro-F1 that one threshold for all labels of a head reaches on dev (Lipton et al. 2014)."""
    counts = sum((_counts(each) for each in labels), np.zeros((len(CANDIDATES), 3)))
    best = max(f1(*each) for each in counts)
    return best / 2 if best else UNKNOWN_THRESHOLD


def threshold(chances: Chances, common: float) -> float:
    """The candidate with the best F1, judged as if more positives stood at ``common`` (see PRIOR_STRENGTH)."""
    hits, wrong, missed = _counts(chances).T
    prior = PRIOR_STRENGTH * np.maximum(0.0, 1 - 2 * np.abs(CANDIDATES - common))
    value = (2 * hits + prior) / (2 * hits + wrong + missed + PRIOR_STRENGTH)
    return float(CANDIDATES[value.argmax()])


def _counts(chances: Chances) -> NDArray[np.float64]:
    """Hits, wrong and missed at each candidate: [candidates, 3]."""
    above = chances.probability >= CANDIDATES[:, None]
    true, false = chances.truth == 1, chances.truth == 0
    return np.stack([(above & true).sum(1), (above & false).sum(1), (~above & true).sum(1)], axis=1).astype(float)


def fit(dev: Mapping[str, DevSet], primary: str = "written") -> dict[str, Any]:
    """The ``heads`` and ``abstain`` parts of the manifest.

    Class heads and arousal are fitted on the dev sets that have them. A label is fitted on ``primary`` (the guide's own
    convention); only where that has too few positives are the other dev sets added.
    """
    heads: dict[str, Any] = {}
    for head, labels in (("sentiment_service", SENTIMENTS), ("sentiment_tweets", SENTIMENTS), ("intensity", "0123")):
        logits, truth = _classes(dev, head)
        value, shift = 1.0, [0.0] * len(labels)
        if len(truth) and head in SHIFTED:
            value, shift = scaling(logits, truth)
        elif len(truth):
            value = temperature(logits, truth)
        heads[head] = {
            "kind": "softmax",
            "labels": list(labels),
            "temperature": round(value, 4),
            "shift": [round(each, 4) for each in shift],
        }
    a, b = _arousal(dev)
    heads["arousal"] = {"kind": "sigmoid_scalar", "a": round(a, 4), "b": round(b, 4)}
    for head in LABELS:
        heads[head] = _label_head(dev, head, primary)
    return {"heads": heads, "abstain": {"min_confidence": _least_confidence(dev, heads)}}


def _classes(dev: Mapping[str, DevSet], head: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    logits, truth = [], []
    for part in dev.values():
        classes = np.array([example.classes.get(head, -1) for example in part.examples])
        logits.append(part.logits[head][classes >= 0])
        truth.append(classes[classes >= 0])
    return np.concatenate(logits), np.concatenate(truth)


def _arousal(dev: Mapping[str, DevSet]) -> tuple[float, float]:
    logits, levels = [], []
    for part in dev.values():
        for example, logit in zip(part.examples, part.logits["arousal"][:, 0], strict=True):
            if example.arousal is not None:
                logits.append(float(logit))
                levels.append(example.arousal)
    if not levels:
        return 1.0, 0.0
    x, y = np.array(logits), np.array(levels)

    def loss(ab: NDArray[np.float64]) -> float:
        return float(np.square(sigmoid(x, ab[0], ab[1]) - y).sum() + 0.1 * (ab[0] - 1) ** 2)

    a, b = minimize(loss, np.array([1.0, 0.0]), bounds=[SLOPE_BOUNDS, SHIFT_BOUNDS]).x
    return float(a), float(b)


def _label_head(dev: Mapping[str, DevSet], head: str, primary: str) -> dict[str, Any]:
    coefficients: dict[str, list[float]] = {}
    chances: dict[str, Chances] = {}
    for column, label in enumerate(LABELS[head]):
        logits, truth, languages = _label(dev, head, column, [primary])
        if (truth == 1).sum() < FEWEST_FOR_PLATT:
            logits, truth, languages = _label(dev, head, column, list(dev))
        a, b = platt(logits, truth)
        coefficients[label] = [round(a, 4), round(b, 4)]
        chances[label] = Chances(sigmoid(logits, a, b), truth, languages)
    common = common_threshold(chances.values())
    return {
        "kind": "sigmoid",
        "labels": list(LABELS[head]),
        "platt": coefficients,
        "thresholds": {label: _thresholds(each, common) for label, each in chances.items()},
    }


def _thresholds(chances: Chances, common: float) -> dict[str, float]:
    default = threshold(chances, common) if chances.positives >= FEWEST_FOR_PLATT else round(common, 3)
    found = {"default": default}
    for language in LANGUAGES:
        own = chances.of(language)
        found[language] = threshold(own, common) if own.positives >= FEWEST_FOR_LANGUAGE else default
    return found


def _label(
    dev: Mapping[str, DevSet], head: str, column: int, names: Sequence[str]
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.str_]]:
    label = LABELS[head][column]
    logits, truth, languages = [], [], []
    for name in names:
        part = dev[name]
        for example, logit in zip(part.examples, part.logits[head][:, column], strict=True):
            value = example.multi.get(head, {}).get(label)
            if value is not None:
                logits.append(logit)
                truth.append(value)
                languages.append(example.language)
    return np.array(logits, np.float32), np.array(truth, np.float64), np.array(languages, np.str_)


def _least_confidence(dev: Mapping[str, DevSet], heads: Mapping[str, Any]) -> float:
    logits, truth = _classes(dev, "sentiment_service")
    if not len(truth):
        return LOWEST_CONFIDENCE
    service = heads["sentiment_service"]
    confidence = softmax(logits, service["temperature"], service["shift"]).max(1)
    return round(float(np.clip(np.quantile(confidence, 1 - COVERAGE), LOWEST_CONFIDENCE, HIGHEST_CONFIDENCE)), 3)
