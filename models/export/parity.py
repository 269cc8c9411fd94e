"""How far the exported graph is from the trained network, and a score from itself in other company."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from models.batching import LADDER
from models.calibration import softmax
from models.export.graph import OUTPUTS
from models.export.session import feeds
from models.train.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.export.session import Exported
    from models.tokenization import TextTokenizer
    from models.train.network import MultiHeadEncoder

SAMPLE: Final = 256
HEADS: Final = ("sentiment_service", "sentiment_tweets")
# Mean absolute difference of sentiment probabilities that an export may cost.
TOLERANCE: Final = {"fp32-from-int8": 0.01, "int8-static": 0.05}
BATCH_TOLERANCE: Final = 1e-5
"""Of raw logits; rounded to four decimals it does not show (float32 sums in another order differ by some 1e-7)."""


@dataclass(frozen=True, slots=True)
class Parity:
    """How far apart they are.

    probability: mean absolute difference of the probabilities of a sentiment head; agreement: share of equal answers
    (both of the head that is further off);
    batch: largest difference of a logit of one text alone and among others.
    """

    probability: float
    agreement: float
    batch: float

    def check(self, precision: str) -> None:
        """Raises TrainingError when the export lost too much or scores depend on their batch-mates.

        Written so that a figure that is no number fails too.
        """
        if not self.probability <= TOLERANCE[precision]:
            raise TrainingError(
                f"the {precision} graph differs from the network by {self.probability:.4f} in probability: "
                "export with the other precision"
            )
        if not self.batch <= BATCH_TOLERANCE:
            raise TrainingError(
                f"a score depends on its batch-mates by {self.batch:.2e}: export with another precision"
            )


def compare(network: MultiHeadEncoder, exported: Exported, tokenizer: TextTokenizer, texts: Sequence[str]) -> Parity:
    """Measures both on an even sample of the texts."""
    sample = list(texts)[:: max(1, len(texts) // SAMPLE)][:SAMPLE]
    differences: dict[str, list[np.ndarray]] = {head: [] for head in HEADS}
    equal: dict[str, list[np.ndarray]] = {head: [] for head in HEADS}
    company = 0.0
    for _, inputs in feeds(tokenizer, sample, token_budget=2 * LADDER[-1]):
        given = exported.run(inputs)
        with torch.inference_mode():
            own = network(torch.from_numpy(inputs["input_ids"]), torch.from_numpy(inputs["attention_mask"]))
        for head in HEADS:
            mine, theirs = (softmax(np.asarray(values), 1.0) for values in (own[head], given[head]))
            differences[head].append(np.abs(mine - theirs).mean(1))
            equal[head].append(mine.argmax(1) == theirs.argmax(1))
        alone = exported.run({name: value[:1] for name, value in inputs.items()})
        company = float(np.max([company, *(np.abs(alone[name] - given[name][:1]).max() for name in OUTPUTS)]))
    return Parity(
        float(np.max([np.concatenate(parts).mean() for parts in differences.values()])),  # unlike max(), heeds a NaN
        float(np.min([np.concatenate(parts).mean() for parts in equal.values()])),
        company,
    )
