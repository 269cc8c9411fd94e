"""Degraded mode: charged phrases instead of a model. Fast, explains itself, and says that it is degraded.

It answers sentiment, intensity, emotions, and the intents and cues for which its lexicon has phrases;
arousal and the sketch it lacks. A text in a language without a lexicon gets no answer at all. Its
probabilities are three plain levels, measured on nothing finer: a phrase was found, it was not, or it was
denied.
"""

import hashlib
import math
from collections.abc import Sequence
from typing import Final

from models.calibration import DECIMALS
from models.lexicon import STRONGEST, LexiconSet, Match, tokens_of
from models.protocol import Head, HeadScores, Logits, Prepared, PreparedBatch, Window
from models.spans import is_negated, turned
from schemas.labels import CUES, EMOTIONS, INTENTS

FOUND: Final = 0.8
NOT_FOUND: Final = 0.05
PRESENT: Final = 0.5
_FORMULA: Final = "formula"
_EVIDENCE: Final = 1.2
"""Log odds that a step of valence gives to its side, beside a neutral of 1."""
_INTENSITY_SPREAD: Final = 0.1
_HEADS: Final[frozenset[Head]] = frozenset(
    {"sentiment_service", "sentiment_tweets", "intensity", "emotions", "intents", "cues"}
)


class LexiconRuntime:
    """The phrases of `models/lexicons` (and the user's) as a runtime."""

    def __init__(self, lexicons: LexiconSet) -> None:
        """Judge by `lexicons`; the identity carries a digest of their content."""
        self._lexicons = lexicons
        self._judged = {
            language: frozenset(
                label for entry in lexicons.for_language(language).entries.values() for label in entry.labels
            )
            for language in lexicons.languages
        }
        content = hashlib.sha256(repr(lexicons.content()).encode()).hexdigest()
        self._identity = f"peakend-lexicon@{content[:12]}/lexicon/rules"

    @property
    def identity(self) -> str:
        """Name, digest of the phrases, `lexicon`, `rules`."""
        return self._identity

    @property
    def heads(self) -> frozenset[Head]:
        """All but arousal and the sketch."""
        return _HEADS

    @property
    def degraded(self) -> bool:
        """Always."""
        return True

    @property
    def min_confidence(self) -> float:
        """A text without any charged phrase is not known to be neutral: it abstains."""
        return PRESENT

    @property
    def ignores_padding(self) -> bool:
        """There is no padding."""
        return True

    def prepare(self, texts: Sequence[str]) -> list[Prepared]:
        """One window a text, of whatever length; its tokens are its words."""
        return [Prepared((Window(text, (), words, words),) if (words := len(text.split())) else ()) for text in texts]

    def forward(self, batch: PreparedBatch) -> Logits:  # noqa: ARG002 - the protocol's signature
        """Nothing: there is no model, and phrases depend on the language, which `finish` learns."""
        return {}

    def finish(self, batch: PreparedBatch, logits: Logits, languages: Sequence[str]) -> list[HeadScores]:  # noqa: ARG002 - the protocol's signature
        """Judge each text by the lexicon of its language."""
        return [self._judge(window.text, language) for window, language in zip(batch.windows, languages, strict=True)]

    def _judge(self, text: str, language: str) -> HeadScores:
        if language not in self._judged:
            return HeadScores()
        lexicon = self._lexicons.for_language(language)
        tokens = tokens_of(text)
        found = lexicon.find(tokens)
        denied = [is_negated(text, tokens, match, lexicon) for match in found]
        only_formula = (
            bool(found) and _covers(found, len(tokens)) and all(_FORMULA in match.entry.labels for match in found)
        )
        valences = [
            turned(match.entry) if no else match.entry.valence
            for match, no in zip(found, denied, strict=True)
            if not {_FORMULA, "affirm"} & set(match.entry.labels)
        ]
        labels = {label for match, no in zip(found, denied, strict=True) if not no for label in match.entry.labels}
        labels.discard(_FORMULA)
        if only_formula:
            labels = {_FORMULA}
        sentiment = _sentiment(valences)
        judged = self._judged[language]
        heads: tuple[tuple[str, ...], ...] = (EMOTIONS, INTENTS, CUES)
        emotions, intents, cues = (
            {name: FOUND if name in labels else NOT_FOUND for name in names if name in judged} for names in heads
        )
        return HeadScores(
            sentiment_service=sentiment,
            sentiment_tweets=sentiment,
            intensity=_intensity(valences),
            emotions=emotions,
            intents=intents,
            cues=cues,
            emotions_present=_present(emotions),
            intents_present=_present(intents),
            cues_present=_present(cues),
        )


def _present(values: dict[str, float]) -> tuple[str, ...]:
    return tuple(name for name, value in values.items() if value >= PRESENT)


def _covers(found: Sequence[Match], tokens: int) -> bool:
    return sum(match.last - match.first + 1 for match in found) == tokens


def _sentiment(valences: Sequence[int]) -> tuple[float, ...]:
    # The strongest phrase of a side counts whole, each further one half a step: ten mild words are no fury.
    def side(steps: list[int]) -> float:
        return max(steps) + 0.5 * (len(steps) - 1) if steps else 0.0

    negative = side([-valence for valence in valences if valence < 0])
    positive = side([valence for valence in valences if valence > 0])
    exponentials = [math.exp(_EVIDENCE * negative), math.exp(1.0), math.exp(_EVIDENCE * positive)]
    total = sum(exponentials)
    return tuple(round(value / total, DECIMALS) for value in exponentials)


def _intensity(valences: Sequence[int]) -> tuple[float, ...]:
    level = max((abs(valence) for valence in valences), default=0)
    return tuple(1 - STRONGEST * _INTENSITY_SPREAD if at == level else _INTENSITY_SPREAD for at in range(STRONGEST + 1))
