"""Deterministic ids: the same live and in any replay (architecture.md, "Delivery and state")."""

from typing import Final
from uuid import UUID, uuid5

NAMESPACE: Final = UUID("6f0a5a0c-2f5f-5c1b-9a56-7d1c8a1f4e11")

# A separator that no id can contain keeps ("ab", "c") and ("a", "bc") apart.
_SEPARATOR: Final = "\x1f"


def _name(*parts: str) -> str:
    return str(uuid5(NAMESPACE, _SEPARATOR.join(part.replace(_SEPARATOR, " ") for part in parts)))


def incident_id(conversation_id: str, what: str, opened_by: str, ordinal: int) -> str:
    """Names a moment, routing or escalation through all its phases.

    Args:
        what: the moment's type, the routing's action and reason, or the escalation's target area.
        opened_by: id of the message, event or deadline that opened it.
        ordinal: 0 for the first incident that `opened_by` opened of this kind.
    """
    return _name("incident", conversation_id, what, opened_by, str(ordinal))


def record_id(incident: str, phase: str, cause: str, rule: str, rule_version: str) -> str:
    """Names one emitted record; readers drop repeats by it.

    Args:
        incident: what `incident_id` gave, or the conversation id of a closing summary.
        phase: the phase, status or revision that the record tells.
        cause: message id + revision, event id, or deadline name + due time.
    """
    return _name("record", incident, phase, cause, rule, rule_version)
