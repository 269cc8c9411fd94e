"""Means of weights: runs of one recipe that differ by their seed or rows end near enough for it.

The mean of several fine-tuned networks is better than each of them and as fast as one (model soups: Wortsman et al.,
2022, arXiv:2203.05482). Embeddings are not mixed: no stage moves them, and vocabularies differ between runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from models.train.network import EMBEDDINGS
from models.train.trained import weights_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import Tensor

    from models.train.network import EncoderShape


def mean(states: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of each weight over networks of one shape. What none of them moved stays bit by bit."""
    first, *others = states
    return {
        name: value.clone()
        if all(torch.equal(value, other[name]) for other in others)
        else torch.stack([state[name] for state in states]).mean(0)
        for name, value in first.items()
    }


def beside(state: Mapping[str, Tensor], folder: Path, shape: EncoderShape) -> dict[str, Tensor]:
    """``state`` with the weights of the network in ``folder`` (see ``check``); its embeddings stay its own."""
    theirs = weights_in(folder, shape)
    return {name: value if name.startswith(EMBEDDINGS) else theirs[name] for name, value in state.items()}
