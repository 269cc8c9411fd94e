"""The label sets of product.md U1-U3, in the order in which the model's heads emit them."""

from typing import Final

SENTIMENTS: Final = ("negative", "neutral", "positive")

EMOTIONS: Final = (
    "anger",
    "frustration",
    "disappointment",
    "sadness",
    "anxiety",
    "confusion",
    "surprise",
    "joy",
    "gratitude",
)

INTENTS: Final = (
    "complaint",
    "cancel_service",
    "refund_request",
    "billing_dispute",
    "payment_difficulty",
    "lost_or_stolen",
    "fraud_report",
    "delivery_problem",
    "product_fault",
    "service_outage",
    "travel_disruption",
    "appointment_change",
    "booking_change",
    "information_request",
    "account_access",
    "case_status",
    "talk_to_human",
    "legal_or_regulator_threat",
    "public_exposure_threat",
    "switch_to_competitor",
    "bereavement_or_illness",
    "urgency",
    "praise_or_thanks",
    "greeting",
    "affirm",
    "deny",
    "insult",
)

CUES: Final = (
    "repeat_contact",
    "vulnerability",
    "high_stakes",
    "leaving",
    "sarcasm",
    "not_about_company",
    "critical_event",
    "apology_accepted",
    "leaving_confirmed",
    "contempt_or_ultimatum",
    "formula",
    "cannot_help",
)

LANGUAGES: Final = ("es", "ca", "en", "pt", "mixed", "und")
