"""The network that a shipped folder holds, read back from its graph: what training may go on from or average with.

Matrices come back as their codes tell them: a network that is read back and exported again is the same to the bit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from models.runtimes.graph import GRAPH_FILE
from models.train.errors import TrainingError
from models.train.network import MultiHeadEncoder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from models.train.network import EncoderShape

PREFIX: Final = "network."
IN_LAYER: Final = ("qkv", "out", "up", "down")
"""The matrices of a layer, as the graph multiplies by them."""
IN_HEADS: Final = ("views", "values")
WORDS: Final = "word.weight"


def is_shipped(folder: Path) -> bool:
    """Whether ``folder`` holds an exported model, not a trained network."""
    return (folder / GRAPH_FILE).exists()


def read_shipped(folder: Path, shape: EncoderShape) -> dict[str, Tensor]:
    """Every weight but the words, which no stage moves, and the tweets head's own layers, by its name in the network.

    Raises TrainingError unless the graph is of an encoder of that shape whose matrices rest as int8.
    """
    graph = onnx.load(str(folder / GRAPH_FILE)).graph
    stored = {entry.name: numpy_helper.to_array(entry) for entry in graph.initializer}
    with torch.device("meta"):
        whole = MultiHeadEncoder(replace(shape, tweets_layers=0)).state_dict()
    wanted = {name: value.shape for name, value in whole.items() if name != WORDS}
    found = {name: _expanded(PREFIX + name, stored) for name in wanted if _is_stored(PREFIX + name, stored)}
    # Matrices stand transposed under names of the exporter's, in the order of their use; all else keeps its name.
    factors = [node.input[1] for node in graph.node if node.op_type == "MatMul"]
    matrices = [name for name in factors if not name.startswith(PREFIX) and _is_stored(name, stored)]
    names = [f"layers.{layer}.{part}.weight" for layer in range(shape.layers) for part in IN_LAYER]
    names += [f"{part}.weight" for part in IN_HEADS]
    found |= {name: _expanded(matrix, stored).T for name, matrix in zip(names, matrices, strict=False)}
    weights = {name: torch.from_numpy(value.copy()) for name, value in found.items()}
    if len(matrices) != len(names) or {name: value.shape for name, value in weights.items()} != wanted:
        raise TrainingError(
            f"{folder / GRAPH_FILE} holds no network of {shape.layers} layers of {shape.hidden} in int8: give another"
        )
    return weights


def _is_stored(name: str, stored: Mapping[str, NDArray[Any]]) -> bool:
    return name in stored or f"{name}.int8" in stored


def _expanded(name: str, stored: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
    """The values that the graph works with."""
    if name in stored:
        return stored[name]
    return np.asarray(stored[f"{name}.int8"] * stored[f"{name}.scale"], np.float32)
