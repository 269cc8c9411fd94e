"""The default runtime: the shipped ONNX graph through onnxruntime, on the processor."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import onnxruntime

from models.calibration import Calibration
from models.errors import ArtifactError
from models.manifest import Manifest, read_manifest
from models.protocol import HEADS, Head, HeadScores, Logits, Prepared, PreparedBatch
from models.runtimes.padding import padded_arrays
from models.tokenization import TextTokenizer

MODEL_FILE: Final = "model.onnx"
TOKENIZER_FILE: Final = "tokenizer.json"
MANIFEST_FILE: Final = "model.json"
# For one row onnxruntime multiplies by another kernel, which sums in another order: about 1e-6 on the logits, enough to
# turn a rounded probability. From two rows on results are equal bit by bit, whatever the number (measured, 1 to 40).
_LEAST_ROWS: Final = 2


class OnnxRuntime:
    """A folder with `model.onnx`, `tokenizer.json` and `model.json`. One thread owns it."""

    def __init__(self, folder: Path, *, digest: str, threads: int = 0) -> None:
        """Load the graph with `threads` intra-op threads (0: one a physical core).

        `digest` is the hex digest of the folder's content, which becomes part of the identity. Raises
        ArtifactError naming the file that is absent or damaged.
        """
        self._manifest = read_manifest(folder / MANIFEST_FILE)
        self._tokenizer = TextTokenizer(
            folder / TOKENIZER_FILE, prefix=self._manifest.prefix, max_tokens=self._manifest.max_tokens
        )
        self._session = _session(folder / MODEL_FILE, threads)
        self._outputs = _known_outputs(self._session, self._manifest, folder)
        self._calibration = Calibration(self._manifest)
        self._identity = f"{self._manifest.name}@{digest[:12]}/onnx/{self._manifest.precision}"

    @property
    def identity(self) -> str:
        """Name, digest, runtime and precision."""
        return self._identity

    @property
    def heads(self) -> frozenset[Head]:
        """The outputs of the graph."""
        return frozenset(self._outputs)

    @property
    def degraded(self) -> bool:
        """Never: this is the model itself."""
        return False

    @property
    def min_confidence(self) -> float:
        """As the manifest says."""
        return self._manifest.min_confidence

    @property
    def ignores_padding(self) -> bool:
        """Measured and tested: what is masked adds exact zeros at the end of each sum."""
        return True

    def prepare(self, texts: Sequence[str]) -> list[Prepared]:
        """Tokenise; long texts give several windows."""
        return self._tokenizer.prepare(texts)

    def forward(self, batch: PreparedBatch) -> Logits:
        """Run the graph on [windows, padded] ids and mask."""
        ids, mask = padded_arrays(batch, least_rows=_LEAST_ROWS)
        outputs = self._session.run(list(self._outputs), {"input_ids": ids, "attention_mask": mask})
        rows = len(batch.windows)
        return {head: output[:rows] for head, output in zip(self._outputs, outputs, strict=True)}

    def finish(self, batch: PreparedBatch, logits: Logits, languages: Sequence[str]) -> list[HeadScores]:  # noqa: ARG002 - the protocol's signature
        """Calibrate by the manifest."""
        return self._calibration.apply(logits, languages)


def _session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    if not path.is_file():
        message = f"{path} is missing; restore the model folder or name another with --model"
        raise ArtifactError(message)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Spinning threads take the core from the event loop, which shares the processor with the model.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises a family of its own without a common base
        message = f"{path} cannot be loaded ({error}); restore the model folder"
        raise ArtifactError(message) from error


def _known_outputs(session: onnxruntime.InferenceSession, manifest: Manifest, folder: Path) -> tuple[Head, ...]:
    names = {output.name for output in session.get_outputs()}
    calibrated = {*manifest.temperatures, *manifest.label_heads, "arousal", "sketch"}
    if uncalibrated := names & set(HEADS) - calibrated:
        message = f"{folder / MANIFEST_FILE} has no calibration for {sorted(uncalibrated)}; export the model again"
        raise ArtifactError(message)
    found = tuple(head for head in HEADS if head in names)
    if not found:
        message = f"{folder / MODEL_FILE} has none of the outputs {', '.join(HEADS)}; it is not a peakend model"
        raise ArtifactError(message)
    return found
