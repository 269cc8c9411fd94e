"""The last step of training: label heads fitted to their optimum on the finished encoder.

Rare labels are still being learned when the encoder has to stop, lest it learn the written rows by heart. With the
encoder fixed a head is logistic regression, which has one optimum; it is pulled towards the head as trained
(squared distance), so that a label with few rows stays near what all sources taught it.
"""

from __future__ import annotations

import logging
import random
from typing import TYPE_CHECKING, Final, cast

import torch
from torch.nn import functional

from models.train.batches import collate, encode, plan
from models.train.label_maps import LABELS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tokenizers import Tokenizer
    from torch import Tensor, nn

    from models.train.network import MultiHeadEncoder
    from models.train.rows import Example

log = logging.getLogger(__name__)

FITTED: Final = ("intents", "cues")
"""On dev rows the emotions lost by it (.540 -> .529 at the best threshold), these won (.604 -> .612, .524 -> .553)."""
PULL: Final = 3e-4
SAMPLE: Final = 1_000
"""Rows of each public source of intents, so that what they teach is not forgotten."""
MAX_TOKENS: Final = 96
STEPS: Final = 120


def rows_for_heads(sources: Mapping[str, Sequence[Example]], seed: int) -> list[Example]:
    """Customers' written rows (and a user's own), and a sample of each public source that teaches a fitted head."""
    chooser = random.Random(seed)
    chosen: list[Example] = []
    for name in sorted(sources):
        rows = [row for row in sources[name] if any(head in row.multi for head in FITTED)]
        if name.endswith("_ca") and not name.startswith(("written_ca", "aina")):
            continue  # silver twins repeat what their originals say
        own = name.startswith(("written", "own", "agents"))
        chosen += rows if own else chooser.sample(rows, min(SAMPLE, len(rows)))
    return chosen


def pooled_of(
    model: MultiHeadEncoder, tokenizer: Tokenizer, examples: Sequence[Example], prefix: str, *, bfloat16: bool
) -> Tensor:
    """The encoder's vectors, float32 [rows, hidden], in the order of the examples."""
    ids = encode(tokenizer, [example.text for example in examples], prefix, MAX_TOKENS)
    vectors = torch.zeros(len(ids), model.shape.hidden)
    model.eval()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        for chosen in plan([len(row) for row in ids], 2048, seed=0, window=len(ids)):
            batch = collate([examples[at] for at in chosen], [ids[at] for at in chosen])
            vectors[chosen] = model.pooled(batch.ids, batch.mask).float()
    return vectors


def fit_heads(
    model: MultiHeadEncoder, tokenizer: Tokenizer, examples: Sequence[Example], prefix: str, *, bfloat16: bool
) -> None:
    """Refits the heads of ``FITTED`` in place on the examples that teach them."""
    vectors = pooled_of(model, tokenizer, examples, prefix, bfloat16=bfloat16)
    for head in FITTED:
        labels = LABELS[head]
        cells = [[example.multi.get(head, {}).get(label) for label in labels] for example in examples]
        target = torch.tensor([[value or 0.0 for value in row] for row in cells])
        known = torch.tensor([[float(value is not None) for value in row] for row in cells])
        known *= torch.tensor([[example.weight] for example in examples])
        layer = cast("nn.Linear", model.heads[head])
        weight, bias = _optimum(vectors, target, known, layer.weight.detach(), layer.bias.detach())
        with torch.no_grad():
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
        log.info("head %s fitted on %d rows", head, int((known.sum(1) > 0).sum()))


def _optimum(vectors: Tensor, target: Tensor, known: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    moved, shift = weight.clone().requires_grad_(), bias.clone().requires_grad_()
    optimizer = torch.optim.LBFGS([moved, shift], max_iter=STEPS, line_search_fn="strong_wolfe")
    rows = (known.sum(1) > 0).sum()

    def loss() -> Tensor:
        optimizer.zero_grad()
        logits = functional.linear(vectors, moved, shift)
        each = functional.binary_cross_entropy_with_logits(logits, target, reduction="none") * known
        value = each.sum() / rows + PULL * (moved - weight).square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return moved.detach(), shift.detach()
