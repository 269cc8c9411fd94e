"""The problem's topic, from the intents that are present."""

from collections.abc import Mapping, Sequence
from typing import Final

# Intents that name a problem, and the topic under which a case worker files it. Manners of speaking
# (urgency, greeting, threats, praise) and bare questions name none.
TOPIC_OF_INTENT: Final[Mapping[str, str]] = {
    "fraud_report": "fraud",
    "lost_or_stolen": "lost_or_stolen",
    "travel_disruption": "travel_disruption",
    "service_outage": "outage",
    "product_fault": "product_fault",
    "delivery_problem": "delivery",
    "billing_dispute": "billing",
    "refund_request": "refund",
    "payment_difficulty": "payment_difficulty",
    "account_access": "account_access",
    "booking_change": "booking",
    "appointment_change": "appointment",
    "cancel_service": "cancellation",
    "switch_to_competitor": "cancellation",
    "bereavement_or_illness": "life_event",
    "case_status": "case_status",
}


def topic_of(intents: Mapping[str, float] | None, present: Sequence[str] | None) -> str | None:
    """Topic of the most probable problem intent that is present (ties: the order above); None if there is
    none.
    """
    if intents is None or not present:
        return None
    problems = [intent for intent in TOPIC_OF_INTENT if intent in present]
    return TOPIC_OF_INTENT[max(problems, key=lambda intent: intents.get(intent, 0.0))] if problems else None
