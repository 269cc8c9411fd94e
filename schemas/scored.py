"""`cx.scored`: the one ordered log of a conversation, utterances with their scores among what happened around them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from schemas.inputs import Channel, JourneyKind, Role
from schemas.record import Identifier, Part, Probability, Record, Seq
from schemas.times import Timestamp

Language = Literal["es", "ca", "en", "pt", "mixed", "und"]
Sentiment = Literal["negative", "neutral", "positive"]
Index = Annotated[int, Field(ge=0)]


class Span(Part):
    """A charged word or phrase: code points `begin` to `end` (exclusive) of the masked text.

    `valence` in [-1, 1] and `polarity` say what it expresses after negation; `labels` name the emotions and intents
    that it hints at.
    """

    begin: Index
    end: Index
    text: str
    polarity: Literal["negative", "positive"]
    negated: bool
    valence: Annotated[float, Field(ge=-1.0, le=1.0)] | None = None
    labels: Seq[str] | None = None


class CaseReference(Part):
    """A claim, order, booking or like number named in the masked text, with its code points."""

    kind: str
    value: str
    begin: Index
    end: Index


class Source(Part):
    """The input record behind a scored one; `prosody`: the voice moved `arousal`."""

    topic: str
    revision: Index | None = None
    is_final: bool | None = None
    prosody: bool | None = None


class Journey(Part):
    """A journey event as it stands in the log."""

    kind: JourneyKind
    queue: str | None = None
    queue_position: Index | None = None
    attributes: dict[str, Any] | None = None


_NEEDED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "utterance": ("message_id", "role", "channel", "text", "language", "model", "abstain", "degraded"),
        "journey": ("event_id", "journey"),
    }
)


class Scored(Record):
    """`cx.scored`: one entry of the log.

    Scoring fields stand on utterances only; they are null where the runtime lacks the head.
    """

    kind: Literal["utterance", "journey", "tick", "context", "feedback"]
    catalogue: Identifier
    conversation_id: Identifier
    at: Timestamp
    source: Source
    tenant: Identifier | None = None
    industry: Identifier | None = None
    customer_id: Identifier | None = None
    agent_id: Identifier | None = None
    channel: Channel | None = None
    attributes: dict[str, Any] | None = None
    event_id: Identifier | None = None
    journey: Journey | None = None
    message_id: Identifier | None = None
    role: Role | None = None
    text: str | None = None
    sentiment: Sentiment | None = None
    sentiment_probabilities: dict[str, Probability] | None = None
    valence: Annotated[float, Field(ge=-1.0, le=1.0)] | None = None
    arousal: Probability | None = None
    intensity: Annotated[int, Field(ge=0, le=3)] | None = None
    emotions: dict[str, Probability] | None = None
    intents: dict[str, Probability] | None = None
    cues: dict[str, Probability] | None = None
    emotions_present: Seq[str] | None = None
    intents_present: Seq[str] | None = None
    cues_present: Seq[str] | None = None
    sketch: Seq[Annotated[int, Field(ge=-128, le=127)]] | None = None
    language: Language | None = None
    spans: Seq[Span] | None = None
    case_refs: Seq[CaseReference] | None = None
    topic: str | None = None
    formality: Literal["formal", "informal"] | None = None
    model: str | None = None
    confidence: Probability | None = None
    abstain: bool | None = None
    degraded: bool | None = None
    truncated: bool | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [name for name in _NEEDED.get(self.kind, ()) if getattr(self, name) is None]
        if missing:
            raise ValueError(f"a {self.kind} needs {', '.join(missing)}")
        return self
