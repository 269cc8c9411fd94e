"""``python -m models.evaluate.agreement``: how well two blind labellings of the written corpus agree.

A second labelling stands in ``second_rows.jsonl`` (``{"id", "sentiment", "intensity", "arousal", "emotions", "intents",
"cues"}``) and ``second_conversations.jsonl`` (``{"id", "moments": [{"type", "first_turn", "by_turn"}],
"handoff_reason"}``) beside the first; ids are those of the first. The intents of dev and test were labelled twice as a
whole (``twice.py``); what was decided stands in the rows. Agreement is Cohen's kappa (1960); for intensity with squared
weights (Cohen 1968).
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.evaluate.metrics import f1
from models.evaluate.twice import read_twice
from models.train.errors import DataError, TrainingError
from models.train.label_maps import LABELS
from models.train.rows import read_jsonl, row_files
from schemas.labels import SENTIMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

ROWS: Final = "second_rows.jsonl"
CONVERSATIONS: Final = "second_conversations.jsonl"


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two labellings of one thing: items, how often each said it at all, kappa, F1 of one by the other."""

    name: str
    items: int
    said: tuple[int, int]
    kappa: float
    f1: float | None = None


def kappa(first: NDArray[np.int64], second: NDArray[np.int64], classes: int, *, squared: bool = False) -> float:
    """Cohen's kappa of two labellings, class indices [n] each; 1.0 when both always say the same one class.

    ``squared`` weighs a disagreement by the square of the distance of its classes.
    """
    table = np.zeros((classes, classes))
    np.add.at(table, (first, second), 1)
    table /= table.sum()
    rows, columns = np.indices(table.shape)
    cost = (rows - columns) ** 2.0 if squared else (rows != columns).astype(float)
    by_chance = float((np.outer(table.sum(1), table.sum(0)) * cost).sum())
    return 1.0 if by_chance == 0 else 1.0 - float((table * cost).sum()) / by_chance


def of_labels(name: str, first: NDArray[np.int64], second: NDArray[np.int64]) -> Agreement:
    """Agreement on a label that is there (1) or not (0), [n] each."""
    hits = float((first & second).sum())
    value = f1(hits, float(second.sum()) - hits, float(first.sum()) - hits)
    return Agreement(name, len(first), (int(first.sum()), int(second.sum())), kappa(first, second, 2), value)


def of_rows(folder: Path) -> list[Agreement]:
    """Agreement on rows: sentiment, intensity, and all labels of each head taken together and one by one."""
    rows = _first_rows(folder)
    pairs = _pairs(rows, folder / ROWS)
    results = [
        _classes("sentiment", [(SENTIMENTS.index(a["sentiment"]), SENTIMENTS.index(b["sentiment"])) for a, b in pairs]),
        _classes("intensity, squared", [(a["intensity"], b["intensity"]) for a, b in pairs], squared=True),
    ]
    clear = np.array([(a["intensity"] > 1, b["intensity"] > 1) for a, b in pairs]).astype(np.int64)
    results.append(of_labels("intensity >= 2", clear[:, 0], clear[:, 1]))
    for head, labels in LABELS.items():
        first, second = (
            np.array([[label in pair[side].get(head, ()) for label in labels] for pair in pairs]).astype(np.int64)
            for side in (0, 1)
        )
        results.append(of_labels(f"{head}, together", first.ravel(), second.ravel()))
        for at, label in enumerate(labels):
            if first[:, at].any() or second[:, at].any():
                results.append(of_labels(f"{head}: {label}", first[:, at], second[:, at]))
    return results


def of_intents(folder: Path) -> list[Agreement]:
    """Agreement on the intents of dev and test: of both labellings, and of each with what was decided."""
    decided = {row_id: row["intents"] for row_id, row in _rows(folder).items() if "intents" in row}
    pairs = [(row["first"], row["second"], decided[row_id]) for row_id, row in read_twice(folder).items()]
    if not pairs:
        return []
    first, second, last = (
        np.array([[label in triple[side] for label in LABELS["intents"]] for triple in pairs]).astype(np.int64)
        for side in range(3)
    )
    results = [
        of_labels("dev and test, intents together: first and second labelling", first.ravel(), second.ravel()),
        of_labels("dev and test, intents together: first labelling and what was decided", first.ravel(), last.ravel()),
        of_labels("dev and test, intents together: second and what was decided", second.ravel(), last.ravel()),
    ]
    for at, label in enumerate(LABELS["intents"]):
        results.append(of_labels(f"dev and test, intents: {label}", first[:, at], second[:, at]))
    return results


