"""The multi-head encoder: one shared BERT-style encoder, mean pooling, one linear head per question.

Inputs are token ids int64 [batch, tokens] and a mask int64 [batch, tokens] (1 = token, 0 = padding);
outputs are raw logits, one float32 tensor a head: see ``HEAD_SIZES``. ``sketch`` is a fixed random
projection of the L2-normalised pooled vector, [batch, 64], by which repeated requests are recognised
without the model.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from schemas.labels import CUES, EMOTIONS, INTENTS, SENTIMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD_SIZES: Final = {
    "sentiment_service": len(SENTIMENTS),
    "sentiment_tweets": len(SENTIMENTS),
    "intensity": 4,
    "arousal": 1,
    "emotions": len(EMOTIONS),
    "intents": len(INTENTS),
    "cues": len(CUES),
}
AUXILIARY_SIZES: Final = {"polarity": len(SENTIMENTS)}
"""Heads that only teach the encoder; they are not exported."""
SKETCH_SIZE: Final = 64
HEAD_DROPOUT: Final = 0.1
SKETCH_SEED: Final = 20
# Far below any attention score, yet finite in bfloat16 too: exp() of it is exactly 0, so padding adds nothing at all.
MASKED: Final = -1e9


@dataclass(frozen=True, slots=True)
class EncoderShape:
    """Sizes of the encoder; stored beside every checkpoint."""

    vocabulary: int
    hidden: int = 384
    layers: int = 12
    heads: int = 12
    feed_forward: int = 1536
    positions: int = 512
    epsilon: float = 1e-12

    def to_dict(self) -> dict[str, int | float]:
        """The fields by name, for a JSON file."""
        return asdict(self)


class Layer(nn.Module):
    """One post-norm transformer layer."""

    def __init__(self, shape: EncoderShape, dropout: float) -> None:
        super().__init__()
        self.heads = shape.heads
        self.size = shape.hidden // shape.heads
        self.qkv = nn.Linear(shape.hidden, 3 * shape.hidden)
        self.out = nn.Linear(shape.hidden, shape.hidden)
        self.norm_attention = nn.LayerNorm(shape.hidden, eps=shape.epsilon)
        self.up = nn.Linear(shape.hidden, shape.feed_forward)
        self.down = nn.Linear(shape.feed_forward, shape.hidden)
        self.norm_output = nn.LayerNorm(shape.hidden, eps=shape.epsilon)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """Hidden states [batch, tokens, hidden] -> the same; bias [batch, 1, 1, tokens] is added to the scores."""
        batch, tokens, hidden = x.shape
        qkv = self.qkv(x).view(batch, tokens, 3, self.heads, self.size).permute(2, 0, 3, 1, 4)
        query, key, value = qkv[0], qkv[1], qkv[2]
        scores = torch.matmul(query, key.transpose(-1, -2)) * (self.size**-0.5) + bias
        mixed = torch.matmul(torch.softmax(scores, dim=-1).to(value.dtype), value)
        mixed = mixed.transpose(1, 2).reshape(batch, tokens, hidden)
        x = self.norm_attention(x + self.dropout(self.out(mixed)))
        inner: Tensor = self.norm_output(x + self.dropout(self.down(functional.gelu(self.up(x)))))
        return inner


class MultiHeadEncoder(nn.Module):
    """Encoder, pooling and heads. ``forward`` returns every head; heads read the pooled vector through one dropout."""

    projection: Tensor

    def __init__(self, shape: EncoderShape, dropout: float = 0.1) -> None:
        super().__init__()
        self.shape = shape
        self.word = nn.Embedding(shape.vocabulary, shape.hidden)
        self.position = nn.Embedding(shape.positions, shape.hidden)
        self.norm = nn.LayerNorm(shape.hidden, eps=shape.epsilon)
        self.dropout = nn.Dropout(dropout)
        self.head_dropout = nn.Dropout(HEAD_DROPOUT)
        self.layers = nn.ModuleList(Layer(shape, dropout) for _ in range(shape.layers))
        sizes = {**HEAD_SIZES, **AUXILIARY_SIZES}
        self.heads = nn.ModuleDict({name: nn.Linear(shape.hidden, size) for name, size in sizes.items()})
        for head in self.heads.values():
            nn.init.normal_(head.weight, std=0.02)  # type: ignore[arg-type]
            nn.init.zeros_(head.bias)  # type: ignore[arg-type]
        generator = torch.Generator().manual_seed(SKETCH_SEED)
        projection = torch.randn(shape.hidden, SKETCH_SIZE, generator=generator) / SKETCH_SIZE**0.5
        self.register_buffer("projection", projection)

    def set_dropout(self, rate: float) -> None:
        """Sets the dropout of the encoder's layers (the heads keep theirs)."""
        for module in self.modules():
            if isinstance(module, nn.Dropout) and module is not self.head_dropout:
                module.p = rate

    def pooled(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Mean of the last layer over the tokens of each text: float32 [batch, hidden]."""
        positions = torch.arange(ids.shape[1], device=ids.device)
        x = self.dropout(self.norm(self.word(ids) + self.position(positions)))
        bias = (1.0 - mask[:, None, None, :].to(x.dtype)) * MASKED
        for layer in self.layers:
            x = layer(x, bias)
        weight = mask.unsqueeze(-1).to(torch.float32)
        mean: Tensor = (x.float() * weight).sum(1) / weight.sum(1)
        return mean

    def forward(self, ids: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """ids, mask int64 [batch, tokens] -> {head: logits float32 [batch, size]} and ``sketch`` [batch, 64]."""
        vector = self.pooled(ids, mask)
        dropped = self.head_dropout(vector).to(self.word.weight.dtype)
        logits = {name: head(dropped).float() for name, head in self.heads.items()}
        # The pooled vector is centred by nothing: cosine of two texts is approximated by that of their sketches.
        logits["sketch"] = functional.normalize(vector, dim=-1) @ self.projection.float()
        return logits


def from_bert(state: Mapping[str, Tensor], shape: EncoderShape, dropout: float = 0.1) -> MultiHeadEncoder:
    """A fresh multi-head encoder whose encoder holds the weights of a BertModel's ``state`` (names without prefix).

    The single token-type row is added to the positions: it is the same constant for every token.
    Raises KeyError when ``state`` is not a BertModel's.
    """
    model = MultiHeadEncoder(shape, dropout)
    target = model.state_dict()
    target["word.weight"] = state["embeddings.word_embeddings.weight"]
    kind = state["embeddings.token_type_embeddings.weight"][0]
    target["position.weight"] = state["embeddings.position_embeddings.weight"][: shape.positions] + kind
    target["norm.weight"] = state["embeddings.LayerNorm.weight"]
    target["norm.bias"] = state["embeddings.LayerNorm.bias"]
    pairs = {
        "out": "attention.output.dense",
        "norm_attention": "attention.output.LayerNorm",
        "up": "intermediate.dense",
        "down": "output.dense",
        "norm_output": "output.LayerNorm",
    }
    for layer in range(shape.layers):
        source = f"encoder.layer.{layer}."
        for part in ("weight", "bias"):
            for mine, theirs in pairs.items():
                target[f"layers.{layer}.{mine}.{part}"] = state[f"{source}{theirs}.{part}"]
            stacked = [state[f"{source}attention.self.{name}.{part}"] for name in ("query", "key", "value")]
            target[f"layers.{layer}.qkv.{part}"] = torch.cat(stacked)
    model.load_state_dict(target)
    return model
