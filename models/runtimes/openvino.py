"""The shipped ONNX graph through OpenVINO (extra `openvino`): in bfloat16 where the processor has it.

The graph's weights rest as int8. Left alone, OpenVINO would take them for a quantised model and, in float32,
multiply int8 by activations that it rounds to int8 itself: 0.01 on the mean logit, 0.15 on the worst. So they
are folded to float32 before the graph is compiled, which is the arithmetic that the model was measured with.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from models.errors import RuntimeUnavailableError
from models.protocol import TWEETS, FloatArray, Logits, Prepared, PreparedBatch
from models.runtimes.graph import BELOW, GraphFolder, GraphRuntime
from models.runtimes.padding import padded_arrays

Precision: TypeAlias = Literal["bf16", "f32"]

_DEVICE: Final = "CPU"
_REPORTER: Final = "openvino_telemetry"
# Tokens. Tiles of bfloat16 are filled at multiples of 16: a tenth faster than at 8 and 24 as well, with fewer shapes.
_STEP: Final = 16


class OpenvinoRuntime(GraphRuntime):
    """A shipped folder through OpenVINO, on the processor. One thread owns it."""

    def __init__(self, folder: Path, *, digest: str, threads: int = 0, precision: Precision | None = None) -> None:
        """Load the graph with `threads` threads (0: one a physical core).

        `digest` is the hex digest of the folder's content. It becomes part of the identity, as does what the
        graph is computed in: `precision`, or if it is None bf16 where the processor has it and f32 elsewhere.
        Raises RuntimeUnavailableError without openvino, ArtifactError naming the file that is absent or damaged.
        """
        openvino = _imported()
        shipped = GraphFolder.read(folder)
        compiled = _compiled(openvino, shipped, shipped.graph, threads, precision)
        # What it is, not what was asked for.
        computed_in = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
        names = [name for output in compiled.outputs for name in output.names]
        super().__init__(shipped, names, digest=digest, kind=f"openvino/{computed_in}")
        self._request = compiled.create_infer_request()
        self._compile_branch = partial(_compiled, openvino, shipped, shipped.branch, threads, precision)

    @property
    def ignores_padding(self) -> bool:
        """Not at every length: 24 tokens at 32 move a logit by up to 0.04 in bfloat16, 1e-5 in float32."""
        return False

    def prepare(self, texts: Sequence[str]) -> list[Prepared]:
        """Tokenise; long texts give several windows, each to be run at a multiple of 16 tokens."""
        return [
            Prepared(tuple(replace(window, padded=self._widened(window.padded)) for window in prepared.windows))
            for prepared in super().prepare(texts)
        ]

    def forward(self, batch: PreparedBatch) -> Logits:
        """Run the graph on [windows, padded] ids and mask."""
        ids, mask = padded_arrays(batch)
        # What is shared is overwritten by the next batch: heads are copied, and what lies below the branch need not be.
        outputs = self._request.infer({"input_ids": ids, "attention_mask": mask}, share_inputs=True, share_outputs=True)
        logits: dict[str, FloatArray] = {head: outputs[head].copy() for head in self._whole}
        if self.asks_branch(batch):
            logits[TWEETS] = self._branch.infer({BELOW: outputs[BELOW], "attention_mask": mask})[TWEETS]
        return logits

    @cached_property
    def _branch(self) -> Any:
        # Few ask for the tweets head: its layers are compiled when somebody does.
        return self._compile_branch().create_infer_request()

    def _widened(self, padded: int) -> int:
        return min(-(-padded // _STEP) * _STEP, self._manifest.max_tokens)


def _imported() -> ModuleType:
    # On import openvino reports its use over the network and keeps a file in the home directory, unasked. Where its
    # reporter cannot be imported it says nothing.
    blocked = _REPORTER not in sys.modules
    if blocked:
        sys.modules[_REPORTER] = None  # type: ignore[assignment]  # the documented way to make an import fail
    try:
        import openvino  # noqa: PLC0415 - an extra, absent from the serving install
        import openvino.passes  # noqa: PLC0415 - as above
    except ImportError as error:
        message = f"the openvino runtime needs openvino ({error}): pip install 'peakend[openvino]'"
        raise RuntimeUnavailableError(message) from error
    finally:
        if blocked:
            del sys.modules[_REPORTER]
    return openvino  # type: ignore[no-any-return]  # its imports are not followed


def _compiled(openvino: Any, folder: GraphFolder, graph: Path, threads: int, precision: Precision | None) -> Any:
    core = openvino.Core()
    if precision is None:
        precision = "bf16" if "BF16" in core.get_property(_DEVICE, "OPTIMIZATION_CAPABILITIES") else "f32"
    settings: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": precision,
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": 1,
        # A worker shares the processor with its event loop and perhaps with other workers, which would all be bound to
        # the same first cores.
        "ENABLE_CPU_PINNING": False,
        # No rounding of activations to int8, whatever is left of the resting weights.
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0,
    }
    if threads > 0:
        settings["INFERENCE_NUM_THREADS"] = threads
    try:
        model = core.read_model(str(graph))
        folding = openvino.passes.Manager()
        folding.register_pass(openvino.passes.ConstantFolding())
        folding.run_passes(model)
        _norms_as_products(openvino, model)
        return core.compile_model(model, _DEVICE, settings)
    except RuntimeError as error:
        raise folder.unloadable(graph, error) from error


def _norms_as_products(openvino: Any, model: Any) -> None:
    # From 16 rows on OpenVINO sums under a norm in another order, which in bfloat16 moves the sketch by up to 0.003.
    # Products with a matrix it sums in one order, whatever the number of rows, and in float32.
    build = openvino.opset13
    for norm in [operation for operation in model.get_ops() if operation.get_type_name() == "ReduceL2"]:
        vectors = norm.input_value(0)
        ones = np.ones((vectors.get_partial_shape()[-1].get_length(), 1), np.float32)
        total = build.matmul(build.multiply(vectors, vectors), build.constant(ones), False, False)  # noqa: FBT003 - transposed: by position alone
        norm.output(0).replace(build.sqrt(total).output(0))
