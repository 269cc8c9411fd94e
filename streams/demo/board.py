"""What a demo has seen: records in, changes to show and a summary out. Pure; the views only draw it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from schemas.outputs import Conversation, Escalation, Moment, Routing
from schemas.record import DecodeError
from schemas.scored import Scored
from schemas.times import epoch_ms
from schemas.topics import (
    CONVERSATIONS,
    ESCALATIONS,
    JOURNEY,
    MESSAGES,
    MOMENTS,
    RECORD_TYPES,
    ROUTING,
    SCORED,
    TRANSCRIPTS,
)
from streams.demo.latency import Latencies

FOLLOWED: Final = (MESSAGES, TRANSCRIPTS, JOURNEY, SCORED, MOMENTS, ROUTING, ESCALATIONS, CONVERSATIONS)
"""The topics whose records the board takes."""

HANDOFF: Final = "handoff_to_human"
_ENDED: Final = frozenset({"recovered", "lost", "closed", "retracted"})


@dataclass(frozen=True, slots=True)
class MomentShown:
    """A moment that opened, changed its severity or ended."""

    at_ms: int
    conversation_id: str
    language: str
    type: str
    phase: str
    polarity: str
    severity: int
    words: str
    because: str


@dataclass(frozen=True, slots=True)
class ActionShown:
    """A hand-off to a person or an escalation that was raised; `target` is its reason or its area."""

    at_ms: int
    conversation_id: str
    kind: str
    target: str
    detail: str


Shown = MomentShown | ActionShown


@dataclass(slots=True)
class ConversationSeen:
    """One conversation; `closing` is its last summary, None while it is open."""

    conversation_id: str
    channel: str | None = None
    language: str = "und"
    utterances: int = 0
    moments: set[str] = field(default_factory=set)
    handoffs: set[str] = field(default_factory=set)
    escalations: set[str] = field(default_factory=set)
    closing: Conversation | None = None


class DemoBoard:
    """Takes the records of `FOLLOWED` topics, repeats included, and keeps what a viewer wants to know."""

    def __init__(self) -> None:
        self.conversations: dict[str, ConversationSeen] = {}
        self.latencies = Latencies()
        self.utterances = 0
        self._moments: dict[str, Moment] = {}
        self._languages: dict[str, str] = {}
        self._records: set[str] = set()

    @property
    def open_moments(self) -> int:
        """Moments that have opened and not ended."""
        return sum(moment.phase not in _ENDED for moment in self._moments.values())

    @property
    def moments(self) -> int:
        """Moments seen, whatever became of them."""
        return len(self._moments)

    @property
    def handoffs(self) -> int:
        """Hand-offs to people seen, each of a conversation's reasons once."""
        return sum(len(seen.handoffs) for seen in self.conversations.values())

    @property
    def escalations(self) -> int:
        """Escalations seen."""
        return sum(len(seen.escalations) for seen in self.conversations.values())

    @property
    def closed(self) -> Sequence[ConversationSeen]:
        """Conversations that have a closing summary."""
        return [seen for seen in self.conversations.values() if seen.closing is not None]

    def take(self, topic: str, value: bytes | None, seen_ms: int) -> list[Shown]:
        """Takes a record of `topic` (name without prefix) that arrived at `seen_ms`; tells what is to be shown."""
        try:
            record = RECORD_TYPES[topic].decode(value or b"")
        except DecodeError:
            return []  # the pipeline puts it into the dead-letter topic; there is nothing to draw
        record_id = getattr(record, "record_id", None)
        if record_id is not None:
            if record_id in self._records:
                return []
            self._records.add(record_id)
        match record:
            case Scored():
                self._scored(record)
            case Moment():
                return self._moment(record, seen_ms)
            case Routing():
                return self._routing(record)
            case Escalation():
                return self._escalation(record)
            case Conversation():
                self._conversation(record.conversation_id).closing = record
            case _:
                self._input(record.value(), seen_ms)
        return []

    def _conversation(self, conversation_id: str) -> ConversationSeen:
        return self.conversations.setdefault(conversation_id, ConversationSeen(conversation_id))

    def _input(self, value: Mapping[str, object], seen_ms: int) -> None:
        conversation_id = value.get("conversation_id")
        utterance_id = value.get("message_id") or value.get("segment_id")
        if conversation_id is None:
            return
        seen = self._conversation(str(conversation_id))
        channel = value.get("channel")
        seen.channel = str(channel) if channel is not None else seen.channel
        if utterance_id is not None:
            seen.utterances += 1
            self.utterances += 1
            self.latencies.said(str(utterance_id), seen_ms)

    def _scored(self, record: Scored) -> None:
        if record.kind != "utterance" or record.message_id is None or record.language is None:
            return
        self._languages[record.message_id] = record.language
        # A greeting or a number may not tell its language; what was known stays.
        if record.role == "customer" and record.language != "und":
            self._conversation(record.conversation_id).language = record.language

    def _moment(self, moment: Moment, seen_ms: int) -> list[Shown]:
        seen = self._conversation(moment.conversation_id)
        before = self._moments.get(moment.moment_id)
        self._moments[moment.moment_id] = moment
        seen.moments.add(moment.moment_id)
        if before is None and moment.message_id is not None and moment.trigger is None:
            self.latencies.found(moment.message_id, seen_ms)
        if before is not None and moment.phase == "updated" and moment.severity <= before.severity:
            return []
        language = self._languages.get(moment.message_id or "", "und")
        return [
            MomentShown(
                at_ms=epoch_ms(moment.at),
                conversation_id=moment.conversation_id,
                language=seen.language if language == "und" else language,
                type=moment.type,
                phase=moment.phase,
                polarity=moment.polarity,
                severity=moment.severity,
                words=" … ".join(part.text for part in moment.evidence),
                because=moment.because,
            )
        ]

    def _routing(self, routing: Routing) -> list[Shown]:
        seen = self._conversation(routing.conversation_id)
        if routing.action != HANDOFF or routing.status != "raised" or routing.routing_id in seen.handoffs:
            return []
        seen.handoffs.add(routing.routing_id)
        detail = f"priority {routing.priority}"
        return [ActionShown(epoch_ms(routing.at), routing.conversation_id, "hand-off", routing.reason, detail)]

    def _escalation(self, escalation: Escalation) -> list[Shown]:
        seen = self._conversation(escalation.conversation_id)
        if escalation.status != "raised" or escalation.escalation_id in seen.escalations:
            return []
        seen.escalations.add(escalation.escalation_id)
        detail = f"severity {escalation.severity}, due {escalation.due_at[11:16]}"
        return [
            ActionShown(
                epoch_ms(escalation.at), escalation.conversation_id, "escalation", escalation.target_area, detail
            )
        ]
