"""Turns input records into entries of `cx.scored`: what stage two sees, and all it sees."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from schemas.inputs import JourneyEvent, Message, TranscriptSegment
from schemas.scored import Scored
from schemas.times import epoch_ms, rfc3339
from schemas.topics import JOURNEY, MESSAGES, TRANSCRIPTS

Input = Message | TranscriptSegment | JourneyEvent

DECODERS: Final[dict[str, type[Input]]] = {
    MESSAGES: Message,
    TRANSCRIPTS: TranscriptSegment,
    JOURNEY: JourneyEvent,
}
"""The input topics, in the order in which records of equal time are merged: words before what follows them."""


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """A text to score; `language` is what the producer says it is, used only where the text does not tell."""

    text: str
    language: str | None = None


class TextScorer(Protocol):
    """Scores texts, one batch at a time, always on the same thread."""

    @property
    def identity(self) -> str:
        """Weights digest, runtime and precision."""
        ...

    def score(self, requests: list[ScoreRequest]) -> list[dict[str, Any]]:
        """One mapping a request, in order: the scoring fields of a `Scored` record, text masked."""
        ...

    def mask(self, text: str) -> str:
        """The text with personal data replaced."""
        ...


def request_of(record: Message | TranscriptSegment) -> ScoreRequest:
    """What the scorer needs to know of an utterance."""
    return ScoreRequest(record.text, record.language if isinstance(record, Message) else None)


def scored_utterance(
    record: Message | TranscriptSegment,
    score: dict[str, Any],
    *,
    catalogue: str,
    defaults: dict[str, str],
    mask: Callable[[str], str],
) -> Scored:
    """The entry for an utterance. A transcript segment is said at its end.

    Args:
        defaults: values for `tenant` and `industry` where the record has none.
    """
    if isinstance(record, Message):
        message_id, at = record.message_id, record.sent_at
        source: dict[str, Any] = {"topic": MESSAGES}
        attributes = _masked(record.attributes, mask)
    else:
        message_id = record.segment_id
        at = rfc3339(epoch_ms(record.started_at) + record.end_ms)
        source = {"topic": TRANSCRIPTS, "revision": record.revision, "is_final": record.is_final}
        attributes = None
    optional = {
        "tenant": record.tenant or defaults.get("tenant"),
        "industry": record.industry or defaults.get("industry"),
        "customer_id": record.customer_id,
        "agent_id": record.agent_id,
        "attributes": attributes,
    }
    return Scored.from_value(
        {
            "kind": "utterance",
            "catalogue": catalogue,
            "conversation_id": record.conversation_id,
            "at": at,
            "source": source,
            "message_id": message_id,
            "role": record.role,
            "channel": record.channel,
            **{name: value for name, value in optional.items() if value is not None},
            **score,
        }
    )


def _masked(value: Any, mask: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, int) and not isinstance(value, bool):
        # A phone or card number may come as a number too.
        digits = str(value)
        masked = mask(digits)
        return value if masked == digits else masked
    if isinstance(value, dict):
        return {name: _masked(part, mask) for name, part in value.items()}
    if isinstance(value, list):
        return [_masked(part, mask) for part in value]
    return value


def scored_journey(
    record: JourneyEvent, *, catalogue: str, defaults: dict[str, str], mask: Callable[[str], str]
) -> Scored:
    """The entry for a journey event that names a conversation; free text in its attributes (notes) is masked.

    Raises:
        ValueError: it names none; such events are for customer-level readers.
    """
    if record.conversation_id is None:
        raise ValueError("a journey event without a conversation has no place in cx.scored")
    journey = {
        "kind": record.kind,
        "queue": record.queue,
        "queue_position": record.queue_position,
        "attributes": _masked(record.attributes, mask),
    }
    optional = {
        "customer_id": record.customer_id,
        "channel": record.channel,
        "tenant": defaults.get("tenant"),
        "industry": defaults.get("industry"),
    }
    return Scored.from_value(
        {
            "kind": "journey",
            "catalogue": catalogue,
            "conversation_id": record.conversation_id,
            "at": record.at,
            "source": {"topic": JOURNEY},
            "event_id": record.event_id,
            "journey": {name: value for name, value in journey.items() if value is not None},
            **{name: value for name, value in optional.items() if value is not None},
        }
    )
