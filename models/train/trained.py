"""The folder of a trained network: its weights, shape and tokenizer, and what it was made from."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

from tokenizers import Tokenizer

from models.runtimes.graph import GRAPH_FILE
from models.train.errors import TrainingError
from models.train.network import EncoderShape, MultiHeadEncoder
from models.train.shipped import is_shipped, read_shipped

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor

WEIGHTS_FILE: Final = "network.safetensors"
ORIGIN_FILE: Final = "origin.safetensors"
"""What the matrices of the branch began with: they may rest as that and their change."""
SHAPE_FILE: Final = "shape.json"
TOKENIZER_FILE: Final = "tokenizer.json"
TOLD_FILE: Final = "run.json"
"""Written last: a folder that has it is whole."""
_FREE: Final = ("vocabulary", "tweets_layers")
"""In what networks may differ that are averaged: each keeps its words, and a branch comes later."""


def save(model: MultiHeadEncoder, tokenizer_file: Path, out: Path, origin: Mapping[str, Tensor] | None = None) -> Path:
    """Writes ``network.safetensors``, ``shape.json`` and ``tokenizer.json`` to ``out``.

    With ``origin``, the state of the network that its branch began with, ``origin.safetensors`` too.
    """
    from safetensors.torch import save_file  # noqa: PLC0415  (training extra)

    out.mkdir(parents=True, exist_ok=True)
    if origin is not None:
        matrices = {name: value for name, value in model.layers_of_branch(origin).items() if value.dim() == 2}
        save_file({name: value.contiguous() for name, value in matrices.items()}, out / ORIGIN_FILE)
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, out / WEIGHTS_FILE)
    (out / SHAPE_FILE).write_text(json.dumps(model.shape.to_dict()), encoding="utf-8")
    (out / TOKENIZER_FILE).write_bytes(tokenizer_file.read_bytes())
    return out


def load(folder: Path) -> tuple[MultiHeadEncoder, Tokenizer]:
    """The network (in evaluation mode) and tokenizer that ``save`` wrote."""
    from safetensors.torch import load_file  # noqa: PLC0415  (training extra)

    shape = EncoderShape(**json.loads((folder / SHAPE_FILE).read_text(encoding="utf-8")))
    model = MultiHeadEncoder(shape)
    model.load_state_dict(load_file(folder / WEIGHTS_FILE))
    return model.eval(), Tokenizer.from_file(str(folder / TOKENIZER_FILE))


def moved_in(folder: Path) -> list[tuple[Tensor, Tensor]]:
    """Matrices [outputs, inputs] of the branch as they are and as they began; none if that was not kept."""
    from safetensors.torch import load_file  # noqa: PLC0415  (training extra)

    if not (folder / ORIGIN_FILE).exists():
        return []
    state = load_file(folder / WEIGHTS_FILE)
    return [(state[f"tweets.{name}"], value) for name, value in load_file(folder / ORIGIN_FILE).items()]


def check(folder: Path, shape: EncoderShape) -> None:
    """Raises TrainingError unless ``folder`` holds a whole network, trained or shipped, with layers as in ``shape``."""
    if is_shipped(folder):
        read_shipped(folder, shape)
        return
    if not (folder / TOLD_FILE).exists():
        raise TrainingError(f"{folder} is no folder that 'python -m models.train run' printed: it has no {TOLD_FILE}")
    theirs, ours = json.loads((folder / SHAPE_FILE).read_text(encoding="utf-8")), shape.to_dict()
    unlike = sorted(name for name in ours if name not in _FREE and theirs.get(name) != ours[name])
    if unlike:
        raise TrainingError(
            f"{folder} holds a network of another shape ({', '.join(unlike)}): train both from one base"
        )


def weights_in(folder: Path, shape: EncoderShape) -> dict[str, Tensor]:
    """The weights of the network in ``folder``, trained or shipped (then without embeddings); raises as ``check``."""
    from safetensors.torch import load_file  # noqa: PLC0415  (training extra)

    check(folder, shape)
    return read_shipped(folder, shape) if is_shipped(folder) else load_file(folder / WEIGHTS_FILE)


def digest(folder: Path) -> str:
    """Of the weights in ``folder``, a trained or a shipped one."""
    file = GRAPH_FILE if is_shipped(folder) else WEIGHTS_FILE
    return hashlib.sha256((folder / file).read_bytes()).hexdigest()


def fingerprint(model: MultiHeadEncoder) -> str:
    """Of all that a network begins with: base, vocabulary, shape, and the seed by which its heads were drawn."""
    found = hashlib.sha256()
    for name, value in model.state_dict().items():
        found.update(name.encode())
        found.update(value.numpy().tobytes())
    return found.hexdigest()
