"""A second reader's intents for written rows that teach: where two readers differ, neither is taken for certain.

``second_intents.jsonl`` beside the rows: ``{"id", "intents"}``. Unlike those of dev and test (``intents_twice.jsonl``)
the differences were not decided one by one; how often each reader was right there is what is taught here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from models.train.errors import DataError
from models.train.rows import Example, read_jsonl
from schemas.labels import INTENTS

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from pathlib import Path

FILE: Final = "second_intents.jsonl"
FIRST_ALONE: Final = 0.25
SECOND_ALONE: Final = 0.75
"""Of what one reader alone said of dev and test, these shares were decided to hold (.24 of 433, .77 of 1,241)."""


def read_second(folder: Path) -> dict[str, frozenset[str]]:
    """The second reader's intents by the id of the row; {} where there are none. Raises DataError for unknown ones."""
    path = folder / FILE
    second = {row["id"]: frozenset(row["intents"]) for row in read_jsonl(path)} if path.exists() else {}
    unknown = {label for labels in second.values() for label in labels} - set(INTENTS)
    if unknown:
        raise DataError(f"{FILE}: {sorted(unknown)} are no intents (see models/data/GUIDE.md)")
    return second


def doubted(example: Example, second: AbstractSet[str]) -> Example:
    """The example with a share for each intent that only one of both readers gave."""
    shares = {(1.0, True): 1.0, (1.0, False): FIRST_ALONE, (0.0, True): SECOND_ALONE, (0.0, False): 0.0}
    first = example.multi["intents"]
    intents = {label: shares[first[label] or 0.0, label in second] for label in INTENTS}
    return replace(example, multi={**example.multi, "intents": intents})
