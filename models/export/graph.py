"""The trained network as an ONNX graph in float32, with the inputs and outputs that serving expects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor, nn

from models.train.network import HEAD_SIZES, MultiHeadEncoder

if TYPE_CHECKING:
    from pathlib import Path

OUTPUTS: Final = (*HEAD_SIZES, "sketch")
OPSET: Final = 18


class ShippedHeads(nn.Module):
    """The network without its auxiliary heads, its outputs in the order of ``OUTPUTS``."""

    def __init__(self, network: MultiHeadEncoder) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, ...]:
        """input_ids, attention_mask int64 [batch, tokens] -> one float32 tensor an output."""
        logits = self.network(input_ids, attention_mask)
        return tuple(logits[name] for name in OUTPUTS)


def write_graph(network: MultiHeadEncoder, path: Path) -> None:
    """Writes the float32 graph to ``path`` (one file); batch and tokens are free dimensions."""
    ids = torch.randint(4, network.shape.vocabulary, (2, 9))
    mask = torch.ones_like(ids)
    axes = {
        0: torch.export.Dim("batch", min=1, max=4096),
        1: torch.export.Dim("tokens", min=2, max=network.shape.positions),
    }
    program = torch.onnx.export(
        ShippedHeads(network).eval(),
        (ids, mask),
        input_names=["input_ids", "attention_mask"],
        output_names=list(OUTPUTS),
        dynamic_shapes={"input_ids": axes, "attention_mask": axes},
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    if program is None:
        raise RuntimeError("torch returned no ONNX program: use the pinned torch of the extra 'train'")
    program.save(str(path), external_data=False)
