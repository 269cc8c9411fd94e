"""The loss of a batch: masked losses of all heads, summed over labels and rows, divided by the rows of the batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.train.batches import Targets

# A class is one question, and so is each label of a head of labels.
HEAD_WEIGHTS: Final = {
    "sentiment_service": 1.0,
    "sentiment_tweets": 1.0,
    "polarity": 0.5,
    "intensity": 0.7,
    "arousal": 1.0,
    "emotions": 1.0,
    "intents": 1.0,
    "cues": 1.0,
}
LABEL_SMOOTHING: Final = 0.25
"""Share of the smoothing by which targets of labels are drawn towards 1/2: most are absent from most rows."""


def class_loss(logits: Tensor, target: Tensor, weight: Tensor, smoothing: float) -> Tensor:
    """Cross entropy summed over the rows that have a class: logits, target [b, c] (0 throughout: none), weight [b]."""
    each = functional.cross_entropy(logits, target, label_smoothing=smoothing, reduction="none")
    return (each * target.sum(-1) * weight).sum()


def ordinal_loss(logits: Tensor, target: Tensor, weight: Tensor, smoothing: float) -> Tensor:
    """Cross entropy plus the squared error of the expected level: a miss by two levels costs more than by one."""
    levels = torch.arange(logits.shape[-1], dtype=logits.dtype)
    expected = (torch.softmax(logits, dim=-1) * levels).sum(-1)
    miss = (expected - (target * levels).sum(-1)).square() * target.sum(-1) * weight
    return class_loss(logits, target, weight, smoothing) + 0.5 * miss.sum()


def label_loss(logits: Tensor, target: Tensor, known: Tensor, weight: Tensor, smoothing: float) -> Tensor:
    """Binary cross entropy summed over each row's known labels and over rows: all [b, labels] but weight [b]."""
    soft = target * (1 - smoothing) + LABEL_SMOOTHING * smoothing
    each = functional.binary_cross_entropy_with_logits(logits, soft, reduction="none") * known
    return (each.sum(-1) * weight).sum()


def total_loss(logits: Mapping[str, Tensor], targets: Targets, smoothing: float) -> tuple[Tensor, dict[str, float]]:
    """The loss to minimise and, for the log, each head's own mean over its rows.

    Raises KeyError for a head that rows teach and that has no logits.
    """
    parts: dict[str, Tensor] = {}
    taught: dict[str, float] = {}
    for head, target in targets.classes.items():
        if head not in logits and not target.any():
            continue
        loss = ordinal_loss if head == "intensity" else class_loss
        parts[head] = loss(logits[head], target, targets.weight, smoothing)
        taught[head] = float(target.sum())
    has = ~torch.isnan(targets.arousal)
    if "arousal" in logits or has.any():
        level = torch.nan_to_num(targets.arousal)
        arousal = functional.binary_cross_entropy_with_logits(logits["arousal"][:, 0], level, reduction="none")
        parts["arousal"] = (arousal * has * targets.weight).sum()
        taught["arousal"] = float(has.sum())
    for head, target in targets.multi.items():
        if head not in logits and not targets.known[head].any():
            continue
        parts[head] = label_loss(logits[head], target, targets.known[head], targets.weight, smoothing)
        taught[head] = float(targets.known[head].any(-1).sum())
    weighted = torch.stack([parts[head] * HEAD_WEIGHTS[head] for head in parts]).sum() / len(targets.weight)
    report = {head: float(part.detach()) / taught[head] for head, part in parts.items() if taught[head]}
    return weighted, report
