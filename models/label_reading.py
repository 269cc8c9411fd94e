"""Which of our heads the labels of a foreign classifier amount to."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from models.errors import UnsupportedModelError
from models.protocol import Head
from schemas.labels import CUES, EMOTIONS, INTENTS

_SIDES: Final[tuple[frozenset[str], ...]] = (
    frozenset({"negative", "neg", "negativo", "negatiu", "negativa", "very negative", "1 star", "2 stars"}),
    frozenset({"neutral", "neu", "neutro", "neutra", "3 stars", "mixed"}),
    frozenset({"positive", "pos", "positivo", "positiu", "positiva", "very positive", "4 stars", "5 stars"}),
)
# Only names for the same feeling; near ones (annoyance, disgust, love) are left out rather than bent to fit.
_EMOTION_NAMES: Final[Mapping[str, str]] = {
    **{emotion: emotion for emotion in EMOTIONS},
    "angry": "anger",
    "ira": "anger",
    "enfado": "anger",
    "enojo": "anger",
    "raiva": "anger",
    "fear": "anxiety",
    "nervousness": "anxiety",
    "miedo": "anxiety",
    "medo": "anxiety",
    "sad": "sadness",
    "tristeza": "sadness",
    "grief": "sadness",
    "happy": "joy",
    "happiness": "joy",
    "alegria": "joy",
    "alegría": "joy",
    "sorpresa": "surprise",
    "surpresa": "surprise",
}
_NUMBERED: Final = re.compile(r"label[ _](\d+)\Z")


@dataclass(frozen=True, slots=True)
class HeadReading:
    """Output positions by head: the three sides of sentiment, and each label of ours with the outputs that
    mean it.
    """

    sentiment: tuple[tuple[int, ...], ...] | None
    emotions: Mapping[str, tuple[int, ...]]
    intents: Mapping[str, tuple[int, ...]]
    cues: Mapping[str, tuple[int, ...]]

    @property
    def heads(self) -> frozenset[Head]:
        """The heads that have at least one output."""
        found: set[Head] = {"sentiment_service", "sentiment_tweets"} if self.sentiment is not None else set()
        if self.emotions:
            found.add("emotions")
        if self.intents:
            found.add("intents")
        if self.cues:
            found.add("cues")
        return frozenset(found)


def read_labels(labels: Sequence[str], model: str) -> HeadReading:
    """Read `labels` (in output order) of `model`.

    Bare LABEL_0.. are taken as negative, neutral, positive if there are three, negative and positive if
    there are two. Raises UnsupportedModelError, listing the labels, if nothing can be read.
    """
    names = [re.sub(r"[_\s]+", " ", label).strip().lower() for label in labels]
    exact = [label.strip().lower() for label in labels]
    reading = HeadReading(
        sentiment=_sentiment(names),
        emotions=_places([_EMOTION_NAMES.get(name) for name in names], EMOTIONS),
        intents=_places([name if name in INTENTS else None for name in exact], INTENTS),
        cues=_places([name if name in CUES else None for name in exact], CUES),
    )
    if not reading.heads:
        message = (
            f"no label of {model} is a sentiment, emotion, intent or cue: {', '.join(labels[:12])}; "
            "set id2label in its config.json, e.g. to negative, neutral, positive"
        )
        raise UnsupportedModelError(message)
    return reading


def _sentiment(names: Sequence[str]) -> tuple[tuple[int, ...], ...] | None:
    if all(_NUMBERED.match(name) for name in names) and len(names) in {2, 3}:
        return ((0,), (1,), (2,)) if len(names) == 3 else ((0,), (), (1,))
    sides = tuple(tuple(at for at, name in enumerate(names) if name in side) for side in _SIDES)
    return sides if sides[0] and sides[2] else None


def _places(meanings: Sequence[str | None], order: Sequence[str]) -> dict[str, tuple[int, ...]]:
    found = {label: tuple(at for at, meaning in enumerate(meanings) if meaning == label) for label in order}
    return {label: places for label, places in found.items() if places}