def of_conversations(folder: Path) -> list[Agreement]:
    """Agreement on conversations: which types of moment are in each, whether it is calm, whether a bot hands over."""
    paths = sorted(folder.glob("conversations_*.jsonl"))
    pairs = _pairs({row["id"]: row for path in paths for row in read_jsonl(path)}, folder / CONVERSATIONS)
    types = sorted({moment["type"] for pair in pairs for side in pair for moment in side["moments"]})
    tables = [
        np.array([[any(m["type"] == kind for m in pair[side]["moments"]) for kind in types] for pair in pairs])
        for side in (0, 1)
    ]
    first, second = (table.astype(np.int64) for table in tables)
    results = [of_labels("moments, together", first.ravel(), second.ravel())]
    results += [of_labels(f"moment: {kind}", first[:, at], second[:, at]) for at, kind in enumerate(types)]
    results.append(of_labels("calm", 1 - first.max(1), 1 - second.max(1)))
    handed = np.array([[pair[side].get("handoff_reason") is not None for side in (0, 1)] for pair in pairs])
    results.append(of_labels("hand-off", handed[:, 0].astype(np.int64), handed[:, 1].astype(np.int64)))
    return results


def _first_rows(folder: Path) -> dict[str, dict[str, Any]]:
    """The rows as they were first labelled."""
    first = {row_id: {"intents": row["first"]} for row_id, row in read_twice(folder).items()}
    return {row_id: {**row, **first.get(row_id, {})} for row_id, row in _rows(folder).items()}


def _rows(folder: Path) -> dict[str, dict[str, Any]]:
    rows = {row["id"]: row for path in row_files(folder) for row in read_jsonl(path)}
    for path in sorted(folder.glob("conversations_*.jsonl")):
        for conversation in read_jsonl(path):
            rows |= {f"{conversation['id']}-{turn['turn']}": turn for turn in conversation["turns"]}
    return rows


def _classes(name: str, pairs: Sequence[tuple[int, int]], *, squared: bool = False) -> Agreement:
    both = np.array(pairs, np.int64)
    value = kappa(both[:, 0], both[:, 1], int(both.max()) + 1, squared=squared)
    return Agreement(name, len(both), (len(both), len(both)), value)


def _pairs(first: Mapping[str, dict[str, Any]], path: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    pairs = []
    for row in read_jsonl(path):
        if row["id"] not in first:
            raise DataError(f"{path.name}: {row['id']} is in no file of the first labelling: mend the id")
        pairs.append((first[row["id"]], row))
    if not pairs:
        raise DataError(f"{path.name} is empty: there is no second labelling to compare")
    return pairs


def table(results: Sequence[Agreement]) -> Iterator[str]:
    """A Markdown table, a line each."""
    yield "| | items | said by first, second | kappa | F1 |"
    yield "|---|---|---|---|---|"
    for each in results:
        said = f"{each.said[0]}, {each.said[1]}"
        score = "" if each.f1 is None else f"{each.f1:.2f}"
        yield f"| {each.name} | {each.items} | {said} | {each.kappa:.2f} | {score} |"


def main(arguments: list[str] | None = None) -> int:
    """Prints both tables; 0 when done, 1 with one clear line on stderr otherwise."""
    top = argparse.ArgumentParser(
        prog="python -m models.evaluate.agreement", description=(__doc__ or "").split("\n")[0]
    )
    top.add_argument("--rows", type=Path, default=Path(__file__).resolve().parents[1] / "data")
    options = top.parse_args(arguments)
    try:
        for results in (of_rows(options.rows), of_intents(options.rows), of_conversations(options.rows)):
            print("\n".join(table(results)), end="\n\n")
    except TrainingError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
