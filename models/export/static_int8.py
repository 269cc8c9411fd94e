"""Static int8: matrix products in integers, with ranges that are fixed once on dev texts.

(Dynamic int8 takes its ranges from the batch at hand: a score would depend on its company, and nothing would replay.)
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from models.export.resting import SMALLEST, rest
from models.export.session import feeds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.tokenization import TextTokenizer

CALIBRATION_TEXTS: Final = 400


class _Texts(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime ships no types
    def __init__(self, batches: list[dict[str, np.ndarray]]) -> None:
        self._batches = iter(batches)

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self._batches, None)


def quantise_static(source: Path, target: Path, tokenizer: TextTokenizer, texts: Sequence[str]) -> None:
    """Quantises the float graph at ``source`` to ``target``; ``texts`` of varied length and language set the ranges."""
    sample = list(texts)[:: max(1, len(texts) // CALIBRATION_TEXTS)][:CALIBRATION_TEXTS]
    batches = [inputs for _, inputs in feeds(tokenizer, sample, token_budget=256)]
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        prepared, quantised = Path(scratch) / "prepared.onnx", Path(scratch) / "quantised.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(quantised),
            _Texts(batches),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["MatMul"],
            nodes_to_exclude=_heads(prepared),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"MatMulConstBOnly": True},
        )
        rest(quantised, target, matrices=False)


def _heads(graph: Path) -> list[str]:
    """Products with small matrices: heads and sketch deserve full precision, and cost nothing."""
    model = onnx.load(str(graph))
    small = {entry.name for entry in model.graph.initializer if int(np.prod(entry.dims)) < SMALLEST}
    return [node.name for node in model.graph.node if node.op_type == "MatMul" and node.input[1] in small]
