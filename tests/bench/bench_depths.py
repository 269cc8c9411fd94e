"""Encoders of 12 and 6 layers in three precisions: speed as ratios to 12 layers in onnxruntime's float32.

Weights are random (the time of a product does not depend on its values), so this says nothing of quality. All take
turns over the same batches. Run: `python -m tests.bench.bench_depths` (needs the extra `train`).
"""

import logging
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

import models
from models.export.graph import write_graphs
from models.export.static_int8 import quantise_static
from models.manifest import read_manifest
from models.tokenization import TextTokenizer
from models.train.network import EncoderShape, MultiHeadEncoder
from models.train.run import VOCABULARY_SIZE
from tests.bench.bench_runtimes import written_texts
from tests.extras import HAS_OPENVINO

DEPTHS = (12, 6)
ROUNDS = 7
BATCHES = 4
SHAPE = (32, 24)
"""Texts and tokens of a batch: what a busy worker scores at once."""
Feeds = dict[str, NDArray[np.int64]]
Run = Callable[[Feeds], Any]


def runs(depth: int, folder: Path, tokenizer: TextTokenizer) -> dict[str, Run]:
    """What computes a network of that many layers, by name."""
    network = MultiHeadEncoder(EncoderShape(vocabulary=VOCABULARY_SIZE, layers=depth)).eval()
    network.branch_off(1)
    plain, branch, integers = folder / "plain.onnx", folder / "branch.onnx", folder / "int8.onnx"
    write_graphs(network, plain, branch)
    quantise_static(plain, integers, tokenizer, [request.text for request in written_texts(200)])
    found: dict[str, Run] = {
        f"{depth} layers, onnxruntime float32": _onnx(plain),
        f"{depth} layers, onnxruntime static int8": _onnx(integers),
    }
    if HAS_OPENVINO:
        found[f"{depth} layers, OpenVINO bfloat16"] = _openvino(plain)
    return found


def _onnx(graph: Path) -> Run:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    return lambda feeds: session.run(["sentiment_service"], feeds)


def _openvino(graph: Path) -> Run:
    import openvino

    settings = {"INFERENCE_PRECISION_HINT": "bf16", "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1}
    request = openvino.Core().compile_model(str(graph), "CPU", settings).create_infer_request()
    return request.infer


def main(console: Console | None = None) -> None:
    """Prints the table."""
    # The exporter speaks of torchvision and of names of axes.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="torch.onnx")
    console = console or Console()
    weights = Path(models.__file__ or "").parent / "weights"
    manifest = read_manifest(weights / "model.json")
    tokenizer = TextTokenizer(weights / "tokenizer.json", prefix=manifest.prefix, max_tokens=manifest.max_tokens)
    chance = np.random.default_rng(1)
    mask = np.ones(SHAPE, np.int64)
    batches = [{"input_ids": chance.integers(4, 1000, SHAPE), "attention_mask": mask} for _ in range(BATCHES)]
    with tempfile.TemporaryDirectory() as scratch:
        compared: dict[str, Run] = {}
        for depth in DEPTHS:
            folder = Path(scratch) / str(depth)
            folder.mkdir()
            compared |= runs(depth, folder, tokenizer)
    seconds: dict[str, list[float]] = {name: [] for name in compared}
    for turn in range(ROUNDS + 1):
        for name, run in compared.items():
            begun = time.perf_counter()
            for batch in batches:
                run(batch)
            if turn:  # the first round warms up
                seconds[name].append(time.perf_counter() - begun)
    first = next(iter(seconds.values()))
    table = Table(title=f"random weights, {SHAPE[0]} texts of {SHAPE[1]} tokens, medians of {ROUNDS} rounds in turn")
    for column in ("network", "texts a second", "ratio"):
        table.add_column(column, justify="left" if column == "network" else "right")
    for name, own in seconds.items():
        ratio = median(other / mine for mine, other in zip(own, first, strict=True))
        table.add_row(name, f"{SHAPE[0] * BATCHES / median(own):,.0f}", f"{ratio:.2f}")
    console.print(table)


if __name__ == "__main__":
    main()
