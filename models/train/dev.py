"""Quick figures on the dev sets during training, by the network as it stands (no calibration)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from models.calibration import softmax
from models.combination import likely_intensity
from models.evaluate.metrics import label_f1, macro_f1
from models.train.batches import CLASS_SIZES, collate, encode, plan
from models.train.label_maps import LABELS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tokenizers import Tokenizer

    from models.train.network import MultiHeadEncoder
    from models.train.rows import Example

DEV_LIMIT = 400


def logits_of(
    model: MultiHeadEncoder,
    tokenizer: Tokenizer,
    examples: Sequence[Example],
    prefix: str,
    max_tokens: int,
    *,
    bfloat16: bool,
) -> dict[str, np.ndarray]:
    """Raw logits of each head, float32 [rows, size], in the order of the examples."""
    ids = encode(tokenizer, [example.text for example in examples], prefix, max_tokens)
    collected: dict[str, np.ndarray] = {}
    model.eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        for chosen in plan([len(row) for row in ids], 2048, seed=0, window=len(ids)):
            batch = collate([examples[index] for index in chosen], [ids[index] for index in chosen])
            for head, values in model(batch.ids, batch.mask).items():
                into = collected.setdefault(head, np.zeros((len(ids), values.shape[1]), np.float32))
                into[chosen] = values.float().numpy()
    model.train()
    return collected


def measure(
    model: MultiHeadEncoder,
    tokenizer: Tokenizer,
    dev: Mapping[str, Sequence[Example]],
    prefix: str,
    max_tokens: int,
    *,
    bfloat16: bool,
) -> dict[str, dict[str, float]]:
    """Macro-F1 of class heads and micro-F1 (threshold 0.5) of label heads on about 400 rows of each dev set."""
    report: dict[str, dict[str, float]] = {}
    for name, rows in dev.items():
        examples = list(rows)[:: max(1, len(rows) // DEV_LIMIT)]
        logits = logits_of(model, tokenizer, examples, prefix, max_tokens, bfloat16=bfloat16)
        figures: dict[str, float] = {}
        for head, classes in CLASS_SIZES.items():
            truth = np.array([example.classes.get(head, -1) for example in examples])
            if (truth >= 0).any() and head != "polarity":
                chosen = _decided(head, logits[head][truth >= 0])
                figures[head] = round(macro_f1(truth[truth >= 0], chosen, classes), 4)
        for head, labels in LABELS.items():
            truths = np.array([[_cell(e, head, label) for label in labels] for e in examples])
            if not np.isnan(truths).all():
                figures[head] = round(float(label_f1(truths, logits[head] > 0)[0]), 4)
        report[name] = figures
    return report


def _decided(head: str, logits: np.ndarray) -> np.ndarray:
    """The class that serving would tell: the median level of intensity, else the most probable."""
    if head != "intensity":
        return np.asarray(logits.argmax(1))
    return np.array([likely_intensity(row) for row in softmax(logits, 1.0).tolist()])


def _cell(example: Example, head: str, label: str) -> float:
    value = example.multi.get(head, {}).get(label)
    return float("nan") if value is None else value
