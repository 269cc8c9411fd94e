"""The closing summary (product.md C1): peak-end, predicted satisfaction, effort, outcome, advocate and churn."""

from typing import Any, Literal, cast

from schemas.identifiers import record_id
from schemas.outputs import Conversation, Effort, Peak
from schemas.scored import Language
from schemas.times import rfc3339
from streams.core.analysis import Analysis
from streams.core.catalogue import Catalogue
from streams.core.incidents import Incident
from streams.core.peak_end import composite_of, end_of
from streams.core.state import ConversationState
from streams.core.tally import main_language

Outcome = Literal["resolved", "unresolved", "lost", "abandoned", "unknown"]


def outcome_of(analysis: Analysis, catalogue: Catalogue) -> Outcome:
    """How it ended, the first that holds.

    abandoned (the customer gave up), lost (a moment was lost), resolved (the customer accepted or thanked, or ended at
    `resolved_end` or better, and no negative moment was left open), unresolved (a negative moment was left open, or it
    ended in negative words), else unknown. Acceptance settles what ended before it; what was lost before the customer
    came back is left open until then.
    """
    rules = catalogue.moments.rules
    if analysis.closed == "abandoned":
        return "abandoned"
    unsettled = [each for each in _unsettled(analysis) if rules[each.type].polarity == "negative"]
    if any(_is_lost(each, analysis) for each in unsettled):
        return "lost"
    left_open = bool(unsettled)
    end = end_of(analysis.curve)
    well = end is not None and end >= catalogue.closing.resolved_end
    if not left_open and (analysis.tally.last_accepts or well):
        return "resolved"
    if left_open or analysis.tally.last_negative:
        return "unresolved"
    return "unknown"


def _unsettled(analysis: Analysis) -> list[Incident]:
    """Moments that were lost or closed, and that the customer has not accepted since."""
    accepted = analysis.tally.accepted_seq
    return [each for each in analysis.incidents if each.phase in ("lost", "closed") and each.fired >= accepted]


def _is_lost(incident: Incident, analysis: Analysis) -> bool:
    """Whether it was lost since the customer last came back."""
    return incident.phase == "lost" and incident.opened_seq >= analysis.reopened


def predicted_csat_of(analysis: Analysis, catalogue: Catalogue) -> float | None:
    """Centre + slope x composite, within 1 to 5; None without a composite."""
    composite = composite_of(analysis.curve)
    if composite is None:
        return None
    closing = catalogue.closing
    return round(max(1.0, min(5.0, closing.csat_centre + closing.csat_slope * composite)), 2)


def summary_of(
    state: ConversationState, catalogue: Catalogue, revision: int, ended_ms: int, cause: str
) -> Conversation:
    """The closing record of a conversation whose analysis has ended."""
    now = state.now
    curve, tally, service = now.curve, now.tally, now.service
    outcome = outcome_of(now, catalogue)
    end = end_of(curve)
    unsettled = _unsettled(now)
    churned = any(incident.type == "churn_risk" for incident in unsettled)
    lost = any(_is_lost(incident, now) for incident in unsettled)
    glad = not {"delight", "recovery"}.isdisjoint(now.seen)
    fields: dict[str, Any] = {
        "conversation_id": state.conversation_id,
        "revision": revision,
        "channel": state.channel,
        "language": cast("Language", main_language(tally)),
        "started_at": rfc3339(state.started_ms if state.started_ms is not None else ended_ms),
        "ended_at": rfc3339(ended_ms),
        "peak_negative": Peak(value=curve.low, message_ids=curve.low_ids) if curve.low_ids else None,
        "peak_positive": Peak(value=curve.high, message_ids=curve.high_ids) if curve.high_ids else None,
        "end": end,
        "composite": composite_of(curve),
        "formula": catalogue.closing.formula,
        "predicted_csat": predicted_csat_of(now, catalogue),
        "effort": Effort(
            turns=tally.turns,
            repeats=tally.repeats + service.repeated_needs,
            transfers=service.transfers,
            wait_seconds=service.waited_ms / 1000,
        ),
        "outcome": outcome,
        "advocate": glad and not lost and end is not None and end >= catalogue.closing.advocate_end,
        "churn": churned or tally.left,
        "agent_ids": state.agent_ids,
        "model": state.model,
        "moments": now.moment_ids,
        "record_id": record_id(state.conversation_id, str(revision), cause, "closing", catalogue.closing.formula),
    }
    for name in ("customer_id", "tenant", "industry"):
        value = getattr(state, name)
        if value is not None:
            fields[name] = value
    return Conversation(**fields)
