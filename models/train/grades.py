"""Graded displeasure: of ten readers of a text alone, how many would call the speaker displeased, how many pleased.

``grades.jsonl`` beside the written rows holds what one more reader said of written rows (``id``) and of public ones
(``source`` and the digest of their ``text``, see ``readings``), blind to every label: ``{"displeased", "pleased",
"feeling"}``, the feeling being what weighs most of displeasure, sadness and anxiety, or null. One label cannot tell a
cool reproach from small talk; shares can, and whoever sorts by displeasure needs that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from models.train.errors import DataError
from models.train.readings import text_digest
from models.train.rows import Example, read_jsonl
from schemas.labels import EMOTIONS, SENTIMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FILE: Final = "grades.jsonl"
READERS: Final = 10
DISPLEASURE: Final = ("anger", "frustration", "disappointment")
TROUBLE: Final = ("sadness", "anxiety")
"""Negative without displeasure: where they weigh most, the grade says nothing of the service sentiment."""
BESIDE: Final = 0.3
"""Of the readers who see displeasure, so many see each kind of it that does not weigh most."""
GRADED: Final = "graded_"
"""Sources of public rows with a grade begin so: ``graded_multidogo_train``."""


@dataclass(frozen=True, slots=True)
class Grade:
    """How many of ten readers would call the speaker displeased and pleased, and which feeling weighs most."""

    displeased: int
    pleased: int
    feeling: str | None

    @property
    def service(self) -> dict[str, float]:
        """The share of each service sentiment."""
        neutral = READERS - self.displeased - self.pleased
        counts = {"negative": self.displeased, "neutral": neutral, "positive": self.pleased}
        return {sentiment: count / READERS for sentiment, count in counts.items()}

    @property
    def displeasure(self) -> dict[str, float]:
        """The share of each emotion that is displeasure."""
        share = self.displeased / READERS
        return {emotion: share if emotion == self.feeling else BESIDE * share for emotion in DISPLEASURE}


@dataclass(frozen=True, slots=True)
class Grades:
    """written: by the id of the row; public: by source, then by the digest of the text."""

    written: Mapping[str, Grade]
    public: Mapping[str, Mapping[str, Grade]]


def read_grades(folder: Path) -> Grades:
    """The grades beside the written rows, none where there is no file. Raises DataError for one that cannot be."""
    written: dict[str, Grade] = {}
    public: dict[str, dict[str, Grade]] = {}
    path = folder / FILE
    for row in read_jsonl(path) if path.exists() else ():
        if "id" in row:
            written[str(row["id"])] = _grade(row)
        else:
            public.setdefault(str(row.get("source")), {})[str(row.get("text"))] = _grade(row)
    return Grades(written, public)


def _grade(row: Mapping[str, Any]) -> Grade:
    displeased, pleased, feeling = row.get("displeased"), row.get("pleased"), row.get("feeling")
    if not (isinstance(displeased, int) and isinstance(pleased, int)) or not (
        min(displeased, pleased) >= 0 and displeased + pleased <= READERS
    ):
        raise DataError(f"{FILE}: {dict(row)} does not count {READERS} readers (see models/data/GUIDE.md)")
    if feeling not in {None, *DISPLEASURE, *TROUBLE}:
        raise DataError(f"{FILE}: {feeling!r} is none of {', '.join(DISPLEASURE + TROUBLE)} (see models/data/GUIDE.md)")
    return Grade(displeased, pleased, feeling)


def graded(example: Example, grade: Grade) -> Example:
    """A written row that its label and the grade teach by halves: its service sentiment and its displeasure."""
    label = SENTIMENTS[example.classes["sentiment_service"]]
    first = example.service or {label: 1.0}
    emotions = {**example.multi["emotions"]}
    for emotion, share in grade.displeasure.items():
        emotions[emotion] = ((emotions[emotion] or 0.0) + share) / 2
    multi = {**example.multi, "emotions": emotions}
    if grade.feeling in TROUBLE:
        return replace(example, multi=multi)
    service = {sentiment: (first.get(sentiment, 0.0) + share) / 2 for sentiment, share in grade.service.items()}
    return replace(example, multi=multi, service=service)


def with_grades(public: Mapping[str, Sequence[Example]], grades: Grades) -> dict[str, list[Example]]:
    """The rows of ``public`` that have a grade, as sources of their own that teach nothing else.

    Raises DataError for a grade of a file or text that is not there.
    """
    found = {}
    for source, wanted in sorted(grades.public.items()):
        if source not in public:
            raise DataError(f"{FILE}: {source!r} is no training file")
        rows = {text_digest(example.text): example for example in public[source]}
        if wanted.keys() - rows.keys():
            raise DataError(f"{len(wanted.keys() - rows.keys())} grades of {source} are of texts that it does not hold")
        found[f"{GRADED}{source}"] = [_taught(rows[text], f"{GRADED}{source}", grade) for text, grade in wanted.items()]
    return found


def _taught(example: Example, source: str, grade: Grade) -> Example:
    service = grade.service
    classes = {"sentiment_service": SENTIMENTS.index(max(SENTIMENTS, key=service.__getitem__))}
    emotions = {emotion: grade.displeasure.get(emotion) for emotion in EMOTIONS}
    return Example(example.text, example.language, source, 1.0, classes, {"emotions": emotions}, service=service)
