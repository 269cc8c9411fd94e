"""Which rows a stage sees, how often, and in which batches: of like length, under a token budget."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor

from models.train.label_maps import LABELS
from schemas.labels import SENTIMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tokenizers import Tokenizer

    from models.train.rows import Example

PAD_ID: Final = 1
UNKNOWN_ID: Final = 3
PREFIX_TOKENS: Final = 4
"""Tokens before a text: <s>, and "query:" in three pieces."""
# Lengths are padded to multiples of this: matrix units like even shapes, and few shapes are compiled or planned for.
LENGTH_STEP: Final = 8
CLASS_SIZES: Final = {
    "sentiment_service": len(SENTIMENTS),
    "sentiment_tweets": len(SENTIMENTS),
    "intensity": 4,
    "polarity": len(SENTIMENTS),
}


@dataclass(frozen=True, slots=True)
class Targets:
    """What rows teach. weight, arousal [b] (NaN: none); multi, known: head -> [b, n].

    classes: head -> [b, c], how likely each class is; all 0 where a row has none.
    """

    weight: Tensor
    classes: Mapping[str, Tensor]
    arousal: Tensor
    multi: Mapping[str, Tensor]
    known: Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class Batch:
    """One step: ids and mask, int64 [b, t], and what its rows teach."""

    ids: Tensor
    mask: Tensor
    targets: Targets


def draw(sources: Mapping[str, Sequence[Example]], passes: Mapping[str, float], seed: int) -> list[Example]:
    """The rows of a stage, shuffled: each source as often as ``passes`` says (2.5: twice, and half of it again)."""
    chooser = random.Random(seed)
    chosen: list[Example] = []
    for name in sorted(sources):
        rows = list(sources[name])
        whole, part = divmod(passes[name], 1.0)
        chosen += rows * int(whole) + chooser.sample(rows, round(part * len(rows)))
    chooser.shuffle(chosen)
    return chosen


def plan(lengths: Sequence[int], token_budget: int, seed: int, window: int = 4096) -> list[list[int]]:
    """Indices in batches: inside windows of the given order rows are sorted by length, then batches are shuffled.

    A batch holds at most ``token_budget`` padded tokens (one row at least).
    """
    chooser = random.Random(seed)
    batches: list[list[int]] = []
    for begin in range(0, len(lengths), window):
        local = sorted(range(begin, min(begin + window, len(lengths))), key=lambda index: (lengths[index], index))
        part: list[list[int]] = [[]]
        for index in local:
            if part[-1] and lengths[index] * (len(part[-1]) + 1) > token_budget:
                part.append([])
            part[-1].append(index)
        chooser.shuffle(part)
        batches += part
    return batches


def encode(tokenizer: Tokenizer, texts: Sequence[str], prefix: str, max_tokens: int) -> list[list[int]]:
    """Token ids of each text with its prefix and both specials, cut at ``max_tokens`` (the closing special is kept)."""
    encodings = tokenizer.encode_batch([prefix + text for text in texts])
    return [ids if len(ids) <= max_tokens else [*ids[: max_tokens - 1], ids[-1]] for ids in (e.ids for e in encodings)]


def hide_tokens(batch: Batch, share: float, generator: torch.Generator) -> Batch:
    """The batch with a random ``share`` of its tokens unknown; beginning, prefix and end of a text stay."""
    length = batch.mask.sum(1, keepdim=True)
    place = torch.arange(batch.ids.shape[1])
    inside = (place >= PREFIX_TOKENS) & (place < length - 1)
    hidden = inside & (torch.rand(batch.ids.shape, generator=generator) < share)
    return replace(batch, ids=batch.ids.masked_fill(hidden, UNKNOWN_ID))


def targets_of(examples: Sequence[Example]) -> Targets:
    """The targets of rows, stacked."""
    multi: dict[str, Tensor] = {}
    known: dict[str, Tensor] = {}
    for head, labels in LABELS.items():
        cells = [[example.multi.get(head, {}).get(label) for label in labels] for example in examples]
        multi[head] = torch.tensor([[value or 0.0 for value in row] for row in cells])
        known[head] = torch.tensor([[float(value is not None) for value in row] for row in cells])
    return Targets(
        weight=torch.tensor([example.weight for example in examples]),
        classes={
            head: torch.tensor([_likelihoods(example, head, size) for example in examples])
            for head, size in CLASS_SIZES.items()
        },
        arousal=torch.tensor([float("nan") if e.arousal is None else e.arousal for e in examples]),
        multi=multi,
        known=known,
    )


def _likelihoods(example: Example, head: str, size: int) -> list[float]:
    if head == "sentiment_service" and example.service:
        return [example.service.get(sentiment, 0.0) for sentiment in SENTIMENTS]
    likely = [0.0] * size
    if head in example.classes:
        likely[example.classes[head]] = 1.0
    return likely


def collate(examples: Sequence[Example], ids: Sequence[Sequence[int]]) -> Batch:
    """Pads token ids and stacks the targets of the rows of a batch."""
    longest = -(-max(len(row) for row in ids) // LENGTH_STEP) * LENGTH_STEP
    padded = torch.full((len(ids), longest), PAD_ID, dtype=torch.int64)
    mask = torch.zeros((len(ids), longest), dtype=torch.int64)
    for number, row in enumerate(ids):
        padded[number, : len(row)] = torch.tensor(row)
        mask[number, : len(row)] = 1
    return Batch(ids=padded, mask=mask, targets=targets_of(examples))
