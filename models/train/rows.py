"""Rows of every source as one kind of example: a text and, per head, a target or nothing (masked in the loss)."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from models.masking import mask
from models.train.errors import DataError
from models.train.label_maps import LABELS, LabelMap
from schemas.labels import SENTIMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

SPLITS: Final = ("train", "dev", "test")
# Shares of scenarios in per cent, cumulated.
SPLIT_BOUNDS: Final = (70, 85)
TRAINING_ONLY: Final = "train_"
"""Files of written rows that stand in no other split begin so."""
CUSTOMERS: Final = ("written", "own")
"""Sources of customers' talk labelled by the guide: the project's and a user's own."""
AGENT_WEIGHT: Final = 0.5
PROBLEMS: Final = {
    "intents": (
        "complaint",
        "refund_request",
        "billing_dispute",
        "payment_difficulty",
        "lost_or_stolen",
        "fraud_report",
        "delivery_problem",
        "product_fault",
        "service_outage",
        "travel_disruption",
        "account_access",
        "bereavement_or_illness",
        "insult",
    ),
    "cues": ("repeat_contact", "vulnerability", "critical_event", "not_about_company"),
}
"""A neutral row with one of these teaches the tweets head nothing."""
HEDGE: Final = 0.12
HEDGED: Final = ("frustration", "disappointment")
# UMSAB's English file holds "\u2019" as six characters: a fault of the file, not of how people write.
ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True, slots=True)
class Example:
    """One text with its targets; ``None`` and absent heads are masked.

    classes: head -> class index; arousal in [0, 1]; multi: head -> label -> 1.0, 0.0, a doubt between, or None.
    """

    text: str
    language: str
    source: str
    weight: float
    classes: Mapping[str, int]
    multi: Mapping[str, Mapping[str, float | None]]
    arousal: float | None = None
    service: Mapping[str, float] = field(default_factory=dict)
    """The share of readers who would give each service sentiment; {} where all would give that of ``classes``."""
    silver: bool = False
    """Whether the text is a machine translation."""


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a JSONL file, gzip or plain. Raises DataError, naming file and line, when one is not a JSON object."""
    if not path.exists():
        raise DataError(
            f"{path.name} is absent from {path.parent.name}/: give its folder by --data (see models/CARD.md)"
        )
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise DataError(f"{path.name}, line {number}: not JSON ({error})") from error
            if not isinstance(row, dict):
                raise DataError(f"{path.name}, line {number}: not a JSON object")
            yield row


def unescape(text: str) -> str:
    r"""The text with literal ``\uXXXX`` sequences decoded; lone surrogates are left out."""
    decoded = ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text)
    return decoded.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")


def their_labels(row: Mapping[str, Any]) -> list[str]:
    """The labels of a public row whatever its field: intents, emotions, one emotion, or intensities above 0."""
    if "emotion_intensity_0_3" in row:
        return [label for label, level in row["emotion_intensity_0_3"].items() if level]
    if "emotion" in row:
        return [str(row["emotion"])]
    return [str(label) for label in row.get("intents", row.get("emotions", []))]


def public_example(row: Mapping[str, Any], table: LabelMap, source: str, language: str) -> Example | None:
    """A row of a public source by its table, or None when it teaches nothing."""
    text = unescape(str(row["text"])).strip()
    if not text:
        return None
    if table.head == "sentiment_tweets":
        classes = {"sentiment_tweets": SENTIMENTS.index(row["sentiment"])}
        return Example(text, language, source, table.weight, classes, {})
    theirs = their_labels(row)
    targets = table.translate(theirs)
    if targets is None:
        return None
    pole = table.pole(theirs) if table.polarity else None
    if source.startswith("xed_neutral"):
        pole = 1
    classes = {} if pole is None else {"polarity": pole}
    return Example(text, language, source, table.weight, classes, {table.head: targets})


def read_public(data: Path, tables: Mapping[str, LabelMap]) -> dict[str, list[Example]]:
    """Every training file of the table under ``data/train``: file name -> examples, repeated texts dropped."""
    sources: dict[str, list[Example]] = {}
    for table in tables.values():
        for name, language in table.files.items():
            seen: dict[str, Example] = {}
            for row in read_jsonl(data / "train" / f"{name}.jsonl.gz"):
                example = public_example(row, table, name, language)
                if example is not None:
                    seen.setdefault(example.text.casefold(), example)
            sources[name] = list(seen.values())
    return sources


def split_of(scenario: str) -> str:
    """The split of a scenario: by a hash of its name, so that it never changes and no scenario stands on two sides."""
    bucket = int.from_bytes(hashlib.sha256(scenario.encode()).digest()[:4], "big") % 100
    return SPLITS[sum(bucket >= bound for bound in SPLIT_BOUNDS)]


def written_example(row: Mapping[str, Any], source: str = "written") -> Example:
    """A row labelled by models/data/GUIDE.md (ours or a user's own) with a target for every head.

    Raises DataError when a label is unknown; the message names the row's id.
    """
    multi: dict[str, dict[str, float | None]] = {}
    for head, labels in LABELS.items():
        given = set(row.get(head, ()))
        if given - set(labels):
            raise DataError(
                f"row {row.get('id')}: {sorted(given - set(labels))} are not {head} (see models/data/GUIDE.md)"
            )
        multi[head] = {label: float(label in given) for label in labels}
    if row.get("sentiment") not in SENTIMENTS or row.get("intensity") not in range(4):
        raise DataError(f"row {row.get('id')}: sentiment or intensity is missing or unknown (see models/data/GUIDE.md)")
    classes = {"sentiment_service": SENTIMENTS.index(row["sentiment"]), "intensity": int(row["intensity"])}
    public = row.get("public_sentiment")
    if public is not None:
        if public not in SENTIMENTS:
            raise DataError(f"row {row.get('id')}: {public!r} is no public_sentiment (see models/data/GUIDE.md)")
        classes["sentiment_tweets"] = SENTIMENTS.index(public)
    # A feeling is one by either convention; a problem told plainly is neutral by the guide, negative among tweets.
    elif row["sentiment"] != "neutral" or not _tells_a_problem(multi):
        classes["sentiment_tweets"] = classes["sentiment_service"]
    language = _said(row, "language")
    # Serving masks personal data before the model reads a text: it must have seen what masked texts look like.
    text = mask(_said(row, "text"), language)
    arousal, doubt = _share(row, "arousal", None), _share(row, "dissatisfied", 0.0)
    service = service_shares(row["sentiment"], doubt) if doubt else {}
    return Example(text, language, source, 1.0, classes, multi, arousal, service)


def _said(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise DataError(f"row {row.get('id')}: {name} is missing or no text (see models/data/GUIDE.md)")
    return value


def _share(row: Mapping[str, Any], name: str, absent: float | None) -> float:
    value = row.get(name, absent)
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise DataError(f"row {row.get('id')}: {name} is no number from 0 to 1 (see models/data/GUIDE.md)")
    return float(value)


def _tells_a_problem(multi: Mapping[str, Mapping[str, float | None]]) -> bool:
    return any(multi[head][label] for head, labels in PROBLEMS.items() for label in labels)


def service_shares(sentiment: str, dissatisfied: float) -> dict[str, float]:
    """The share of each service sentiment where that of some readers is negative and that of all others ``sentiment``.

    A row that is negative by its label stays so.
    """
    return {"negative": 1.0} if sentiment == "negative" else {sentiment: 1.0 - dissatisfied, "negative": dissatisfied}


def hedged(example: Example) -> Example:
    """The row as a teacher: trouble told plainly shows ``HEDGED`` emotions and a dissatisfied speaker with ``HEDGE``.

    By the guide it shows neither, but readers differ there as they do not over a greeting; told apart, plain trouble
    ranks above small talk where somebody sorts by these. Never for rows that measure.
    """
    neutral, negative = SENTIMENTS.index("neutral"), SENTIMENTS.index("negative")
    plain = example.classes.get("sentiment_service") == neutral
    if not plain or example.classes.get("sentiment_tweets", negative) != negative:
        return example
    if example.multi["cues"]["not_about_company"]:
        return example
    emotions = {**example.multi["emotions"]}
    for label in HEDGED:
        emotions[label] = max(emotions[label] or 0.0, HEDGE)
    service = service_shares("neutral", max(example.service.get("negative", 0.0), HEDGE))
    return replace(example, multi={**example.multi, "emotions": emotions}, service=service)


def agent_example(turn: Mapping[str, Any], source: str = "agents") -> Example:
    """A bot's or agent's turn of a written conversation: only its cues are labelled.

    Raises DataError when a cue is unknown.
    """
    given = set(turn.get("cues", ()))
    if given - set(LABELS["cues"]):
        raise DataError(f"turn {turn.get('id')}: {sorted(given)} are not all cues (see models/data/GUIDE.md)")
    language = str(turn["language"])
    cues = {label: float(label in given) for label in LABELS["cues"]}
    return Example(mask(str(turn["text"]), language), language, source, AGENT_WEIGHT, {}, {"cues": cues})


def row_files(folder: Path) -> list[Path]:
    """The files of single written rows: those split by scenario, then those for training only."""
    return [*sorted(folder.glob("rows_*.jsonl")), *sorted(folder.glob(f"{TRAINING_ONLY}*.jsonl"))]


def read_written(folder: Path) -> dict[str, list[tuple[dict[str, Any], Example]]]:
    """The written rows of a folder by split, as ``written_rows`` gives them: (row, example)."""
    splits: dict[str, list[tuple[dict[str, Any], Example]]] = {name: [] for name in SPLITS}
    for split, row, as_example in written_rows(folder):
        splits[split].append((row, as_example(row)))
    return splits


def written_rows(folder: Path) -> Iterator[tuple[str, dict[str, Any], Callable[[Mapping[str, Any]], Example]]]:
    """The written rows of a folder in the order of files and lines: (split, row, what makes an example of it).

    ``rows_*.jsonl`` are split by scenario; the turns of ``conversations_*.jsonl`` stand where their conversation says;
    ``train_*.jsonl`` only teach.
    """
    for path in sorted(folder.glob("conversations_*.jsonl")):
        for conversation in read_jsonl(path):
            for turn in conversation["turns"]:
                name = f"{conversation['id']}-{turn.get('turn')}"
                row = {**turn, "id": name, "industry": conversation.get("industry"), "conversation": conversation["id"]}
                if turn.get("role") == "customer":
                    yield conversation["split"], row, written_example
                elif turn.get("role") in {"agent", "bot"} and turn.get("text"):
                    yield conversation["split"], row, agent_example
    for path in row_files(folder):
        for row in read_jsonl(path):
            split = "train" if path.name.startswith(TRAINING_ONLY) else split_of(str(row.get("scenario") or row["id"]))
            yield split, row, written_example


def retold(example: Example, text: str, language: str, source: str, discount: float) -> Example:
    """The same targets for another wording (a machine translation), at a discounted weight."""
    return replace(example, text=text, language=language, source=source, weight=example.weight * discount, silver=True)
