"""What the runtimes of a shipped folder share: everything but running its graph."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.calibration import Calibration
from models.errors import ArtifactError
from models.manifest import Manifest, read_manifest
from models.protocol import HEADS, TWEETS, Head, HeadScores, Logits, Prepared, PreparedBatch
from models.tokenization import TextTokenizer

GRAPH_FILE: Final = "model.onnx"
BRANCH_FILE: Final = "tweets.onnx"
"""The layers that the tweets head has to itself, where it has any: `BELOW` and attention_mask to its logits."""
BELOW: Final = "below"
TOKENIZER_FILE: Final = "tokenizer.json"
MANIFEST_FILE: Final = "model.json"


@dataclass(frozen=True, slots=True)
class GraphFolder:
    """A model folder, read but for its graph, which each runtime loads in its own way."""

    path: Path
    manifest: Manifest
    tokenizer: TextTokenizer

    @classmethod
    def read(cls, path: Path) -> "GraphFolder":
        """Read manifest and tokenizer; raises ArtifactError naming the file that is absent or damaged."""
        manifest = read_manifest(path / MANIFEST_FILE)
        tokenizer = TextTokenizer(path / TOKENIZER_FILE, prefix=manifest.prefix, max_tokens=manifest.max_tokens)
        if not (path / GRAPH_FILE).is_file():
            message = f"{path / GRAPH_FILE} is missing; restore the model folder or name another with --model"
            raise ArtifactError(message)
        return cls(path, manifest, tokenizer)

    @property
    def graph(self) -> Path:
        """The file of the graph."""
        return self.path / GRAPH_FILE

    @property
    def branch(self) -> Path:
        """The file of the tweets head's own layers; absent where it has none."""
        return self.path / BRANCH_FILE

    def unloadable(self, graph: Path, error: Exception) -> ArtifactError:
        """What to raise where a runtime cannot load a graph."""
        return ArtifactError(f"{graph} cannot be loaded ({error}); restore the model folder")

    def known_outputs(self, names: Iterable[str]) -> tuple[Head, ...]:
        """Those of a graph's outputs that are heads, in canonical order.

        Raises ArtifactError if there are none, one for which the manifest has no calibration, or half a branch.
        """
        given = set(names)
        if self.branch.is_file() and TWEETS not in given:
            if BELOW not in given:
                message = (
                    f"{self.graph} hands out no {BELOW!r}, which {BRANCH_FILE} starts from; export the model again"
                )
                raise ArtifactError(message)
            given.add(TWEETS)
        elif TWEETS in self.manifest.temperatures and TWEETS not in given:
            message = f"{self.branch} is missing; restore the model folder or name another with --model"
            raise ArtifactError(message)
        calibrated = {*self.manifest.temperatures, *self.manifest.label_heads, "arousal", "sketch"}
        if uncalibrated := given & set(HEADS) - calibrated:
            message = (
                f"{self.path / MANIFEST_FILE} has no calibration for {sorted(uncalibrated)}; export the model again"
            )
            raise ArtifactError(message)
        found = tuple(head for head in HEADS if head in given)
        if not found:
            message = f"{self.graph} has none of the outputs {', '.join(HEADS)}; it is not a peakend model"
            raise ArtifactError(message)
        return found


class GraphRuntime(ABC):
    """A folder with `model.onnx`, `tokenizer.json`, `model.json` and perhaps `tweets.onnx`; a runtime adds `forward`.

    One thread owns it.
    """

    def __init__(self, folder: GraphFolder, outputs: Iterable[str], *, digest: str, kind: str) -> None:
        """Serve those of the graph's `outputs` that are heads.

        `digest` is the hex digest of the folder's content and `kind` names runtime and precision; both become
        part of the identity. Raises ArtifactError as `GraphFolder.known_outputs` does.
        """
        self._manifest = folder.manifest
        self._tokenizer = folder.tokenizer
        self._calibration = Calibration(folder.manifest)
        given = set(outputs)
        self._heads = folder.known_outputs(given)
        self._whole = tuple(head for head in self._heads if head in given)
        """The heads that the graph itself answers; the tweets head, if it is another, has a branch."""
        self._identity = f"{folder.manifest.name}@{digest[:12]}/{kind}"

    @property
    def identity(self) -> str:
        """Name, digest, runtime and precision."""
        return self._identity

    @property
    def heads(self) -> frozenset[Head]:
        """The outputs of the graph, and the tweets head where it has layers of its own."""
        return frozenset(self._heads)

    @property
    def degraded(self) -> bool:
        """Never: this is the model itself."""
        return False

    @property
    def min_confidence(self) -> float:
        """As the manifest says."""
        return self._manifest.min_confidence

    @property
    @abstractmethod
    def ignores_padding(self) -> bool:
        """Whether outputs are the same at any padded length that `prepare` gives."""

    def prepare(self, texts: Sequence[str]) -> list[Prepared]:
        """Tokenise; long texts give several windows."""
        return self._tokenizer.prepare(texts)

    def asks_branch(self, batch: PreparedBatch) -> bool:
        """Whether `batch` wants the tweets head, and that has layers of its own."""
        return batch.tweets and TWEETS in self._heads and TWEETS not in self._whole

    @abstractmethod
    def forward(self, batch: PreparedBatch) -> Logits:
        """Run the graph on [windows, padded] ids and mask."""

    def finish(self, batch: PreparedBatch, logits: Logits, languages: Sequence[str]) -> list[HeadScores]:  # noqa: ARG002 - the protocol's signature
        """Calibrate by the manifest."""
        return self._calibration.apply(logits, languages)
