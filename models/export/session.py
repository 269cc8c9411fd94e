"""Raw logits of a graph over texts, batched as serving batches them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime

from models.batching import plan_batches
from models.export.graph import WHOLE
from models.protocol import TWEETS, PreparedBatch
from models.runtimes.graph import BELOW, BRANCH_FILE, GRAPH_FILE
from models.runtimes.padding import padded_arrays
from models.tokenization import TextTokenizer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Exported:
    """The graphs of a shipped folder, both always run."""

    whole: onnxruntime.InferenceSession
    branch: onnxruntime.InferenceSession

    @classmethod
    def of(cls, folder: Path) -> Exported:
        """Raises onnxruntime's own errors for a graph that it cannot run."""
        return cls(_open(folder / GRAPH_FILE), _open(folder / BRANCH_FILE))

    def run(self, inputs: Mapping[str, NDArray[np.int64]]) -> dict[str, NDArray[np.float32]]:
        """Every output that serving knows, [rows, width] each."""
        outputs = dict(zip(WHOLE, self.whole.run(list(WHOLE), dict(inputs)), strict=True))
        below = {BELOW: outputs.pop(BELOW), "attention_mask": inputs["attention_mask"]}
        (outputs[TWEETS],) = self.branch.run([TWEETS], below)
        return outputs


def _open(graph: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


def feeds(
    tokenizer: TextTokenizer, texts: Sequence[str], token_budget: int = 1024
) -> Iterator[tuple[tuple[int, ...], dict[str, NDArray[np.int64]]]]:
    """(positions of texts, inputs) batch by batch; a long text counts by its first window, a blank one not at all."""
    prepared = tokenizer.prepare(texts)
    filled = [at for at, text in enumerate(prepared) if text.windows]
    windows = [prepared[at].windows[0] for at in filled]
    for batch in plan_batches([window.padded for window in windows], token_budget=token_budget):
        chosen = PreparedBatch(
            tuple(windows[at] for at in batch.items), tuple(filled[at] for at in batch.items), batch.padded
        )
        ids, mask = padded_arrays(chosen)
        yield chosen.owners, {"input_ids": ids, "attention_mask": mask}


def logits_of(exported: Exported, tokenizer: TextTokenizer, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """Every output over the texts, float32 [texts, width], in their order (zeros for a blank text)."""
    collected: dict[str, NDArray[np.float32]] = {}
    for owners, inputs in feeds(tokenizer, texts):
        for name, values in exported.run(inputs).items():
            into = collected.setdefault(name, np.zeros((len(texts), values.shape[1]), np.float32))
            into[list(owners)] = values
    return collected
