"""Heads before the encoder moves: fitted to their optimum on the base encoder as it is.

Linear probing, then fine-tuning (Kumar et al. 2022): heads that already say something sensible do not send the
encoder noise, so less of what the base knows of many languages is unlearned. With the encoder fixed a head is (softmax
or logistic) regression, which has one optimum; its weights are pulled towards zero (squared).
"""

from __future__ import annotations

import logging
import random
from typing import TYPE_CHECKING, Final

import torch
from torch.nn import functional

from models.train.batches import Targets, collate, encode, plan, targets_of
from models.train.losses import class_loss, label_loss
from models.train.network import ALL_SIZES, rows_of
from models.train.rows import CUSTOMERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tokenizers import Tokenizer
    from torch import Tensor

    from models.train.network import MultiHeadEncoder
    from models.train.rows import Example

log = logging.getLogger(__name__)

PULL: Final = 3e-3
"""Of heads of labels: of 1e-4 to 3e-3 the strongest was the best on dev rows for each of them."""
CLASS_PULL: Final = 1e-3
SAMPLE: Final = 600
"""Rows of each source that is not customers' written talk."""
MAX_TOKENS: Final = 96
STEPS: Final = 100


def rows_for_heads(sources: Mapping[str, Sequence[Example]], seed: int) -> list[Example]:
    """Customers' written rows (and a user's own), and a sample of every other source; no silver twins."""
    chooser = random.Random(seed)
    chosen: list[Example] = []
    for name in sorted(sources):
        rows = [row for row in sources[name] if not row.silver]
        chosen += rows if name.startswith(CUSTOMERS) else chooser.sample(rows, min(SAMPLE, len(rows)))
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
    """Standardises what the heads read and fits every head in place on the examples that teach it."""
    vectors = pooled_of(model, tokenizer, examples, prefix, bfloat16=bfloat16)
    own = torch.tensor([example.source in CUSTOMERS for example in examples])
    model.standardise(vectors[own] if int(own.sum()) > 1 else vectors)
    standard = (vectors - model.center) * model.scale
    targets = targets_of(examples)
    with torch.no_grad():
        for head, size in ALL_SIZES.items():
            taught, loss = _loss(head, targets)
            if taught.any():
                weight, bias = optimum(standard[taught], loss, size, CLASS_PULL if head in targets.classes else PULL)
                model.values.weight[rows_of(head)] = weight
                model.values.bias[rows_of(head)] = bias
                log.info("head %s fitted on %d rows", head, int(taught.sum()))


def optimum(vectors: Tensor, loss: Callable[[Tensor], Tensor], size: int, pull: float) -> tuple[Tensor, Tensor]:
    """Weight [size, hidden] and bias [size] at the least ``loss(logits) + pull * |weight|^2`` (L-BFGS from zero)."""
    with torch.enable_grad():
        weight = torch.zeros(size, vectors.shape[1], requires_grad=True)
        bias = torch.zeros(size, requires_grad=True)
        optimizer = torch.optim.LBFGS([weight, bias], max_iter=STEPS, line_search_fn="strong_wolfe")

        def closure() -> Tensor:
            optimizer.zero_grad()
            value = loss(functional.linear(vectors, weight, bias)) + pull * weight.square().sum()
            value.backward()  # type: ignore[no-untyped-call]
            return value

        optimizer.step(closure)  # type: ignore[no-untyped-call]
    return weight.detach(), bias.detach()


def _loss(head: str, targets: Targets) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """Which rows teach the head (bool [rows]), and its mean loss over their logits, each row by its weight."""
    if head in targets.classes:
        taught = targets.classes[head].any(1)
        classes, weight = targets.classes[head][taught], targets.weight[taught]
        return taught, lambda logits: class_loss(logits, classes, weight, 0.0) / len(weight)
    if head in targets.multi:
        wanted, known = targets.multi[head], targets.known[head]
    else:  # arousal
        wanted = torch.nan_to_num(targets.arousal).unsqueeze(-1)
        known = (~torch.isnan(targets.arousal)).float().unsqueeze(-1)
    taught = known.sum(1) > 0
    wanted, known, weight = wanted[taught], known[taught], targets.weight[taught]
    return taught, lambda logits: label_loss(logits, wanted, known, weight, 0.0) / len(weight)
