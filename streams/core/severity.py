"""How severe a moment is (product.md M1).

Severity 0-100, clamped: base + 10 x intensity + 10 if high_stakes + 10 if repeat_contact + 15 for a critical_event of a
vulnerable customer; delight and recovery stay below 40. The numbers stand in the catalogue.
"""

from streams.core.moment_types import MomentRule, SeverityTerms


def severity_of(
    rule: MomentRule, terms: SeverityTerms, intensity: int, *, stakes: bool, repeat: bool, vulnerable: bool
) -> int:
    """Severity of a moment of this type.

    Args:
        intensity: 0-3, the strongest of the moment's evidence.
        stakes: whether the customer has told of high stakes in this conversation.
        repeat: whether the customer has told of an earlier contact that failed.
        vulnerable: whether the customer has been seen to be vulnerable in this conversation.
    """
    severity = rule.base + terms.per_intensity * intensity
    severity += terms.high_stakes * stakes + terms.repeat_contact * repeat
    if rule.critical and vulnerable:
        severity += terms.vulnerable_critical_event
    if rule.polarity == "positive":
        severity = min(severity, terms.positive_below - 1)
    return max(0, min(100, severity))
