"""Writes the shipped folder: graph, tokenizer, calibrated manifest; checks size and parity first."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

from models.export.graph import write_graphs
from models.export.parity import Parity, compare
from models.export.resting import Moved, rest
from models.export.session import Exported, logits_of
from models.export.static_int8 import quantise_static
from models.registry import DIGEST_FILE, digest_of
from models.runtimes.graph import BRANCH_FILE, GRAPH_FILE
from models.tokenization import TextTokenizer
from models.train.calibrate import DevSet, fit
from models.train.errors import TrainingError
from models.train.run import PREFIX
from models.train.trained import TOKENIZER_FILE, TOLD_FILE, load, moved_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.train.rows import Example

MAX_TOKENS: Final = 160
LARGEST_FOLDER: Final = 45 * 1024 * 1024
MANIFEST_FILE: Final = "model.json"
_FILES: Final = frozenset({GRAPH_FILE, BRANCH_FILE, TOKENIZER_FILE, MANIFEST_FILE, DIGEST_FILE})
RESTING: Final = "fp32-from-int8"
STATIC: Final = "int8-static"
# Sketch values are spread about 1/8; this scale puts three standard deviations at the end of int8.
SKETCH_RANGE: Final = 3.0


@dataclass(frozen=True, slots=True)
class Origin:
    """What the manifest says about the training."""

    seed: int
    key: str
    command: str
    data: tuple[str, ...]

    @classmethod
    def of(cls, trained: Path, data: tuple[str, ...]) -> Origin:
        """From what the training left beside the network. Raises TrainingError when it is no trained folder."""
        try:
            told = json.loads((trained / TOLD_FILE).read_text(encoding="utf-8"))
        except OSError as error:
            raise TrainingError(f"{trained} is no folder that `python -m models.train run` printed: {error}") from error
        return cls(int(told["seed"]), str(told["key"]), str(told["command"]), data)


def export(
    trained: Path, dev: Mapping[str, Sequence[Example]], out: Path, *, precision: str, version: str, origin: Origin
) -> Parity:
    """Writes both graphs, ``tokenizer.json`` and ``model.json`` to ``out`` and returns the parity with the network.

    The folder is written whole beside ``out`` and checked before anything is copied: an export that fails leaves what
    was there. Raises TrainingError when the artifact is too large or differs too much from the network, or when ``out``
    holds what is no part of an artifact.
    """
    strangers = sorted({path.name for path in out.glob("[!.]*")} - _FILES)
    if strangers:  # the digest is of the whole folder: it would not fit
        raise TrainingError(f"{out} holds {', '.join(strangers)}: move that away, or give another folder")
    network, _ = load(trained)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        folder = Path(scratch)
        write_graphs(network, folder / "float.onnx", folder / "branch.onnx")
        shutil.copyfile(trained / TOKENIZER_FILE, folder / TOKENIZER_FILE)
        tokenizer = TextTokenizer(folder / TOKENIZER_FILE, prefix=PREFIX, max_tokens=MAX_TOKENS)
        texts = [example.text for rows in dev.values() for example in rows]
        if precision == STATIC:
            quantise_static(folder / "float.onnx", folder / GRAPH_FILE, tokenizer, texts)
        else:
            rest(folder / "float.onnx", folder / GRAPH_FILE)
        moved = [Moved(now.numpy(), before.numpy()) for now, before in moved_in(trained)]
        rest(folder / "branch.onnx", folder / BRANCH_FILE, moved=moved)
        (folder / "float.onnx").unlink()
        (folder / "branch.onnx").unlink()
        exported = Exported.of(folder)
        sets = {
            name: DevSet(rows, logits_of(exported, tokenizer, [example.text for example in rows]))
            for name, rows in dev.items()
        }
        parity = compare(network, exported, tokenizer, texts)
        parity.check(precision)
        manifest = _manifest(network.shape.to_dict(), sets, precision, version, origin)
        (folder / MANIFEST_FILE).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        size = sum(path.stat().st_size for path in folder.iterdir())
        if size > LARGEST_FOLDER:
            raise TrainingError(
                f"the artifact has {size} bytes, at most {LARGEST_FOLDER} may be shipped: trim the vocabulary"
            )
        digest = digest_of(folder)
        (folder / DIGEST_FILE).write_text(f"{digest}\n", encoding="ascii")
        out.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            shutil.copyfile(path, out / path.name)
    return parity


def _manifest(
    shape: Mapping[str, int | float], sets: Mapping[str, DevSet], precision: str, version: str, origin: Origin
) -> dict[str, Any]:
    sketches = np.concatenate([part.logits["sketch"] for part in sets.values()])
    return {
        "format": 1,
        "name": "peakend-e5-small",
        "version": version,
        "prefix": PREFIX,
        "max_tokens": MAX_TOKENS,
        "layers": shape["layers"],
        "hidden": shape["hidden"],
        "vocabulary": shape["vocabulary"],
        "precision": precision,
        "sketch_scale": round(127 / (SKETCH_RANGE * float(sketches.std())), 2),
        **fit(sets),
        "trained": {
            "date": datetime.now(UTC).date().isoformat(),
            "data": list(origin.data),
            "seed": origin.seed,
            "key": origin.key,
            "command": origin.command,
            "torch": torch.__version__,
        },
    }
