"""Raw outputs to probabilities: softmax(logits / temperature + shift) and sigmoid(a * logit + b), then thresholds
by language.

Temperature scaling: Guo et al. 2017, "On Calibration of Modern Neural Networks", with a shift of each class for
another balance of classes than in training: Alexandari et al. 2020; the per-label sigmoid: Platt 1999.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from models.manifest import SIGMOID_LABELS, SOFTMAX_LABELS, Manifest, SigmoidHead
from models.protocol import FloatArray, HeadScores, Logits

DECIMALS: Final = 4
"""Published probabilities are rounded to this, and thresholds are applied to what is published."""

Float64Array = npt.NDArray[np.float64]


def softmax(logits: FloatArray, temperature: float, shift: Sequence[float] | None = None) -> Float64Array:
    """Row-wise softmax of logits / temperature + shift [classes], [rows, classes].

    Computed in float64 so that rounding is stable.
    """
    scaled = logits.astype(np.float64) / temperature
    if shift is not None:
        scaled = scaled + np.asarray(shift, dtype=np.float64)
    exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True), dtype=np.float64)


def sigmoid(logits: FloatArray, a: Float64Array | float, b: Float64Array | float) -> Float64Array:
    """Element-wise sigmoid(a * logit + b) in float64; saturates instead of overflowing."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(a * logits.astype(np.float64) + b, -60.0, 60.0))), dtype=np.float64)


class Calibration:
    """The manifest's numbers as arrays, applied to whole batches at once."""

    def __init__(self, manifest: Manifest) -> None:
        """Take temperatures, shifts, Platt coefficients and thresholds from `manifest`."""
        self._temperatures = dict(manifest.temperatures)
        self._shifts = dict(manifest.shifts)
        self._arousal = manifest.arousal
        self._sketch_scale = manifest.sketch_scale
        self._labels: dict[str, _LabelHead] = {name: _LabelHead(head) for name, head in manifest.label_heads.items()}

    def apply(self, logits: Logits, languages: Sequence[str]) -> list[HeadScores]:
        """One HeadScores a row of `logits`; `languages[i]` chooses the thresholds of row i."""
        rows = len(languages)
        softmaxed: dict[str, list[tuple[float, ...]]] = {}
        for name in SOFTMAX_LABELS:
            if name in logits:
                values = np.round(softmax(logits[name], self._temperatures[name], self._shifts[name]), DECIMALS)
                softmaxed[name] = [tuple(row) for row in values.tolist()]
        judged = {name: self._labels[name].apply(logits[name], languages) for name in SIGMOID_LABELS if name in logits}
        arousal: list[float] | None = None
        if "arousal" in logits:
            a, b = self._arousal
            arousal = np.round(sigmoid(logits["arousal"][:, 0], a, b), DECIMALS).tolist()
        sketch = logits["sketch"] * np.float32(self._sketch_scale) if "sketch" in logits else None
        none_each: list[None] = [None] * rows
        return [
            HeadScores(
                sentiment_service=service,
                sentiment_tweets=tweets,
                intensity=intensity,
                arousal=arousal[row] if arousal is not None else None,
                emotions=judged["emotions"][row][0] if "emotions" in judged else None,
                intents=judged["intents"][row][0] if "intents" in judged else None,
                cues=judged["cues"][row][0] if "cues" in judged else None,
                emotions_present=judged["emotions"][row][1] if "emotions" in judged else None,
                intents_present=judged["intents"][row][1] if "intents" in judged else None,
                cues_present=judged["cues"][row][1] if "cues" in judged else None,
                sketch=sketch[row] if sketch is not None else None,
            )
            for row, (service, tweets, intensity) in enumerate(
                zip(*(softmaxed.get(name, none_each) for name in SOFTMAX_LABELS), strict=True)
            )
        ]


class _LabelHead:
    def __init__(self, head: SigmoidHead) -> None:
        self._names = head.labels
        coefficients = np.asarray(head.platt, dtype=np.float64)
        self._a, self._b = coefficients[:, 0], coefficients[:, 1]
        self._thresholds: Mapping[str, Float64Array] = {
            language: np.asarray(values, dtype=np.float64) for language, values in head.thresholds.items()
        }

    def apply(self, logits: FloatArray, languages: Sequence[str]) -> list[tuple[dict[str, float], tuple[str, ...]]]:
        values = np.round(sigmoid(logits, self._a, self._b), DECIMALS)
        default = self._thresholds["default"]
        limits = np.stack([self._thresholds.get(language, default) for language in languages])
        return [
            (
                dict(zip(self._names, row, strict=True)),
                tuple(name for name, above in zip(self._names, present, strict=True) if above),
            )
            for row, present in zip(values.tolist(), (values >= limits).tolist(), strict=True)
        ]
