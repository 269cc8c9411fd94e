"""Public readings of public rows: what a reader said of texts that their own set labels otherwise, or not at all.

``readings_*.jsonl`` in ``models/data`` name a training file, the text's digest and its polarity by the tweets'
convention. The texts stay where they are: nothing of the data folder goes into the project.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from models.train.errors import DataError
from models.train.rows import Example, read_jsonl
from schemas.labels import SENTIMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

READ: Final = "read_"
"""Sources of public rows with a reading begin so: ``read_goemotions_train``."""
UNSURE_WEIGHT: Final = 0.5
DIGITS: Final = 16


def text_digest(text: str) -> str:
    """By what a reading names its text: hex digits of the SHA-256 of its UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def with_readings(public: Mapping[str, Sequence[Example]], folder: Path) -> dict[str, list[Example]]:
    """The rows of ``public`` that ``folder`` has a reading of, as sources of their own that teach the tweets head.

    Rows are in the order of their public source. Raises DataError for a reading of a file or text that is not there.
    """
    readings: dict[str, dict[str, tuple[int, bool]]] = {}
    for path in sorted(folder.glob("readings_*.jsonl")):
        for row in read_jsonl(path):
            source, reading = str(row.get("source")), row.get("public_sentiment")
            if source not in public or reading not in SENTIMENTS:
                raise DataError(f"{path.name}: {source!r} is no training file, or {reading!r} no sentiment")
            readings.setdefault(source, {})[str(row.get("text"))] = SENTIMENTS.index(reading), row.get("sure") is True
    return {f"{READ}{source}": _rows(source, public[source], found) for source, found in sorted(readings.items())}


def _rows(source: str, public: Sequence[Example], readings: dict[str, tuple[int, bool]]) -> list[Example]:
    rows = []
    for example in public:
        reading = readings.pop(text_digest(example.text), None)
        if reading is not None:
            polarity, sure = reading
            weight = 1.0 if sure else UNSURE_WEIGHT
            classes = {"sentiment_tweets": polarity}
            rows.append(Example(example.text, example.language, f"{READ}{source}", weight, classes, {}))
    if readings:
        raise DataError(f"{len(readings)} readings of {source} are of texts that it does not hold: another version?")
    return rows
