"""What goes out: moments, routing, escalations, what the budget held back, closing summaries."""

from typing import Annotated, Any, Literal

from pydantic import Field

from schemas.inputs import Channel
from schemas.record import Identifier, Part, Probability, Record, Seq
from schemas.scored import CaseReference, Language
from schemas.times import Timestamp

MomentType = Literal[
    "anger_peak",
    "frustration_buildup",
    "churn_risk",
    "reputation_risk",
    "vulnerable_customer",
    "critical_event",
    "unresolved_repeat",
    "bot_failure",
    "human_request",
    "delight",
    "recovery",
]
Phase = Literal["opened", "updated", "recovered", "lost", "closed", "retracted"]
Status = Literal["raised", "updated", "withdrawn", "resolved"]
Hundred = Annotated[int, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=0)]


class Evidence(Part):
    """The words that carried a decision: code points `begin` to `end` of the masked utterance."""

    message_id: Identifier
    begin: Count
    end: Count
    text: str


class Because(Part):
    """A reason as data, which readers render in any language."""

    code: str
    values: dict[str, Any]


class Moment(Record):
    """`cx.moments`: one phase of one moment of truth."""

    moment_id: Identifier
    conversation_id: Identifier
    customer_id: Identifier | None = None
    type: MomentType
    phase: Phase
    polarity: Literal["negative", "positive"]
    severity: Hundred
    probability: Probability | None
    message_id: Identifier | None
    at: Timestamp
    evidence: Seq[Evidence]
    because: str
    because_code: Because
    trigger: str | None = None
    confidence: Probability | None
    abstain: bool
    degraded: bool
    case_refs: Seq[CaseReference]
    rule: str
    rule_version: str
    model: str | None
    catalogue: str
    tenant: Identifier | None = None
    industry: Identifier | None = None
    channel: Channel | None
    record_id: Identifier


class Context(Part):
    """What the next person must know so that nobody asks twice."""

    case_refs: Seq[CaseReference]
    topic: str | None
    facts: dict[str, Any]
    expected: str | None = None
    happened: str | None = None
    summary: str


class Routing(Record):
    """`cx.routing`: what a routing engine should do."""

    routing_id: Identifier
    conversation_id: Identifier
    status: Status
    supersedes: Identifier | None = None
    action: Literal["route", "handoff_to_human", "switch_channel"]
    reason: str
    priority: Hundred
    required_skills: Seq[str]
    language: Language
    department: str | None = None
    script_override_allowed: bool
    aht_exempt: bool
    to_channel: str | None = None
    context: Context
    moment_ids: Seq[Identifier]
    record_id: Identifier
    at: Timestamp


class Escalation(Record):
    """`cx.escalations`: one for each conversation and target area, then its later states."""

    escalation_id: Identifier
    conversation_id: Identifier
    status: Status
    reason: str
    severity: Hundred
    target_area: str
    due_at: Timestamp
    moment_ids: Seq[Identifier]
    context: Context
    record_id: Identifier
    at: Timestamp


class Suppressed(Record):
    """`cx.suppressed`: a routing, escalation or guidance record that the alert budget held back."""

    record_id: Identifier
    topic: str
    record: dict[str, Any]
    reason: str
    until: Timestamp
    at: Timestamp


class Peak(Part):
    """The lowest or highest customer valence and the utterances that reached it."""

    value: Annotated[float, Field(ge=-1.0, le=1.0)]
    message_ids: Seq[Identifier]


class Effort(Part):
    """What the contact cost the customer."""

    turns: Count
    repeats: Count
    transfers: Count
    wait_seconds: Annotated[float, Field(ge=0.0)]


class Conversation(Record):
    """`cx.conversations`: the closing summary; a later `revision` replaces an earlier one."""

    conversation_id: Identifier
    revision: Annotated[int, Field(ge=1)]
    customer_id: Identifier | None = None
    channel: Channel | None
    language: Language
    started_at: Timestamp
    ended_at: Timestamp
    peak_negative: Peak | None
    peak_positive: Peak | None
    end: Annotated[float, Field(ge=-1.0, le=1.0)] | None
    composite: Annotated[float, Field(ge=-1.0, le=1.0)] | None
    formula: str
    predicted_csat: Annotated[float, Field(ge=1.0, le=5.0)] | None
    effort: Effort
    outcome: Literal["resolved", "unresolved", "lost", "abandoned", "unknown"]
    advocate: bool
    churn: bool
    agent_ids: Seq[Identifier]
    tenant: Identifier | None = None
    industry: Identifier | None = None
    model: str | None
    moments: Seq[Identifier]
    record_id: Identifier
