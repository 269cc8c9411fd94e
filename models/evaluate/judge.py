"""What the shipped artifact says to many texts, through the runtime that serves it."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from models.batching import plan_batches
from models.combination import combine
from models.masking import mask
from models.protocol import HeadScores, PreparedBatch, Runtime
from models.train.label_maps import LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

log = logging.getLogger(__name__)

BLOCK: Final = 2048
NOTHING: Final = HeadScores()


@dataclass(slots=True)
class Judge:
    """A runtime with a memory: a text that occurs in several sets is judged once. Not thread-safe."""

    runtime: Runtime
    seconds: float = 0.0
    judged: int = 0
    _known: dict[tuple[str, str, bool], HeadScores] = field(default_factory=dict)

    def scores(self, texts: Sequence[str], language: str, *, tweets: bool = False) -> list[HeadScores]:
        """One HeadScores a text, masked first as in serving; a blank text has no heads.

        Only with ``tweets`` is that head sure to be there.
        """
        new = list(dict.fromkeys(text for text in texts if (text, language, tweets) not in self._known))
        for begin in range(0, len(new), BLOCK):
            block = new[begin : begin + BLOCK]
            started = time.perf_counter()
            for text, score in zip(block, self._judge(block, language, tweets=tweets), strict=True):
                self._known[text, language, tweets] = score
            self.seconds += time.perf_counter() - started
            self.judged += len(block)
            log.info("%d texts judged, %.0f texts/s", self.judged, self.judged / self.seconds)
        return [self._known[text, language, tweets] for text in texts]

    def _judge(self, texts: Sequence[str], language: str, *, tweets: bool) -> list[HeadScores]:
        prepared = self.runtime.prepare([mask(text, language) for text in texts])
        windows = [window for text in prepared for window in text.windows]
        owners = [owner for owner, text in enumerate(prepared) for _ in text.windows]
        parts: list[list[tuple[HeadScores, int]]] = [[] for _ in texts]
        for plan in plan_batches([window.padded for window in windows]):
            batch = PreparedBatch(
                tuple(windows[at] for at in plan.items), tuple(owners[at] for at in plan.items), plan.padded, tweets
            )
            scores = self.runtime.finish(batch, self.runtime.forward(batch), [language] * len(batch.windows))
            for owner, window, score in zip(batch.owners, batch.windows, scores, strict=True):
                parts[owner].append((score, window.tokens))
        return [combine([s for s, _ in own], [n for _, n in own]) if own else NOTHING for own in parts]


def sentiments(scores: Sequence[HeadScores], head: str) -> NDArray[np.float64]:
    """Probabilities [texts, 3] of ``sentiment_service`` or ``sentiment_tweets``; neutral where a text has none.

    Raises ValueError where no text has any: the runtime lacks the head, or it was not asked for (``tweets``).
    """
    if all(getattr(score, head) is None for score in scores) and any(score != NOTHING for score in scores):
        raise ValueError(f"no score has {head}: ask for it, or take a runtime that has it")
    return np.array([getattr(score, head) or (0.0, 1.0, 0.0) for score in scores], np.float64).reshape(-1, 3)


def probabilities(scores: Sequence[HeadScores], head: str) -> NDArray[np.float64]:
    """Probabilities [texts, labels] of a label head, in canonical order; 0 where the runtime cannot say."""
    labels = LABELS[head]
    rows = [getattr(score, head) or {} for score in scores]
    return np.array([[row.get(label, 0.0) for label in labels] for row in rows], np.float64).reshape(-1, len(labels))


def present(scores: Sequence[HeadScores], head: str) -> NDArray[np.bool_]:
    """Which labels stand above their thresholds, [texts, labels]."""
    rows = [getattr(score, f"{head}_present") or () for score in scores]
    return np.array([[label in row for label in LABELS[head]] for row in rows], np.bool_).reshape(-1, len(LABELS[head]))
