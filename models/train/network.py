"""The multi-head encoder: one shared BERT-style encoder; every label reads the tokens by an attention of its own.

A label's logit is a weighted mean of what each token says for it, plus a bias: value . z_t, weighed by
softmax over t of view . z_t (label-wise attention, Mullenbach et al. 2018, with token vectors z_t standardised, see
``standardise``). With views of zero it is a linear head on the mean of the tokens.

Inputs are token ids int64 [batch, tokens] and a mask int64 [batch, tokens] (1 = token, 0 = padding);
outputs are raw logits, one float32 tensor a head: see ``HEAD_SIZES``. ``sketch`` is a fixed random
projection of the L2-normalised, standardised pooled vector, [batch, 64], by which repeated requests are recognised
without the model.

The tweets head may have its last layers to itself (``branch_off``): what tweets and reviews teach about plain problems
contradicts what the guide teaches, and layers shared to the end served neither.
"""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.protocol import TWEETS
from schemas.labels import CUES, EMOTIONS, INTENTS, SENTIMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
"""Heads that only teach the encoder; they are no outputs of the exported graph."""
ALL_SIZES: Final = {**HEAD_SIZES, **AUXILIARY_SIZES}
EMBEDDINGS: Final = ("word.", "position.", "norm.")
"""How the names of what lies below the layers begin."""
SKETCH_SIZE: Final = 64
HEAD_DROPOUT: Final = 0.1
LEAST_DEVIATION: Final = 1e-3
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
    tweets_layers: int = 0
    """How many of the last layers the tweets head has to itself."""

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


class Branch(nn.Module):
    """The last layers of the tweets head and its reading of them."""

    def __init__(self, shape: EncoderShape, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(shape, dropout) for _ in range(shape.tweets_layers))
        self.values = nn.Linear(shape.hidden, len(SENTIMENTS))
        self.views = nn.Linear(shape.hidden, len(SENTIMENTS), bias=False)

    def parts(self) -> list[tuple[str, int, str]]:
        """Every weight of the layers: its name, the place of its layer, its name there."""
        names = [name for name in self.state_dict() if name.startswith("layers.")]
        return [(name, int(name.split(".")[1]), name.split(".", 2)[2]) for name in names]


