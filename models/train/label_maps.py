"""The label table (``label_maps.yaml``) as typed values: what a source's labels say about ours."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import yaml

from models.train.errors import DataError
from schemas.labels import CUES, EMOTIONS, INTENTS, SENTIMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LABELS: Final[Mapping[str, tuple[str, ...]]] = {"emotions": EMOTIONS, "intents": INTENTS, "cues": CUES}
UNKNOWN: Final = "?"


@dataclass(frozen=True, slots=True)
class LabelMap:
    """One source of the table. ``translate`` gives the targets of a row."""

    name: str
    head: str
    files: Mapping[str, str]
    weight: float
    annotates: frozenset[str]
    drop_unmapped: bool
    labels: Mapping[str, tuple[str, ...]]
    polarity: Mapping[str, int]

    def translate(self, theirs: Iterable[str]) -> dict[str, float | None] | None:
        """Their labels of one row -> {our label: 1.0, 0.0, or None where unknown}; None when the row teaches nothing.

        Every label of the head is a key. A label that a "?" names is unknown unless another label says it is on.
        """
        on: set[str] = set()
        unknown: set[str] = set()
        for label in theirs:
            if label not in self.labels:
                if self.drop_unmapped:
                    return None
                continue
            for target in self.labels[label]:
                (unknown if target.startswith(UNKNOWN) else on).add(target.removeprefix(UNKNOWN))
        unknown -= on
        return {
            label: 1.0 if label in on else 0.0 if label in self.annotates and label not in unknown else None
            for label in LABELS[self.head]
        }

    def pole(self, theirs: Iterable[str]) -> int | None:
        """Index of the auxiliary polarity (0 negative, 1 neutral, 2 positive), or None when mixed or unknown."""
        poles = {self.polarity[label] for label in theirs if label in self.polarity}
        poles = poles - {1} if len(poles) > 1 else poles
        return poles.pop() if len(poles) == 1 else None


def load_label_maps() -> dict[str, LabelMap]:
    """The table of this package. Raises DataError when it names a label that is not ours."""
    text = resources.files("models.train").joinpath("label_maps.yaml").read_text(encoding="utf-8")
    return {name: _parse(name, entry) for name, entry in yaml.safe_load(text).items()}


def _parse(name: str, entry: Mapping[str, Any]) -> LabelMap:
    head = str(entry["head"])
    known = set(LABELS.get(head, ()))
    labels = {str(theirs): tuple(ours) for theirs, ours in entry.get("labels", {}).items()}
    named = set(entry.get("annotates", ())) | {t.removeprefix(UNKNOWN) for ours in labels.values() for t in ours}
    if named - known:
        raise DataError(f"label_maps.yaml, {name}: {sorted(named - known)} are not labels of the head {head}")
    polarity = {str(t): SENTIMENTS.index(pole) for pole, group in entry.get("polarity", {}).items() for t in group}
    return LabelMap(
        name=name,
        head=head,
        files=entry.get("files", {}),
        weight=float(entry.get("weight", 1.0)),
        annotates=frozenset(entry.get("annotates", ())),
        drop_unmapped=entry.get("unmapped", "ignore") == "drop",
        labels=labels,
        polarity=polarity,
    )
