"""What a model runtime is: three phases over windows of text, and the heads that it has.

A text is prepared into one or more windows (long texts are cut); windows of many texts are batched;
`forward` is the one heavy call; `finish` turns raw outputs into calibrated probabilities. All three are
called from one thread: tokenizers are not thread-safe, and a single owner keeps the order of calls, and
with it every replay, the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Head: TypeAlias = Literal[
    "sentiment_service", "sentiment_tweets", "intensity", "arousal", "emotions", "intents", "cues", "sketch"
]
FloatArray: TypeAlias = npt.NDArray[np.float32]
Logits: TypeAlias = Mapping[str, FloatArray]
"""Raw outputs of one batch, [windows, width] each, by head; what a runtime lacks, or nobody asked for, is
absent."""

HEADS: Final[tuple[Head, ...]] = (
    "sentiment_service",
    "sentiment_tweets",
    "intensity",
    "arousal",
    "emotions",
    "intents",
    "cues",
    "sketch",
)
TWEETS: Final = "sentiment_tweets"
SKETCH_WIDTH: Final = 64


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of one text that fits the model.

    `ids` are token ids (empty for a runtime that reads `text`); `padded` is the length in tokens at which
    the window must be run, so that its result does not hang on what it is batched with.
    """

    text: str
    ids: tuple[int, ...]
    tokens: int
    padded: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """One text, ready for the model: its windows in reading order (none for a text without any word or
    sign).
    """

    windows: tuple[Window, ...]

    @property
    def tokens(self) -> int:
        """Tokens in all windows."""
        return sum(window.tokens for window in self.windows)


@dataclass(frozen=True, slots=True)
class PreparedBatch:
    """Windows to be run together at one padded length. `owners[i]` is the text that window i
    belongs to. `tweets`: the tweets head is asked for (a runtime that computes it apart leaves it out else).
    """

    windows: tuple[Window, ...]
    owners: tuple[int, ...]
    padded: int
    tweets: bool = False


@dataclass(frozen=True, slots=True)
class HeadScores:
    """Calibrated outputs for one window; None stands for a head that the runtime lacks or
    that was not asked for.

    Sentiments are (negative, neutral, positive), intensity the distribution over 0-3, arousal in [0, 1];
    the label heads map each label that the runtime can judge to its probability, and `*_present` are those
    above their thresholds in canonical order; `sketch` is in units of the int8 that is published.
    """

    sentiment_service: tuple[float, ...] | None = None
    sentiment_tweets: tuple[float, ...] | None = None
    intensity: tuple[float, ...] | None = None
    arousal: float | None = None
    emotions: Mapping[str, float] | None = None
    intents: Mapping[str, float] | None = None
    cues: Mapping[str, float] | None = None
    emotions_present: tuple[str, ...] | None = None
    intents_present: tuple[str, ...] | None = None
    cues_present: tuple[str, ...] | None = None
    sketch: FloatArray | None = None


class Runtime(Protocol):
    """A model behind the three phases. Not thread-safe: one thread owns it."""

    @property
    def identity(self) -> str:
        """Name, weights digest (12 hex digits), runtime and precision, e.g.
        `peakend-e5-small@3fa4c1d2e5b6/onnx/int8-static`.
        """

    @property
    def heads(self) -> frozenset[Head]:
        """The heads that this runtime answers; all others are None in its scores."""

    @property
    def degraded(self) -> bool:
        """True for a stand-in whose scores say so."""

    @property
    def min_confidence(self) -> float:
        """Below this probability of the winning sentiment the score abstains."""

    @property
    def ignores_padding(self) -> bool:
        """Whether a window's outputs are the same, bit by bit, at any padded length (tested, not assumed)."""

    def prepare(self, texts: Sequence[str]) -> list[Prepared]:
        """Cut and tokenise masked texts; one result a text, in order."""

    def forward(self, batch: PreparedBatch) -> Logits:
        """Run the model over one batch."""

    def finish(self, batch: PreparedBatch, logits: Logits, languages: Sequence[str]) -> list[HeadScores]:
        """Calibrate and apply thresholds; `languages[i]` is the language of window i. One result a window,
        in order.
        """
