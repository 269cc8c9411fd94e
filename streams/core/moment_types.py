"""`moments.yaml`: what opens each type of moment, how severe it is, who acts on it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from schemas.inputs import JourneyKind
from schemas.labels import CUES, EMOTIONS, INTENTS
from schemas.outputs import MomentType
from streams.core.clauses import Clause, read_clause, read_clauses
from streams.core.yaml_nodes import YamlNode

MOMENT_TYPES: Final = cast("tuple[MomentType, ...]", get_args(MomentType))
_PROBABILITIES: Final = (
    *(f"emotions.{label}" for label in EMOTIONS),
    *(f"intents.{label}" for label in INTENTS),
    *(f"cues.{label}" for label in CUES),
)


@dataclass(frozen=True, slots=True)
class MomentRule:
    """One type of moment. `when` must hold of a customer turn; the rest asks for what came before.

    Critical events have entries of their own: `heard` tells where the scorer hears one, `hinted` where the wording or
    intent of an entry must agree.
    """

    type: MomentType
    version: str
    polarity: Literal["negative", "positive"]
    base: int
    target_area: str | None
    due_minutes: int | None
    when: tuple[Clause, ...]
    partial: bool
    turns: int
    before_intensity: int | None
    after: MomentType | None
    not_after: MomentType | None
    bad_answers: int | None
    critical: bool
    heard: tuple[Clause, ...]
    hinted: tuple[Clause, ...]
    button: str | None
    probability: str | None
    skills: tuple[str, ...]
    escalates_alone: bool
    escalates_with: MomentType | None
    private: bool


@dataclass(frozen=True, slots=True)
class SeverityTerms:
    """Severity = base + these, clamped to 0-100 (product.md M1)."""

    per_intensity: int
    high_stakes: int
    repeat_contact: int
    vulnerable_critical_event: int
    positive_below: int
    act_now: int
    supervisor: int
    danger: int

    def band(self, severity: int) -> int:
        """0 watch, 1 act now, 2 supervisor, 3 danger or money leaving."""
        return (severity >= self.act_now) + (severity >= self.supervisor) + (severity >= self.danger)


@dataclass(frozen=True, slots=True)
class MomentTypes:
    """The rules by type, in the order in which a turn is judged, and what they share."""

    rules: dict[str, MomentRule]
    severity: SeverityTerms
    lift: tuple[Clause, ...]
    lift_to: int
    limit: Clause
    limit_to: int
    accepts: tuple[Clause, ...]
    leaves: tuple[Clause, ...]
    lost_intensity: int


_OPTIONAL: Final = (
    "polarity", "target_area", "due_minutes", "when", "partial", "turns", "before_intensity", "after", "not_after",
    "bad_answers", "catalogue", "heard", "hinted", "button", "probability", "skills", "escalates", "private",
)  # fmt: skip


def _escalates(node: YamlNode) -> tuple[bool, MomentType | None]:
    text = node.text()
    if text == "alone":
        return True, None
    word, _, other = text.partition(" ")
    if word != "with" or other not in MOMENT_TYPES:
        raise node.error("write `alone`, or `with` and a type of moment")
    return False, other


def _rule(name: str, node: YamlNode, wordings: Collection[str]) -> MomentRule:
    if name not in MOMENT_TYPES:
        raise node.error(f"{name} is no type of moment; use {', '.join(MOMENT_TYPES)}")
    fields = node.fields(required=("version", "base"), optional=_OPTIONAL)
    if fields.keys().isdisjoint({"when", "bad_answers", "catalogue"}):
        raise node.error(f"nothing opens {name}; add `when`")
    if ("target_area" in fields) != ("due_minutes" in fields):
        raise node.error(f"{name} needs target_area and due_minutes together, or neither")
    if ("catalogue" in fields) != ("heard" in fields) or ("hinted" in fields and "heard" not in fields):
        raise node.error("`heard` (and `hinted`) tell what the events of `catalogue` go by; write both, or neither")
    alone, together = _escalates(fields["escalates"]) if "escalates" in fields else (False, None)
    if (alone or together) and "target_area" not in fields:
        raise fields["escalates"].error("what escalates needs a target_area and due_minutes; add them")
    return MomentRule(
        type=name,
        version=fields["version"].text(),
        polarity=cast(
            "Literal['negative', 'positive']",
            fields["polarity"].choice(("negative", "positive")) if "polarity" in fields else "negative",
        ),
        base=fields["base"].integer(0, 100),
        target_area=fields["target_area"].text() if "target_area" in fields else None,
        due_minutes=fields["due_minutes"].integer(1, 100_000) if "due_minutes" in fields else None,
        when=read_clauses(fields["when"], wordings) if "when" in fields else (),
        partial="partial" in fields and fields["partial"].flag(),
        turns=fields["turns"].integer(1, 20) if "turns" in fields else 1,
        before_intensity=fields["before_intensity"].integer(1, 3) if "before_intensity" in fields else None,
        after=cast("MomentType", fields["after"].choice(MOMENT_TYPES)) if "after" in fields else None,
        not_after=cast("MomentType", fields["not_after"].choice(MOMENT_TYPES)) if "not_after" in fields else None,
        bad_answers=fields["bad_answers"].integer(1, 20) if "bad_answers" in fields else None,
        critical="catalogue" in fields and fields["catalogue"].choice(("critical",)) == "critical",
        heard=read_clauses(fields["heard"], wordings) if "heard" in fields else (),
        hinted=read_clauses(fields["hinted"], wordings) if "hinted" in fields else (),
        button=fields["button"].choice(get_args(JourneyKind)) if "button" in fields else None,
        probability=fields["probability"].choice(_PROBABILITIES) if "probability" in fields else None,
        skills=fields["skills"].texts() if "skills" in fields else (),
        escalates_alone=alone,
        escalates_with=together,
        private="private" in fields and fields["private"].flag(),
    )


def _severity(node: YamlNode) -> SeverityTerms:
    terms = ("per_intensity", "high_stakes", "repeat_contact", "vulnerable_critical_event", "positive_below")
    fields = node.fields(required=(*terms, "bands"))
    bands = fields["bands"].fields(required=("act_now", "supervisor", "danger"))
    numbers = {name: fields[name].integer(0, 100) for name in terms}
    numbers |= {name: band.integer(0, 100) for name, band in bands.items()}
    if not numbers["act_now"] < numbers["supervisor"] < numbers["danger"]:
        raise fields["bands"].error("bands rise: act_now below supervisor below danger")
    return SeverityTerms(**numbers)


def read_moment_types(node: YamlNode, wordings: Collection[str]) -> MomentTypes:
    """`moments.yaml`; every type of product.md M1 must be there; `wordings` as in `read_clause`.

    Raises:
        CatalogueError: something is missing, unknown or out of range.
    """
    fields = node.fields(required=("intensity", "severity", "types", "ends"))
    rules = {name: _rule(name, rule, wordings) for name, rule in fields["types"].items()}
    missing = [name for name in MOMENT_TYPES if name not in rules]
    if missing:
        raise fields["types"].error(f"missing types: {', '.join(missing)}; add them")
    intensity = fields["intensity"].fields(required=("lift", "limit"))
    lift = intensity["lift"].fields(required=("when", "to"))
    ends = fields["ends"].fields(required=("accepts", "leaves", "lost_intensity"))
    return MomentTypes(
        rules={name: rules[name] for name in MOMENT_TYPES},
        severity=_severity(fields["severity"]),
        lift=read_clauses(lift["when"], wordings),
        lift_to=lift["to"].integer(0, 3),
        limit=read_clause(intensity["limit"], wordings, ("to",)),
        limit_to=_to(intensity["limit"]),
        accepts=read_clauses(ends["accepts"], wordings),
        leaves=read_clauses(ends["leaves"], wordings),
        lost_intensity=ends["lost_intensity"].integer(1, 3),
    )


def _to(node: YamlNode) -> int:
    for name, value in node.items():
        if name == "to":
            return value.integer(0, 3)
    raise node.error("`to` is missing; add the intensity that stands instead")
