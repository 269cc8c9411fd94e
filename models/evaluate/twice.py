"""The intents of dev and test as two labellers gave them, before it was decided where they differ.

``intents_twice.jsonl`` beside the written rows: ``{"id", "first", "second"}``; what was decided stands in the rows
themselves. Figures by the first labelling compare with those of models before 0.7.0.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from models.train.rows import Example, read_jsonl
from schemas.labels import INTENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FILE: Final = "intents_twice.jsonl"


def read_twice(folder: Path) -> dict[str, dict[str, Any]]:
    """Both labellings by the id of the row; {} where a folder has none."""
    path = folder / FILE
    return {row["id"]: row for row in read_jsonl(path)} if path.exists() else {}


def by_first(
    pairs: Iterable[tuple[Mapping[str, Any], Example]], twice: Mapping[str, Mapping[str, Any]]
) -> list[Example]:
    """The examples of ``pairs`` that were labelled twice, with the intents of the first labelling."""
    return [_with_intents(example, twice[row["id"]]["first"]) for row, example in pairs if row["id"] in twice]


def _with_intents(example: Example, intents: Iterable[str]) -> Example:
    given = set(intents)
    return replace(example, multi={**example.multi, "intents": {label: float(label in given) for label in INTENTS}})
