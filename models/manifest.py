"""`model.json` of a shipped artifact, read strictly: a wrong label order would be silent nonsense in every
score.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from models.errors import ArtifactError
from schemas.labels import CUES, EMOTIONS, INTENTS, SENTIMENTS

FORMAT: Final = 1
SOFTMAX_LABELS: Final[Mapping[str, tuple[str, ...]]] = {
    "sentiment_service": SENTIMENTS,
    "sentiment_tweets": SENTIMENTS,
    "intensity": ("0", "1", "2", "3"),
}
SIGMOID_LABELS: Final[Mapping[str, tuple[str, ...]]] = {"emotions": EMOTIONS, "intents": INTENTS, "cues": CUES}


@dataclass(frozen=True, slots=True)
class SigmoidHead:
    """Platt coefficients (a, b) and thresholds by language, in label order."""

    labels: tuple[str, ...]
    platt: tuple[tuple[float, float], ...]
    thresholds: Mapping[str, tuple[float, ...]]
    """By language; `default` is always there."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the artifact says about itself."""

    name: str
    version: str
    precision: str
    prefix: str
    max_tokens: int
    sketch_scale: float
    temperatures: Mapping[str, float]
    shifts: Mapping[str, tuple[float, ...]]
    """What is added to each class's logit after the temperature; zeros where the manifest names none."""
    arousal: tuple[float, float]
    label_heads: Mapping[str, SigmoidHead]
    min_confidence: float


def read_manifest(path: Path) -> Manifest:
    """Read `model.json`; raises ArtifactError naming the file and what is wrong with it."""
    try:
        document = orjson.loads(path.read_bytes())
    except FileNotFoundError as error:
        message = f"{path} is missing; restore the model folder or name another with --model"
        raise ArtifactError(message) from error
    except orjson.JSONDecodeError as error:
        message = f"{path} is not JSON ({error}); restore the model folder"
        raise ArtifactError(message) from error
    try:
        return _parse(document)
    except (KeyError, TypeError, ValueError) as error:
        message = f"{path} is not a manifest of format {FORMAT}: {type(error).__name__} {error}; export the model again"
        raise ArtifactError(message) from error


def _parse(document: Mapping[str, Any]) -> Manifest:
    if document["format"] != FORMAT:
        message = f"its format is {document['format']}"
        raise ValueError(message)
    heads: Mapping[str, Any] = document["heads"]
    for head, labels in (*SOFTMAX_LABELS.items(), *SIGMOID_LABELS.items()):
        if head in heads and tuple(heads[head]["labels"]) != labels:
            message = f"labels of head {head} are not in the canonical order"
            raise ValueError(message)
    arousal = heads.get("arousal", {})
    return Manifest(
        name=str(document["name"]),
        version=str(document["version"]),
        precision=str(document["precision"]),
        prefix=str(document["prefix"]),
        max_tokens=int(document["max_tokens"]),
        sketch_scale=float(document["sketch_scale"]),
        temperatures={head: _positive(heads[head]["temperature"]) for head in SOFTMAX_LABELS if head in heads},
        shifts={head: _shift(heads[head], len(labels)) for head, labels in SOFTMAX_LABELS.items() if head in heads},
        arousal=(float(arousal.get("a", 1.0)), float(arousal.get("b", 0.0))),
        label_heads={head: _sigmoid(heads[head]) for head in SIGMOID_LABELS if head in heads},
        min_confidence=float(document["abstain"]["min_confidence"]),
    )


def _positive(value: object) -> float:
    number = float(value)  # type: ignore[arg-type]
    if not number > 0.0:
        message = f"temperature {number} is not positive"
        raise ValueError(message)
    return number


def _shift(head: Mapping[str, Any], classes: int) -> tuple[float, ...]:
    values = tuple(float(value) for value in head.get("shift", [0.0] * classes))
    if len(values) != classes:
        message = f"a shift has {len(values)} values, not {classes}"
        raise ValueError(message)
    return values


def _sigmoid(head: Mapping[str, Any]) -> SigmoidHead:
    labels: Sequence[str] = head["labels"]
    thresholds: Mapping[str, Mapping[str, float]] = head["thresholds"]
    languages = sorted({language for by_language in thresholds.values() for language in by_language})
    return SigmoidHead(
        labels=tuple(labels),
        platt=tuple((float(head["platt"][label][0]), float(head["platt"][label][1])) for label in labels),
        thresholds={
            language: tuple(float(thresholds[label].get(language, thresholds[label]["default"])) for label in labels)
            for language in {*languages, "default"}
        },
    )