class MultiHeadEncoder(nn.Module):
    """Encoder and heads. ``forward`` returns every head; what tokens say for a label is read through a dropout."""

    projection: Tensor
    center: Tensor
    scale: Tensor

    def __init__(self, shape: EncoderShape, dropout: float = 0.1) -> None:
        super().__init__()
        self.shape = shape
        self.word = nn.Embedding(shape.vocabulary, shape.hidden)
        self.position = nn.Embedding(shape.positions, shape.hidden)
        self.norm = nn.LayerNorm(shape.hidden, eps=shape.epsilon)
        self.dropout = nn.Dropout(dropout)
        self.head_dropout = nn.Dropout(HEAD_DROPOUT)
        self.layers = nn.ModuleList(Layer(shape, dropout) for _ in range(shape.layers))
        labels = sum(ALL_SIZES.values())
        self.values = nn.Linear(shape.hidden, labels)
        self.views = nn.Linear(shape.hidden, labels, bias=False)
        nn.init.normal_(self.values.weight, std=0.02)
        nn.init.zeros_(self.values.bias)
        nn.init.zeros_(self.views.weight)
        self.register_buffer("center", torch.zeros(shape.hidden))
        self.register_buffer("scale", torch.ones(shape.hidden))
        generator = torch.Generator().manual_seed(SKETCH_SEED)
        projection = torch.randn(shape.hidden, SKETCH_SIZE, generator=generator) / SKETCH_SIZE**0.5
        self.register_buffer("projection", projection)
        self.tweets = Branch(shape, dropout) if shape.tweets_layers else None

    def branch_off(self, layers: int, origin: Mapping[str, Tensor] | None = None) -> None:
        """Gives the tweets head a copy of the last ``layers`` layers and of its reading, which may then part ways.

        Of this network as it stands, or of another state of it (``origin``). A branch of that depth is written over,
        not replaced: what was compiled for it stays of use.
        """
        if self.tweets is None or self.shape.tweets_layers != layers:
            self.shape = replace(self.shape, tweets_layers=layers)
            self.tweets = Branch(self.shape, self.dropout.p)
        source = self.state_dict() if origin is None else origin
        rows = rows_of(TWEETS)
        reading = {name: source[name][rows] for name in ("values.weight", "values.bias", "views.weight")}
        self.tweets.load_state_dict({**self.layers_of_branch(source), **reading})

    def layers_of_branch(self, source: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Weights of the last layers of ``source``, a state of this network, by their names in the branch."""
        return {name: source[f"layers.{self._fork + at}.{rest}"] for name, at, rest in self.own_branch().parts()}

    def set_dropout(self, rate: float) -> None:
        """Sets the dropout of the encoder's layers (the heads keep theirs)."""
        for module in self.modules():
            if isinstance(module, nn.Dropout) and module is not self.head_dropout:
                module.p = rate

    def standardise(self, pooled: Tensor) -> None:
        """Fixes center and scale so that ``pooled`` vectors, float32 [rows, hidden], have mean 0 and deviation 1.

        The base's vectors are nearly alike (deviation 0.1 a value about a common mean): read as they are, heads hardly
        move at the rate that the encoder bears.
        """
        self.center.copy_(pooled.mean(0))
        self.scale.copy_(1 / pooled.std(0).clamp_min(LEAST_DEVIATION))

    def own_branch(self) -> Branch:
        """The tweets head's own layers. Raises ValueError before ``branch_off``."""
        if self.tweets is None:
            raise ValueError(
                "the tweets head has no layers of its own: train with every stage of models/train/stages.py"
            )
        return self.tweets

    def tokens(self, ids: Tensor, mask: Tensor) -> Tensor:
        """The last layer, float32 [batch, tokens, hidden]."""
        return self._through(self.layers[self._fork :], self.below(ids, mask), mask).float()

    def pooled(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Mean of the last layer over the tokens of each text: float32 [batch, hidden]."""
        return _mean(self.tokens(ids, mask), mask)

    def below(self, ids: Tensor, mask: Tensor) -> Tensor:
        """What the layers that all heads share make of the tokens: [batch, tokens, hidden]."""
        positions = torch.arange(ids.shape[1], device=ids.device)
        x = self.dropout(self.norm(self.word(ids) + self.position(positions)))
        return self._through(self.layers[: self._fork], x, mask)

    def above(self, below: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """``below`` -> {head: logits float32 [batch, size]} and ``sketch`` [batch, 64]; no branch is read."""
        standard = self._standard(self._through(self.layers[self._fork :], below, mask))
        labels = self._read(standard, mask, self.values, self.views)
        logits = dict(zip(ALL_SIZES, torch.split(labels, list(ALL_SIZES.values()), dim=1), strict=True))
        # Sketches approximate the cosine of two texts about the base's mean of written rows.
        logits["sketch"] = functional.normalize(_mean(standard, mask), dim=-1) @ self.projection.float()
        return logits

    def branched(self, below: Tensor, mask: Tensor) -> Tensor:
        """``below`` -> logits of the tweets head by its own layers, float32 [batch, 3]. Raises as ``own_branch``."""
        branch = self.own_branch()
        standard = self._standard(self._through(branch.layers, below, mask))
        return self._read(standard, mask, branch.values, branch.views)

    def forward(self, ids: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """ids, mask int64 [batch, tokens] -> {head: logits float32 [batch, size]} and ``sketch`` [batch, 64]."""
        below = self.below(ids, mask)
        logits = self.above(below, mask)
        if self.tweets is not None:
            logits[TWEETS] = self.branched(below, mask)
        return logits

    def forward_tweets(self, ids: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """The tweets head alone, by its own layers: what a stage that teaches only them has to compute."""
        return {TWEETS: self.branched(self.below(ids, mask), mask)}

    @property
    def _fork(self) -> int:
        return self.shape.layers - self.shape.tweets_layers

    def _through(self, layers: Iterable[nn.Module], x: Tensor, mask: Tensor) -> Tensor:
        bias = (1.0 - mask[:, None, None, :].to(x.dtype)) * MASKED
        for layer in layers:
            x = layer(x, bias)
        return x

    def _standard(self, tokens: Tensor) -> Tensor:
        return (tokens.float() - self.center) * self.scale

    def _read(self, standard: Tensor, mask: Tensor, values: nn.Linear, views: nn.Linear) -> Tensor:
        absent = (1.0 - mask.unsqueeze(-1).to(torch.float32)) * MASKED
        share = torch.softmax(views(standard).float() + absent, dim=1)
        said = functional.linear(self.head_dropout(standard), values.weight).float()
        return (share * said).sum(1) + values.bias


def _mean(tokens: Tensor, mask: Tensor) -> Tensor:
    weight = mask.unsqueeze(-1).to(torch.float32)
    return (tokens * weight).sum(1) / weight.sum(1)


def rows_of(head: str) -> slice:
    """Where a head's labels stand in ``values`` and ``views``."""
    begin = sum(size for name, size in itertools.takewhile(lambda item: item[0] != head, ALL_SIZES.items()))
    return slice(begin, begin + ALL_SIZES[head])


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
