"""The network that a shipped folder holds, read back from its graphs: what training may go on from or average with.

Matrices come back as the graphs expand them: a network that is read back and exported again is the same to the bit, but
for the tweets head's layers, whose change rests rounded (``models/export/resting.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import onnx
import onnxruntime
import torch

from models.runtimes.graph import BRANCH_FILE, GRAPH_FILE
from models.train.errors import TrainingError
from models.train.network import EMBEDDINGS, MultiHeadEncoder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from torch import Tensor

    from models.train.network import EncoderShape

PREFIX: Final = "network."
BRANCH: Final = "tweets."
IN_LAYER: Final = ("qkv", "out", "up", "down")
"""The matrices of a layer, as a graph multiplies by them."""
IN_HEADS: Final = ("views", "values")


def is_shipped(folder: Path) -> bool:
    """Whether ``folder`` holds an exported model, not a trained network."""
    return (folder / GRAPH_FILE).exists()


def read_shipped(folder: Path, shape: EncoderShape) -> dict[str, Tensor]:
    """Every weight by its name in the network but those of the embeddings, which no stage moves.

    The tweets head's own layers are read too, as many as ``shape`` says. Raises TrainingError unless the graphs are of
    an encoder of that shape.
    """
    with torch.device("meta"):
        whole = MultiHeadEncoder(shape).state_dict()
    wanted = {name: value.shape for name, value in whole.items() if not name.startswith(EMBEDDINGS)}
    weights = _weights(folder / GRAPH_FILE, "", shape.layers, wanted)
    if shape.tweets_layers:
        weights |= _weights(folder / BRANCH_FILE, BRANCH, shape.tweets_layers, wanted)
    if {name: value.shape for name, value in weights.items()} != wanted:
        raise TrainingError(f"{folder} holds no network of {shape.layers} layers of {shape.hidden}: give another")
    return weights


def _weights(file: Path, part: str, layers: int, wanted: Iterable[str]) -> dict[str, Tensor]:
    """Those of the ``wanted`` weights that a graph holds: matrices in the order of their use, all else by its name."""
    model = onnx.load(str(file))
    known = {entry.name for entry in model.graph.initializer}
    constant: list[onnx.NodeProto] = []
    factors: list[str] = []
    for node in model.graph.node:
        if known.issuperset(node.input):
            constant.append(node)
            known.update(node.output)
        elif node.op_type == "MatMul" and node.input[1] in known:
            factors.append(node.input[1])
    names = [f"{part}layers.{layer}.{matrix}.weight" for layer in range(layers) for matrix in IN_LAYER]
    names += [f"{part}{matrix}.weight" for matrix in IN_HEADS]
    own = sorted(known & {PREFIX + name for name in wanted})
    values = _values(model, constant, [*own, *factors])
    matrices = {name: values[factor].T.contiguous() for name, factor in zip(names, factors, strict=False)}
    return {name.removeprefix(PREFIX): values[name] for name in own} | matrices


def _values(model: onnx.ModelProto, constant: Sequence[onnx.NodeProto], names: Sequence[str]) -> dict[str, Tensor]:
    """What the graph makes of its own weights: the values of ``names`` after the ``constant`` nodes."""
    outputs = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names]
    read = {name for node in constant for name in node.input} | set(names)
    stored = [entry for entry in model.graph.initializer if entry.name in read]
    graph = onnx.helper.make_graph(constant, "weights", [], outputs, stored)
    part = onnx.helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    session = onnxruntime.InferenceSession(part.SerializeToString(), providers=["CPUExecutionProvider"])
    return {name: torch.from_numpy(value) for name, value in zip(names, session.run(names, {}), strict=True)}
