"""Turns input records into entries of `cx.scored`: what stage two sees, and all it sees."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from schemas.inputs import JourneyEvent, Message, TranscriptSegment
from schemas.scored import Scored
from schemas.times import epoch_ms, rfc3339
from schemas.topics import JOURNEY, MESSAGES, TRANSCRIPTS
from streams.runtime.attribute_mask import AttributeMask
from streams.runtime.prosody import Use, fused, usable

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


class ScoringError(RuntimeError):
    """No entry could be made of a record; only the kind of failure is told, as its message may quote the text."""


@dataclass(frozen=True, slots=True)
class LogContext:
    """What an entry says beside its record.

    Attributes:
        catalogue: digest of the rule catalogue in force.
        defaults: values for `tenant` and `industry` where the record has none.
        prosody: whose voice features may move arousal.
    """

    catalogue: str
    defaults: Mapping[str, str]
    prosody: Use = "off"


Entry = tuple[Scored, bytes] | Exception
"""An entry of `cx.scored` with its bytes, or why there is none: that record is kept whole as a dead letter."""


def entries_of(records: Sequence[Input], scorer: TextScorer, context: LogContext) -> list[Entry]:
    """The entries of some records, in their order. No record takes the others with it if it fails."""
    utterances = [record for record in records if not isinstance(record, JourneyEvent)]
    answers = iter(_answers(scorer, [request_of(record) for record in utterances]))
    entries: list[Entry] = []
    for record in records:
        answer = None if isinstance(record, JourneyEvent) else next(answers)
        if isinstance(answer, Exception):
            entries.append(answer)
            continue
        try:
            if isinstance(record, JourneyEvent):
                entry = scored_journey(record, context, scorer.mask)
            else:
                entry = scored_utterance(record, answer or {}, context, scorer.mask)
            entries.append((entry, entry.encode()))
        except Exception as error:  # noqa: BLE001 - whatever it is about a record, it must not end the worker
            entries.append(error)
    return entries


def _answers(scorer: TextScorer, requests: list[ScoreRequest]) -> list[dict[str, Any] | Exception]:
    if not requests:
        return []
    try:
        return list(scorer.score(requests))
    except Exception as error:  # noqa: BLE001 - one text must not take its batch with it: each is tried alone
        if len(requests) == 1:
            return [error]
    return [answer for request in requests for answer in _answers(scorer, [request])]


def request_of(record: Message | TranscriptSegment) -> ScoreRequest:
    """What the scorer needs to know of an utterance."""
    return ScoreRequest(record.text, record.language if isinstance(record, Message) else None)


def scored_utterance(
    record: Message | TranscriptSegment, score: dict[str, Any], context: LogContext, mask: Callable[[str], str]
) -> Scored:
    """The entry for an utterance. A transcript segment is said at its end; attributes are masked.

    Raises:
        OverflowError: a segment ends after the year 9999.
    """
    masked = AttributeMask(mask)
    if isinstance(record, Message):
        message_id, at = record.message_id, record.sent_at
        source: dict[str, Any] = {"topic": MESSAGES}
        attributes = masked(record.attributes)
    else:
        message_id = record.segment_id
        at = rfc3339(epoch_ms(record.started_at) + record.end_ms)
        source = {"topic": TRANSCRIPTS, "revision": record.revision, "is_final": record.is_final}
        attributes = None
    voice = usable(record, context.prosody)
    if voice is not None and score.get("arousal") is not None:
        score = {**score, "arousal": fused(score["arousal"], voice)}
        source["prosody"] = True
    optional = {
        "tenant": record.tenant or context.defaults.get("tenant"),
        "industry": record.industry or context.defaults.get("industry"),
        "customer_id": record.customer_id,
        "agent_id": record.agent_id,
        "attributes": attributes,
        "truncated": True if masked.cut else None,
    }
    return Scored.from_value(
        {
            "kind": "utterance",
            "catalogue": context.catalogue,
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


def scored_journey(record: JourneyEvent, context: LogContext, mask: Callable[[str], str]) -> Scored:
    """The entry for a journey event that names a conversation; free text in it (notes) is masked.

    Raises:
        ValueError: it names none; such events are for customer-level readers.
    """
    if record.conversation_id is None:
        raise ValueError("a journey event without a conversation has no place in cx.scored")
    masked = AttributeMask(mask)
    journey = {
        "kind": record.kind,
        "queue": None if record.queue is None else masked.text(record.queue),
        "queue_position": record.queue_position,
        "attributes": masked(record.attributes),
    }
    optional = {
        "customer_id": record.customer_id,
        "channel": record.channel,
        "tenant": context.defaults.get("tenant"),
        "industry": context.defaults.get("industry"),
        "truncated": True if masked.cut else None,
    }
    return Scored.from_value(
        {
            "kind": "journey",
            "catalogue": context.catalogue,
            "conversation_id": record.conversation_id,
            "at": record.at,
            "source": {"topic": JOURNEY},
            "event_id": record.event_id,
            "journey": {name: value for name, value in journey.items() if value is not None},
            **{name: value for name, value in optional.items() if value is not None},
        }
    )
