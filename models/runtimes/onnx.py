"""The default runtime: the shipped ONNX graph through onnxruntime, on the processor."""

from functools import cached_property, partial
from pathlib import Path
from typing import Final

import onnxruntime

from models.protocol import TWEETS, Logits, PreparedBatch
from models.runtimes.graph import BELOW, GraphFolder, GraphRuntime
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
        self._session = _session(shipped, shipped.graph, threads)
        names = [output.name for output in self._session.get_outputs()]
        super().__init__(shipped, names, digest=digest, kind=f"onnx/{shipped.manifest.precision}")
        self._open_branch = partial(_session, shipped, shipped.branch, threads)

    @property
    def ignores_padding(self) -> bool:
        """Measured and tested: what is masked adds exact zeros at the end of each sum."""
        return True

    def forward(self, batch: PreparedBatch) -> Logits:
        """Run the graph on [windows, padded] ids and mask."""
        ids, mask = padded_arrays(batch, least_rows=_LEAST_ROWS)
        branched = self.asks_branch(batch)
        names = [*self._whole, *([BELOW] if branched else [])]
        outputs = dict(zip(names, self._session.run(names, {"input_ids": ids, "attention_mask": mask}), strict=True))
        if branched:
            below = {BELOW: outputs.pop(BELOW), "attention_mask": mask}
            (outputs[TWEETS],) = self._branch.run([TWEETS], below)
        rows = len(batch.windows)
        return {head: output[:rows] for head, output in outputs.items()}

    @cached_property
    def _branch(self) -> onnxruntime.InferenceSession:
        # Few ask for the tweets head: its layers are loaded when somebody does.
        return self._open_branch()


def _session(folder: GraphFolder, graph: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Spinning threads take the core from the event loop, which shares the processor with the model.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises a family of its own without a common base
        raise folder.unloadable(graph, error) from error
