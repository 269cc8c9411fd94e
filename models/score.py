"""What is asked of the scorer and what it answers."""

import dataclasses
from dataclasses import dataclass
from typing import Any, Final, Literal, TypedDict

from models.errors import RequestError

SentimentHead = Literal["service", "tweets"]
SENTIMENT_HEADS: Final[tuple[SentimentHead, ...]] = ("service", "tweets")


class Span(TypedDict):
    """A charged phrase: code points [begin, end) of the masked text; polarity and valence, in [-1, 1], say
    what it expresses after negation.
    """

    begin: int
    end: int
    text: str
    polarity: Literal["negative", "positive"]
    valence: float
    negated: bool
    labels: list[str]


class CaseRef(TypedDict):
    """A case reference: its kind, its value, and code points [begin, end) of what says it in the masked text.

    The value is as written; a spoken one is given in digits and capitals ("TD4M81").
    """

    kind: str
    value: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Request:
    """A text to score; `language_hint` is what the record says, used only where the text alone does not
    decide.
    """

    text: str
    language_hint: str | None = None
    head: SentimentHead = "service"

    def __post_init__(self) -> None:
        """Raise RequestError for what cannot be answered."""
        if self.head not in SENTIMENT_HEADS:
            message = f"head is {self.head!r}; choose one of {', '.join(SENTIMENT_HEADS)}"
            raise RequestError(message)


@dataclass(frozen=True, slots=True)
class Score:
    """The scorer's answer (product.md U1-U9). None stands for what the runtime cannot judge, never for
    zero.

    Probabilities have four decimals. `valence` in [-1, 1], `arousal` in [0, 1], `intensity` 0-3 (the median
    level); the label dictionaries hold every label that the runtime judges, `*_present` those above their
    threshold. Offsets are code points of `masked_text`. `abstain` says: do not act on the sentiment of this
    score alone.
    """

    sentiment: str | None
    sentiment_probabilities: dict[str, float] | None
    valence: float | None
    arousal: float | None
    intensity: int | None
    emotions: dict[str, float] | None
    intents: dict[str, float] | None
    cues: dict[str, float] | None
    emotions_present: list[str] | None
    intents_present: list[str] | None
    cues_present: list[str] | None
    sketch: list[int] | None
    language: str
    spans: list[Span]
    case_refs: list[CaseRef]
    topic: str | None
    formality: str | None
    masked_text: str
    model: str
    confidence: float | None
    abstain: bool
    degraded: bool
    truncated: bool

    def to_dict(self) -> dict[str, Any]:
        """All fields by name, ready for JSON (not copied: do not change them)."""
        return {name: getattr(self, name) for name in _FIELDS}


_FIELDS: Final = tuple(field.name for field in dataclasses.fields(Score))
