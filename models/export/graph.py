"""The trained network as ONNX graphs in float32, with the inputs and outputs that serving expects.

Two graphs: one for all heads, which also hands out what its lower layers made of the tokens (``below``), and one for
the layers that the tweets head has to itself, which starts from there and runs only when somebody asks for that head.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor, nn

from models.protocol import TWEETS
from models.runtimes.graph import BELOW
from models.train.network import HEAD_SIZES, MultiHeadEncoder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

OUTPUTS: Final = (*HEAD_SIZES, "sketch")
WHOLE: Final = (*(name for name in OUTPUTS if name != TWEETS), BELOW)
OPSET: Final = 18


class ShippedHeads(nn.Module):
    """The network without its auxiliary heads and its branch, its outputs in the order of ``WHOLE``."""

    def __init__(self, network: MultiHeadEncoder) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, ...]:
        """input_ids, attention_mask int64 [batch, tokens] -> one float32 tensor an output."""
        below = self.network.below(input_ids, attention_mask)
        logits = self.network.above(below, attention_mask)
        return (*(logits[name] for name in WHOLE[:-1]), below)


class ShippedBranch(nn.Module):
    """The tweets head's own layers."""

    def __init__(self, network: MultiHeadEncoder) -> None:
        super().__init__()
        self.network = network

    def forward(self, below: Tensor, attention_mask: Tensor) -> Tensor:
        """What ``below`` gave, float32 [batch, tokens, hidden], and the mask -> logits float32 [batch, 3]."""
        return self.network.branched(below, attention_mask)


def write_graphs(network: MultiHeadEncoder, whole: Path, branch: Path) -> None:
    """Writes the float32 graphs (one file each); batch and tokens are free dimensions.

    Raises ValueError when the tweets head has no layers of its own.
    """
    network.own_branch()
    ids = torch.randint(4, network.shape.vocabulary, (2, 9))
    mask = torch.ones_like(ids)
    _write(ShippedHeads(network), {"input_ids": ids, "attention_mask": mask}, WHOLE, network, whole)
    with torch.inference_mode():
        below = network.below(ids, mask)
    _write(ShippedBranch(network), {BELOW: below.clone(), "attention_mask": mask}, (TWEETS,), network, branch)


def _write(
    module: nn.Module, inputs: Mapping[str, Tensor], outputs: Sequence[str], network: MultiHeadEncoder, path: Path
) -> None:
    axes = {
        0: torch.export.Dim("batch", min=1, max=4096),
        1: torch.export.Dim("tokens", min=2, max=network.shape.positions),
    }
    program = torch.onnx.export(
        module.eval(),
        tuple(inputs.values()),
        input_names=list(inputs),
        output_names=list(outputs),
        dynamic_shapes=dict.fromkeys(inputs, axes),
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    if program is None:
        raise RuntimeError("torch returned no ONNX program: use the pinned torch of the extra 'train'")
    program.save(str(path), external_data=False)
