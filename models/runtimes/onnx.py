"""The default runtime: the shipped ONNX graph through onnxruntime, on the processor."""

from pathlib import Path
from typing import Final

import onnxruntime

from models.protocol import Logits, PreparedBatch
from models.runtimes.graph import GraphFolder, GraphRuntime
from models.runtimes.padding import padded_arrays

# For one row onnxruntime multiplies by another kernel, which sums in another order: about 1e-6 on the logits, enough to
# turn a rounded probability. From two rows on results are equal bit by bit, whatever the number (measured, 1 to 40).
_LEAST_ROWS: Final = 2


class OnnxRuntime(GraphRuntime):
    """A shipped folder through onnxruntime. One thread owns it."""

    def __init__(self, folder: Path, *, digest: str, threads: int = 0) -> None:
        """Load the graph with `threads` intra-op threads (0: one a physical core).

        `digest` is the hex digest of the folder's content, which becomes part of the identity. Raises
        ArtifactError naming the file that is absent or damaged.
        """
        shipped = GraphFolder.read(folder)
        self._session = _session(shipped, threads)
        names = [output.name for output in self._session.get_outputs()]
        super().__init__(shipped, names, digest=digest, kind=f"onnx/{shipped.manifest.precision}")

    @property
    def ignores_padding(self) -> bool:
        """Measured and tested: what is masked adds exact zeros at the end of each sum."""
        return True

    def forward(self, batch: PreparedBatch) -> Logits:
        """Run the graph on [windows, padded] ids and mask."""
        ids, mask = padded_arrays(batch, least_rows=_LEAST_ROWS)
        outputs = self._session.run(list(self._outputs), {"input_ids": ids, "attention_mask": mask})
        rows = len(batch.windows)
        return {head: output[:rows] for head, output in zip(self._outputs, outputs, strict=True)}


def _session(folder: GraphFolder, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Spinning threads take the core from the event loop, which shares the processor with the model.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(folder.graph), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises a family of its own without a common base
        raise folder.unloadable(error) from error
