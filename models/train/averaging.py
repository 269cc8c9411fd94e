"""Means of weights: runs of one recipe that differ by their seed or rows end near enough for it.

The mean of several fine-tuned networks is better than each of them and as fast as one (model soups: Wortsman et al.,
2022, arXiv:2203.05482). Word embeddings are not mixed: no stage moves them, and vocabularies differ between runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from models.train.trained import WEIGHTS_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import Tensor


def mean(states: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of each weight over networks of one shape. What none of them moved stays bit by bit."""
    first, *others = states
    return {
        name: value.clone()
        if all(torch.equal(value, other[name]) for other in others)
        else torch.stack([state[name] for state in states]).mean(0)
        for name, value in first.items()
    }


def beside(state: Mapping[str, Tensor], folder: Path) -> dict[str, Tensor]:
    """``state`` with the weights of the network in ``folder`` (see ``check``); its words stay its own."""
    from safetensors.torch import load_file  # noqa: PLC0415  (training extra)

    theirs = load_file(folder / WEIGHTS_FILE)
    return {name: value if name.startswith("word.") else theirs[name] for name, value in state.items()}
