"""Means of weights: runs of one recipe that differ by their seed or rows end near enough for it.

The mean of several fine-tuned networks is better than each of them and as fast as one (model soups: Wortsman et al.,
2022, arXiv:2203.05482). Word embeddings are not mixed: no stage moves them, and vocabularies differ between runs.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import torch

from models.train.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import Tensor

WEIGHTS: Final = "network.safetensors"
_OWN: Final = ("word.", "tweets.")
"""What a network keeps of its own beside others: its vocabulary, and the branch that the next stage makes anew."""


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
    """``state`` with the weights of the trained network in ``folder`` wherever the two may be mixed.

    Raises TrainingError when the folder holds no network of this shape.
    """
    from safetensors.torch import load_file  # noqa: PLC0415  (training extra)

    theirs = load_file(_weights(folder))
    mixed = {}
    for name, value in state.items():
        if name.startswith(_OWN):
            mixed[name] = value
        elif name in theirs and theirs[name].shape == value.shape:
            mixed[name] = theirs[name]
        else:
            raise TrainingError(f"{folder} holds a network of another shape ({name}): train both from one base")
    return mixed


def digest(folder: Path) -> str:
    """Twelve hex digits of the weights in ``folder``. Raises TrainingError when there are none."""
    return hashlib.sha256(_weights(folder).read_bytes()).hexdigest()[:12]


def _weights(folder: Path) -> Path:
    file = folder / WEIGHTS
    if not file.exists():
        raise TrainingError(f"{folder} holds no {WEIGHTS}: give a folder that 'python -m models.train run' printed")
    return file
