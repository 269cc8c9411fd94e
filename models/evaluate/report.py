"""Results as JSON and as the table of the model card."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import yaml

from models.train.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from models.evaluate.public_sets import Result

BEGIN: Final = "<!-- evaluation: begin -->"
END: Final = "<!-- evaluation: end -->"


def load_targets() -> dict[str, dict[str, Any]]:
    """Anchors, floors and goals by the name of a line (``set``, or ``set/measure`` for the own split)."""
    text = resources.files("models.evaluate").joinpath("targets.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def as_document(results: Sequence[Result], model: str, machine: str) -> dict[str, Any]:
    """A JSON document of all results."""
    lines = [
        {"set": r.name, "measure": r.measure, "value": round(r.value, 4), "rows": r.rows, **r.more} for r in results
    ]
    return {"model": model, "machine": machine, "results": lines}


def as_table(results: Sequence[Result], model: str, targets: Mapping[str, Mapping[str, Any]]) -> str:
    """A Markdown table; a value under its floor is marked."""
    lines = [
        f"Model `{model}`.",
        "",
        "| set | measure | value | floor | goal | published | rows |",
        "|---|---|---|---|---|---|---|",
    ]
    for result in results:
        target = targets.get(result.name) or targets.get(_key(result), {})
        floor, goal = target.get("floor"), target.get("goal")
        mark = " (under)" if floor is not None and result.value < floor else ""
        cells = (result.name, result.measure, f"{_short(result.value)}{mark}", _short(floor), _short(goal),
                 str(target.get("anchor", "")), str(result.rows))  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def write_card(card: Path, table: str) -> None:
    """Puts the table between the marks of the card. Raises DataError when the marks are not there."""
    text = card.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise DataError(f"{card.name} lacks the lines {BEGIN} and {END}: put them where the table belongs")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    card.write_text(f"{before}{BEGIN}\n{table}{END}{after}", encoding="utf-8")


def _key(result: Result) -> str:
    return f"{result.name}/{result.measure.removesuffix(' macro-F1').removesuffix(' micro-F1').removesuffix(' F1')}"


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}".lstrip("0") if value < 1 else f"{value:.3f}"
