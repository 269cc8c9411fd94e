"""What the core keeps of an utterance or a journey event: enough to judge it again, and no more.

Tuples, because the state holds up to two hundred of them and is written as JSON arrays.
"""

from typing import Final, Literal, NamedTuple

from schemas.inputs import Role

EVIDENCE_LIMIT: Final = 280
"""Code points of one evidence text (architecture.md, "Delivery and state")."""

LEAST_CHANCE: Final = 0.1
"""Probabilities below it are not kept; no rule may ask for less."""

NEGATIVE: Final = "sentiment.negative"
"""Under which name `chances` hold the probability of a negative sentiment."""

STEMS_KEPT: Final = 16
"""Of how many different longer words of an utterance a stem is kept."""

STEM_DIGITS: Final = 4
"""Hexadecimal digits of one stem in `stems`."""


class Words(NamedTuple):
    """A stretch of the masked text: code points `begin` to `end`; `polarity` -1, 1, or 0 for the plain words."""

    begin: int
    end: int
    text: str
    polarity: int


class CaseRef(NamedTuple):
    """A case number as the scorer found it."""

    kind: str
    value: str
    begin: int
    end: int


class Turn(NamedTuple):
    """One utterance with the scores that rules look at; None where the scorer gave none.

    `chances` are the probabilities of labels (`cues.leaving` and so on) and of a negative sentiment, `said` the
    catalogue's wordings found in it.
    """

    tag: Literal["u"]
    seq: int
    message_id: str
    revision: int
    role: Role
    final: bool
    at_ms: int
    time_ms: int
    agent: str | None
    language: str
    sentiment: str | None
    valence: float | None
    arousal: float | None
    intensity: int | None
    emotions: tuple[str, ...] | None
    leads: str | None
    intents: tuple[str, ...] | None
    cues: tuple[str, ...] | None
    chances: dict[str, float]
    confidence: float | None
    abstain: bool
    degraded: bool
    topic: str | None
    case_refs: tuple[CaseRef, ...]
    words: tuple[Words, ...]
    sketch: str
    stems: str
    digest: str
    # What only the full text tells, looked up before the text is let go (reading.py).
    event: str | None
    filed: bool
    said: tuple[str, ...]
    times: int

    @property
    def long_words(self) -> int:
        """How many different words of four letters, or numbers of three digits, were said (0 for an agent's turn)."""
        return len(self.stems) // STEM_DIGITS

    @property
    def personal(self) -> bool:
        """Whether a customer speaks for themselves, and the scorer stands by it."""
        return (
            self.role == "customer" and not self.abstain and (self.cues is None or "not_about_company" not in self.cues)
        )

    def has_cue(self, cue: str) -> bool:
        """Whether `cue` is present; false where the scorer has no cues."""
        return self.cues is not None and cue in self.cues

    def has_intent(self, intent: str) -> bool:
        """Whether `intent` is present; false where the scorer has no intents."""
        return self.intents is not None and intent in self.intents

    @property
    def negative(self) -> int:
        """Intensity of a negative turn, else 0."""
        return (self.intensity or 0) if self.sentiment == "negative" else 0


class Happening(NamedTuple):
    """A journey event, or the silence that closed the conversation."""

    tag: Literal["j"]
    seq: int
    event_id: str
    kind: str
    at_ms: int
    time_ms: int


Entry = Turn | Happening


def overlap(one: str, other: str) -> float:
    """Share of the stems of the shorter utterance that the other one has too; 0 if one has none.

    A single word shared by longer utterances tells nothing: it counts only if it is all that both have.
    """
    first = {one[at : at + STEM_DIGITS] for at in range(0, len(one), STEM_DIGITS)}
    second = {other[at : at + STEM_DIGITS] for at in range(0, len(other), STEM_DIGITS)}
    shorter = min(len(first), len(second))
    if shorter == 0 or (shorter == 1 and first != second):
        return 0.0
    return len(first & second) / shorter


def cosine(one: str, other: str) -> float:
    """Cosine of two sketches in hexadecimal int8; 0 if one is missing or zero, or their lengths differ."""
    if not one or len(one) != len(other):
        return 0.0
    first = memoryview(bytes.fromhex(one)).cast("b").tolist()
    second = memoryview(bytes.fromhex(other)).cast("b").tolist()
    scale = sum(map(int.__mul__, first, first)) * sum(map(int.__mul__, second, second))
    if scale == 0:
        return 0.0
    return float(sum(map(int.__mul__, first, second)) / scale**0.5)
