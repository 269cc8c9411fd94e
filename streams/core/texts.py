"""`texts.yaml`: reasons as one line in the conversation's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Final, Literal

from streams.core.phrases import LANGUAGES
from streams.core.yaml_nodes import YamlNode

Spoken = Literal["es", "ca", "en", "pt"]
Values = Mapping[str, str | int]

CODES: Final[Mapping[str, frozenset[str]]] = {
    code: frozenset(values.split())
    for code, values in {
        "anger_peak": "", "frustration_buildup": "turns", "churn_risk": "", "churn_confirmed": "",
        "reputation_legal": "", "reputation_public": "", "vulnerable_customer": "", "critical_event": "event",
        "critical_event_vulnerable": "event", "unresolved_repeat": "", "unresolved_repeat_counted": "times",
        "unresolved_repeat_2": "times", "unresolved_repeat_3": "times", "bot_failure": "answers", "human_request": "",
        "human_button": "", "delight": "", "recovery": "", "recovered_accepted": "", "recovered_answered": "",
        "lost_left": "", "lost_filed": "", "lost_abandoned": "", "lost_negative_end": "", "closed_ended": "",
        "closed_silence": "", "closed_anger": "", "retracted": "",
    }.items()
}  # fmt: skip
"""Every because_code, with the values that its line may name."""

_FACTS: Final[Mapping[str, frozenset[str]]] = {
    "care": frozenset(), "bot_failed": frozenset({"answers"}), "bot_gave_up": frozenset(), "asked": frozenset(),
    "other_event": frozenset(),
}  # fmt: skip


def spoken(language: str) -> Spoken:
    """The language to answer in: mixed in Spanish, undetermined in English."""
    if language in ("es", "ca", "en", "pt"):
        return language  # type: ignore[return-value]  # one of the four, as the line above says
    return "es" if language == "mixed" else "en"


@dataclass(frozen=True, slots=True)
class Texts:
    """Templates by code and language."""

    with_case: Mapping[str, str]
    kinds: Mapping[str, Mapping[str, str]]
    topics: Mapping[str, Mapping[str, str]]
    because: Mapping[str, Mapping[str, str]]
    facts: Mapping[str, Mapping[str, str]]

    def line(self, code: str, values: Values, language: Spoken) -> str:
        """The reason without its case, starting in lower case."""
        return self.because[code][language].format_map(values)

    def because_line(self, code: str, values: Values, language: Spoken) -> str:
        """The reason as one sentence, the case first where `values` name one."""
        line = self.line(code, values, language)
        case = self.case(values, language)
        if case:
            line = self.with_case[language].format(case=case, line=line)
        return line[:1].upper() + line[1:]

    def case(self, values: Values, language: Spoken) -> str:
        """Such as "claim 3322, refund"; empty if no case is known."""
        if "case" not in values:
            return ""
        kind = self.kinds.get(str(values.get("case_kind")), self.kinds["reference"])[language]
        topic = self.topic(str(values.get("topic", "")), language)
        return f"{kind} {values['case']}" + (f", {topic}" if topic else "")

    def topic(self, topic: str | None, language: Spoken) -> str:
        """The topic's name; empty if it has none here (private ones have none)."""
        return self.topics.get(topic or "", {}).get(language, "")

    def fact(self, name: str, values: Values, language: Spoken) -> str:
        """One of the lines under `facts`."""
        return self.facts[name][language].format_map(values)


def _by_language(node: YamlNode, allowed: frozenset[str] | None = None) -> dict[str, str]:
    fields = node.fields(required=LANGUAGES)
    lines = {}
    for language in LANGUAGES:
        text = fields[language].text()
        if "\n" in text:
            raise fields[language].error("write one line")
        if allowed is not None:
            try:
                named = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
            except ValueError:
                raise fields[language].error("a brace is not closed; close it or double it") from None
            if not named <= allowed:
                raise fields[language].error(
                    f"{{{min(named - allowed)}}} has no value here; "
                    + (f"use {', '.join(sorted(allowed))}" if allowed else "this line has no values")
                )
        lines[language] = text
    return lines


def _templates(node: YamlNode, known: Mapping[str, frozenset[str]]) -> dict[str, dict[str, str]]:
    fields = node.fields(required=tuple(known))
    return {name: _by_language(fields[name], allowed) for name, allowed in known.items()}


def read_texts(node: YamlNode) -> Texts:
    """`texts.yaml`; every code has its line in every language."""
    fields = node.fields(required=("with_case", "kinds", "topics", "because", "facts"))
    kinds = {name: _by_language(kind) for name, kind in fields["kinds"].items()}
    if "reference" not in kinds:
        raise fields["kinds"].error("reference is missing; unknown kinds of case are named by it")
    return Texts(
        with_case=_by_language(fields["with_case"], frozenset({"case", "line"})),
        kinds=kinds,
        topics={name: _by_language(topic) for name, topic in fields["topics"].items()},
        because=_templates(fields["because"], CODES),
        facts=_templates(fields["facts"], _FACTS),
    )
