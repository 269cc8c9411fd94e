"""The worst mistakes: wrong answers that were given with the most confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from schemas.labels import SENTIMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

SHOWN: Final = 8
CUT: Final = 160
"""Code points of a text that are told."""


def worst(
    texts: Sequence[str], truth: NDArray[np.int64], odds: NDArray[np.float64], limit: int = SHOWN
) -> list[dict[str, Any]]:
    """The wrong answers with the largest probability, most confident first: text, truth, answer, confidence.

    texts [n]; truth, class indices [n]; odds, probabilities [n, 3] of negative, neutral, positive.
    """
    answer = odds.argmax(1)
    wrong = [at for at in range(len(texts)) if answer[at] != truth[at]]
    wrong.sort(key=lambda at: (-float(odds[at].max()), texts[at]))
    return [
        {
            "text": texts[at][:CUT],
            "truth": SENTIMENTS[truth[at]],
            "answer": SENTIMENTS[answer[at]],
            "confidence": round(float(odds[at].max()), 3),
        }
        for at in wrong[:limit]
    ]
