"""What teaches the tweets head alone: public readings of public rows, and posts written for the project.

``readings_*.jsonl`` in ``models/data`` name a training file, the text's digest and its polarity by the tweets'
convention: what a reader said of texts that their own set labels otherwise, or not at all, or (UMSAB) by votes that
this reader does not always share. The texts stay where they are: nothing of the data folder goes into the project.
``posts_*.jsonl`` hold posts and reviews with their polarity by the same convention and no other label.
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
"""Sources of public rows with a reading begin so: ``read_goemotions_train``; those of posts are ``read_posts_en``."""
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


def written_posts(folder: Path) -> dict[str, list[Example]]:
    """The posts of ``posts_*.jsonl`` by source, in the order of files and lines. Raises DataError for a wrong row."""
    sources: dict[str, list[Example]] = {}
    for path in sorted(folder.glob("posts_*.jsonl")):
        for row in read_jsonl(path):
            text, language, reading = row.get("text"), row.get("language"), row.get("public_sentiment")
            if not isinstance(text, str) or not text or not isinstance(language, str) or reading not in SENTIMENTS:
                raise DataError(f"{path.name}, {row.get('id')}: text, language or public_sentiment is missing or wrong")
            source = f"{READ}posts_{language}"
            classes = {"sentiment_tweets": SENTIMENTS.index(reading)}
            sources.setdefault(source, []).append(Example(text, language, source, 1.0, classes, {}))
    return sources
