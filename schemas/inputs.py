"""What comes in: messages, transcript segments, journey events, profiles, feedback."""

from typing import Annotated, Any, Literal

from pydantic import Field

from schemas.record import Identifier, Part, Probability, Record, Seq
from schemas.times import Timestamp

Role = Literal["customer", "agent", "bot"]
TextChannel = Literal["webchat", "whatsapp", "email", "social", "sms", "app", "branch"]
Channel = Literal["webchat", "whatsapp", "email", "social", "sms", "app", "branch", "voice"]
JourneyKind = Literal[
    "queued",
    "answered",
    "bot_no_match",
    "transferred",
    "hold_started",
    "hold_ended",
    "ended",
    "abandoned",
    "human_requested",
    "case_opened",
    "case_closed",
    "agent_note",
    "appointment_booked",
    "appointment_reminded",
    "no_show",
    "purchase",
]


CallTime = Annotated[int, Field(ge=0, le=366 * 24 * 3_600_000)]
"""Milliseconds since a call began; no call lasts longer than a year."""


class Message(Record):
    """`cx.messages`: one chat message, e-mail or post."""

    message_id: Identifier
    conversation_id: Identifier
    customer_id: Identifier | None = None
    tenant: Identifier | None = None
    industry: Identifier | None = None
    channel: TextChannel
    role: Role
    agent_id: Identifier | None = None
    text: str
    sent_at: Timestamp
    language: str | None = None
    attributes: dict[str, Any] | None = None


class Prosody(Part):
    """Voice features against the speaker's own baseline, in standard deviations."""

    pitch: float | None = None
    energy: float | None = None
    rate: float | None = None


class TranscriptSegment(Record):
    """`cx.transcripts`: a stretch of recognised speech, partial or final, possibly revised later."""

    segment_id: Identifier
    conversation_id: Identifier
    customer_id: Identifier | None = None
    tenant: Identifier | None = None
    industry: Identifier | None = None
    channel: Literal["voice"]
    role: Role
    agent_id: Identifier | None = None
    text: str
    is_final: bool
    revision: Annotated[int, Field(ge=0)]
    begin_ms: CallTime
    end_ms: CallTime
    started_at: Timestamp
    asr_confidence: Probability | None = None
    prosody: Prosody | None = None


class JourneyEvent(Record):
    """`cx.journey`: what happens around the words."""

    event_id: Identifier
    conversation_id: Identifier | None = None
    customer_id: Identifier | None = None
    kind: JourneyKind
    at: Timestamp
    channel: Channel | None = None
    queue: str | None = None
    queue_position: Annotated[int, Field(ge=0)] | None = None
    attributes: dict[str, Any] | None = None


class Profile(Record):
    """`cx.profiles`: what is known of a customer; the latest record counts."""

    customer_id: Identifier
    segment: str | None = None
    value_tier: str | None = None
    nps: Annotated[int, Field(ge=0, le=10)] | None = None
    language: str | None = None
    aliases: Seq[Identifier] | None = None
    attributes: dict[str, Any] | None = None


class Feedback(Record):
    """`cx.feedback`: what customers and supervisors say of a conversation or a moment."""

    feedback_id: Identifier
    conversation_id: Identifier | None = None
    customer_id: Identifier | None = None
    supervisor_id: Identifier | None = None
    kind: Literal["csat", "nps", "ces", "alert_acknowledged", "alert_dismissed", "label"]
    score: float | None = None
    moment_id: Identifier | None = None
    comment: str | None = None
    at: Timestamp
