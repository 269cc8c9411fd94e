"""Windows of a long text, put together into one judgement.

What is said once is said: intensity is that of the strongest window, emotions, intents and cues are the
maximum over the windows. Two cues are statements about the whole text (`formula`: nothing but a formula;
`not_about_company`: nothing of it is the customer's own): they hold only if they hold in every window.
Sentiment is the mean, weighted by tokens and by how much is felt, so that one furious paragraph is not
diluted by a page of dates and amounts. Arousal is the highest, the sketch the mean by tokens.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Final

import numpy as np

from models.calibration import DECIMALS
from models.protocol import FloatArray, HeadScores

WHOLE_TEXT_CUES: Final = frozenset({"formula", "not_about_company"})
CALM_WEIGHT: Final = 0.25
"""Weight of a window without any feeling, beside its expected intensity (0-3)."""
HALF: Final = 0.5


def expected_intensity(distribution: Sequence[float]) -> float:
    """E[intensity] over the distribution, in [0, 3]."""
    return sum(level * probability for level, probability in enumerate(distribution))


def likely_intensity(distribution: Sequence[float]) -> int:
    """The median level: levels are ordered, and the median has the least expected distance to the true one.

    (The most probable level is often 0 where 1, 2 and 3 together are likelier.)
    """
    cumulated = accumulate(distribution)
    return next((level for level, share in enumerate(cumulated) if share >= HALF), len(distribution) - 1)


def combine(scores: Sequence[HeadScores], tokens: Sequence[int]) -> HeadScores:
    """One HeadScores for the windows of one text; `tokens` are their lengths. A single window is returned
    as it is.
    """
    if len(scores) == 1:
        return scores[0]
    weights = [
        count * (CALM_WEIGHT + (expected_intensity(score.intensity) if score.intensity is not None else 1.0))
        for score, count in zip(scores, tokens, strict=True)
    ]
    first = scores[0]
    return HeadScores(
        sentiment_service=_mean([score.sentiment_service for score in scores], weights),
        sentiment_tweets=_mean([score.sentiment_tweets for score in scores], weights),
        intensity=max((s.intensity for s in scores if s.intensity is not None), key=expected_intensity, default=None),
        arousal=max((s.arousal for s in scores if s.arousal is not None), default=None),
        emotions=_labels([score.emotions for score in scores]),
        intents=_labels([score.intents for score in scores]),
        cues=_labels([score.cues for score in scores]),
        emotions_present=_present([score.emotions_present for score in scores], first.emotions),
        intents_present=_present([score.intents_present for score in scores], first.intents),
        cues_present=_present([score.cues_present for score in scores], first.cues),
        sketch=_sketch([score.sketch for score in scores], tokens),
    )


def _mean(rows: Sequence[tuple[float, ...] | None], weights: Sequence[float]) -> tuple[float, ...] | None:
    filled = [(row, weight) for row, weight in zip(rows, weights, strict=True) if row is not None]
    if not filled:
        return None
    total = sum(weight for _, weight in filled)
    return tuple(
        round(sum(row[at] * weight for row, weight in filled) / total, DECIMALS) for at in range(len(filled[0][0]))
    )


def _rule(label: str) -> Callable[[Iterable[float]], float]:
    return min if label in WHOLE_TEXT_CUES else max


def _labels(rows: Sequence[Mapping[str, float] | None]) -> Mapping[str, float] | None:
    filled = [row for row in rows if row is not None]
    if not filled:
        return None
    return {label: _rule(label)(row[label] for row in filled) for label in filled[0]}


def _present(rows: Sequence[tuple[str, ...] | None], labels: Mapping[str, float] | None) -> tuple[str, ...] | None:
    filled = [frozenset(row) for row in rows if row is not None]
    if not filled or labels is None:
        return None
    anywhere, everywhere = frozenset[str]().union(*filled), filled[0].intersection(*filled[1:])
    return tuple(label for label in labels if label in (everywhere if label in WHOLE_TEXT_CUES else anywhere))


def _sketch(rows: Sequence[FloatArray | None], tokens: Sequence[int]) -> FloatArray | None:
    filled = [row for row in rows if row is not None]
    if not filled:
        return None
    return np.average(np.stack(filled), axis=0, weights=np.asarray(tokens, dtype=np.float64)).astype(np.float32)
