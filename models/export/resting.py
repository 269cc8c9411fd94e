"""Weights that rest as int8 and work as float32: a quarter of the size, the speed and nearly the accuracy of float32.

Matrices are stored as int8 with one float32 scale per output column and expanded by Cast and Mul, which
onnxruntime folds once at load. (DequantizeLinear would not be folded: the runtime keeps it for its integer
kernels.) The embedding has one scale per row and is expanded after the Gather, so it stays small in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import onnx
from onnx import helper, numpy_helper

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SMALLEST: Final = 65_536
"""Matrices with fewer values stay as they are: they cost nothing and heads deserve full precision."""
LARGEST_CODE: Final = 127


def quantise(matrix: NDArray[np.float32], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """int8 codes and the scale kept along ``axis`` (shape broadcastable to the matrix): matrix ~ codes * scale."""
    scale = np.abs(matrix).max(axis=1 - axis, keepdims=True) / LARGEST_CODE
    scale = np.where(scale == 0, 1.0, scale).astype(np.float32)
    return np.clip(np.rint(matrix / scale), -LARGEST_CODE, LARGEST_CODE).astype(np.int8), scale


def rest_as_int8(source: Path, target: Path, *, matrices: bool = True) -> None:
    """Rewrites the graph at ``source`` with its large weights as int8 to ``target``.

    ``matrices=False`` rewrites the embedding only (the matrices are then left to another quantiser).
    """
    model = onnx.load(str(source))
    graph = model.graph
    weights = {entry.name: entry for entry in graph.initializer}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == "Gather" and _is_large(weights.get(node.input[0])):
            nodes += _gather(node, weights)
        elif matrices and node.op_type == "MatMul" and _is_large(weights.get(node.input[1])):
            nodes += _expand(node.input[1], weights)
            nodes.append(node)
        else:
            nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    del graph.initializer[:]
    graph.initializer.extend(entry for name, entry in weights.items() if name in used)
    onnx.checker.check_model(model)
    onnx.save(model, str(target))


def _is_large(entry: onnx.TensorProto | None) -> bool:
    return entry is not None and len(entry.dims) == 2 and int(np.prod(entry.dims)) >= SMALLEST


def _store(name: str, value: NDArray[np.generic], weights: dict[str, onnx.TensorProto]) -> str:
    weights[name] = numpy_helper.from_array(value, name)
    return name


def _gather(node: onnx.NodeProto, weights: dict[str, onnx.TensorProto]) -> list[onnx.NodeProto]:
    name, ids = node.input
    codes, scale = quantise(numpy_helper.to_array(weights[name]), axis=0)
    coded, scaled = _store(f"{name}.int8", codes, weights), _store(f"{name}.scale", scale, weights)
    out = node.output[0]
    return [
        helper.make_node("Gather", [coded, ids], [f"{out}.codes"]),
        helper.make_node("Gather", [scaled, ids], [f"{out}.scales"]),
        helper.make_node("Cast", [f"{out}.codes"], [f"{out}.float"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Mul", [f"{out}.float", f"{out}.scales"], [out]),
    ]


def _expand(name: str, weights: dict[str, onnx.TensorProto]) -> list[onnx.NodeProto]:
    codes, scale = quantise(numpy_helper.to_array(weights.pop(name)), axis=1)
    coded, scaled = _store(f"{name}.int8", codes, weights), _store(f"{name}.scale", scale, weights)
    return [
        helper.make_node("Cast", [coded], [f"{name}.float"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}.float", scaled], [name]),
    ]
