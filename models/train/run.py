"""The whole of training: base, vocabulary, heads, the stages, a folder with the trained network."""

from __future__ import annotations

import ctypes
import hashlib
import json
import logging
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import torch
from tokenizers import Tokenizer

from models.train.averaging import beside, mean
from models.train.base import build
from models.train.corpus import gather
from models.train.dev import measure
from models.train.heads import fit_heads, rows_for_heads
from models.train.loop import StageRun
from models.train.network import EncoderShape, MultiHeadEncoder, from_bert
from models.train.stages import STAGES, Stage, passes_of
from models.train.trained import TOKENIZER_FILE, TOLD_FILE, check, digest, fingerprint, save
from models.train.vocabulary import count_pieces, order_of, trim

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from torch import Tensor

    from models.train.rows import Example

log = logging.getLogger(__name__)

PREFIX: Final = "query: "
VOCABULARY_SIZE: Final = 35_000
# glibc returns big blocks to the system after each use; keeping them saves page faults, a tenth of the time.
M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3
KEPT_BYTES: Final = 2**30
PRODUCTS: Final = 20


@dataclass(frozen=True, slots=True)
class Settings:
    """What one run is made from. scale multiplies the passes (0.05: a trial of minutes)."""

    data: Path
    written: Path
    work: Path
    seed: int = 1
    base: str | None = None
    own: tuple[Path, ...] = ()
    beside: tuple[Path, ...] = ()
    """Networks of the same shape, trained or shipped, that are averaged with the end of the first stage."""
    shipped: Path | None = None
    """A shipped folder whose network and vocabulary stand in for those of the first stage, which is then not run."""
    scale: float = 1.0
    threads: int | None = None
    compiled: bool = False


def run(settings: Settings) -> Path:
    """Trains and returns the folder of the trained network: ``trained-SEED-KEY`` in the work folder.

    KEY follows from all rows and settings: what was made from others is never taken for the result. A run that was
    stopped resumes from its last checkpoint. Raises TrainingError for absent data or wheels.
    """
    _prepare_process(settings.threads)
    corpus = gather(settings.data, settings.written, settings.work, settings.own)
    base = base_folder(settings.base, settings.work)
    # What only a later stage sees changes neither the vocabulary nor the first stage, which takes most of the time.
    first = {name: rows for name, rows in corpus.sources.items() if passes_of(STAGES[0], name)}
    texts = [row.text for rows in first.values() for row in rows]
    if settings.shipped:
        tokenizer_file = shipped_vocabulary(base, settings.work, settings.shipped)
    else:
        tokenizer_file = trimmed_vocabulary(base, settings.work, texts)
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    model = initial_model(base, tokenizer_file, settings.seed)
    given = [*settings.beside, *([settings.shipped] if settings.shipped else [])]
    for folder in given:
        check(folder, model.shape)
    bfloat16 = bfloat16_pays(model.shape.hidden)
    stages = [
        [
            StageRun(
                model,
                tokenizer,
                _scaled(stage, settings.scale),
                corpus.sources,
                prefix=PREFIX,
                seed=settings.seed + place,
                bfloat16=bfloat16,
                compiled=settings.compiled,
            )
            for place in range(0 if settings.shipped and stage is STAGES[0] else stage.runs)
        ]
        for stage in STAGES
    ]
    fitted = rows_for_heads(first, settings.seed)
    start = _joined([fingerprint(model), _digest_of(fitted)])
    checkpoints, key = _names(stages, start, [digest(folder) for folder in given])
    result = settings.work / f"trained-{settings.seed}-{key}"
    told = result / TOLD_FILE
    if told.exists():  # written last
        return result
    log.info("run %s: %s steps, bfloat16 %s", key, [[len(one.order) for one in runs] for runs in stages], bfloat16)
    _begin(model, tokenizer, fitted, settings.work, bfloat16=bfloat16)
    origin = _copy(model)
    for place, (runs, files) in enumerate(zip(stages, checkpoints, strict=True)):
        if place == 0 and settings.shipped:
            ends = [beside(origin, settings.shipped, model.shape)]
        else:
            ends = _ends(model, runs, [settings.work / file for file in files], origin)
        if place == 0:
            ends += [beside(ends[0], folder, model.shape) for folder in settings.beside]
        model.load_state_dict(mean(ends))
    save(model, tokenizer_file, result, origin if any(stage.afresh for stage in STAGES) else None)
    told.write_text(json.dumps(_told(settings, key), indent=1) + "\n", encoding="utf-8")
    for file in checkpoints[-1]:
        (settings.work / file).unlink(missing_ok=True)
    tokens = STAGES[0].max_tokens
    for dev, figures in measure(model, tokenizer, corpus.dev, PREFIX, tokens, bfloat16=bfloat16).items():
        log.info("dev, %s: %s", dev, figures)
    return result


def _begin(
    model: MultiHeadEncoder, tokenizer: Tokenizer, fitted: Sequence[Example], work: Path, *, bfloat16: bool
) -> None:
    """Heads fitted on the base, or what an earlier run of the same start kept of that."""
    kept = work / f"heads-{_joined([fingerprint(model), _digest_of(fitted)])}.pt"
    if kept.exists():
        model.load_state_dict(torch.load(kept, weights_only=True))
        return
    fit_heads(model, tokenizer, fitted, PREFIX, bfloat16=bfloat16)
    work.mkdir(parents=True, exist_ok=True)
    partial = kept.with_suffix(".partial")
    torch.save(model.state_dict(), partial)
    partial.replace(kept)


def _ends(
    model: MultiHeadEncoder, runs: Sequence[StageRun], checkpoints: Sequence[Path], origin: Mapping[str, Tensor]
) -> list[dict[str, Tensor]]:
    """The weights that each run of a stage ends with; all begin where the model stands."""
    start = _copy(model)
    ends = []
    for one, checkpoint in zip(runs, checkpoints, strict=True):
        model.load_state_dict(start, strict=False)  # a branch is made anew by the run
        one.run(checkpoint, origin)
        ends.append(_copy(model))
    return ends


def _copy(model: MultiHeadEncoder) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def _names(stages: Sequence[Sequence[StageRun]], start: str, given: Sequence[str]) -> tuple[list[list[str]], str]:
    """The checkpoints of all runs by name, and the key of the result; ``given`` are digests of other networks.

    Named by all that has gone into them: what differs in a later stage alone begins at the end of the earlier one.
    """
    earlier = [start]
    checkpoints = []
    for place, runs in enumerate(stages):
        names = [f"{one.seed}-{_joined([*earlier, one.key])}" for one in runs]
        checkpoints.append([f"checkpoint-{name}.pt" for name in names])
        earlier += [one.key for one in runs]
        if place == 0:
            earlier += given
    return checkpoints, _joined(earlier)


def _digest_of(rows: Iterable[Example]) -> str:
    return hashlib.sha256(json.dumps([asdict(row) for row in rows], sort_keys=True).encode()).hexdigest()


def _joined(keys: Iterable[str]) -> str:
    return hashlib.sha256("".join(keys).encode()).hexdigest()[:12]


def _scaled(stage: Stage, scale: float) -> Stage:
    return replace(stage, passes={name: times * scale for name, times in stage.passes.items()})


def _told(settings: Settings, key: str) -> dict[str, object]:
    """What the run was made from, for the manifest of what is exported."""
    own = "".join(f" --own {path.name}" for path in settings.own)
    base = f" --base {settings.base}" if settings.base else ""
    others = "".join(f" --beside {path.name}" for path in settings.beside)
    others += f" --shipped {settings.shipped.name}" if settings.shipped else ""
    scale = f" --scale {settings.scale}" if settings.scale != 1 else ""
    return {
        "seed": settings.seed,
        "key": key,
        "command": f"python -m models.train run --seed {settings.seed}{base}{own}{others}{scale}",
    }


def base_folder(base: str | None, work: Path) -> Path:
    """The folder of the base encoder: rebuilt from the wheel, a given folder, or a hub name fetched into ``work``."""
    if base is None:
        return build(work / "base")
    if Path(base).is_dir():
        return Path(base)
    from transformers import AutoModel, AutoTokenizer  # noqa: PLC0415

    out = work / ("base-" + base.replace("/", "-"))
    if not (out / "tokenizer.json").exists():  # fetched last
        AutoModel.from_pretrained(base).save_pretrained(out)
        AutoTokenizer.from_pretrained(base).save_pretrained(out)
    return out


def trimmed_vocabulary(base: Path, work: Path, texts: Sequence[str]) -> Path:
    """The trimmed tokenizer's file for what ``texts`` need; beside it ``ids.json`` with the old id of each new one."""
    pieces = hashlib.sha256((base / "tokenizer.json").read_bytes()).hexdigest()
    told = "\0".join([pieces, str(VOCABULARY_SIZE), *sorted(texts)])
    folder = work / f"vocabulary-{hashlib.sha256(told.encode('utf-8', 'replace')).hexdigest()[:12]}"
    out = folder / "tokenizer.json"
    if not out.exists():
        folder.mkdir(parents=True, exist_ok=True)
        counts = count_pieces(Tokenizer.from_file(str(base / "tokenizer.json")), texts)
        document, order = trim(base / "tokenizer.json", counts, VOCABULARY_SIZE)
        (folder / "ids.json").write_text(json.dumps(order), encoding="utf-8")
        out.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        log.info("vocabulary: %d of %d pieces kept", len(order), len(counts))
    return out


def shipped_vocabulary(base: Path, work: Path, shipped: Path) -> Path:
    """The tokenizer's file of a shipped folder, beside it ``ids.json`` as ``trimmed_vocabulary`` writes it."""
    source = shipped / TOKENIZER_FILE
    folder = work / f"vocabulary-{hashlib.sha256(source.read_bytes()).hexdigest()[:12]}"
    order = order_of(base / "tokenizer.json", source)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ids.json").write_text(json.dumps(order), encoding="utf-8")
    (folder / TOKENIZER_FILE).write_bytes(source.read_bytes())
    return folder / TOKENIZER_FILE


def initial_model(base: Path, tokenizer_file: Path, seed: int) -> MultiHeadEncoder:
    """The multi-head encoder with the base's weights, its embeddings cut to the trimmed vocabulary, fresh heads."""
    from safetensors.torch import load_file  # noqa: PLC0415  (training extra)

    torch.manual_seed(seed)
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    order = json.loads((tokenizer_file.parent / "ids.json").read_text(encoding="utf-8"))
    state = load_file(base / "model.safetensors")
    words = "embeddings.word_embeddings.weight"
    state[words] = state[words][torch.tensor(order)]
    shape = EncoderShape(
        vocabulary=len(order),
        hidden=config["hidden_size"],
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        feed_forward=config["intermediate_size"],
        positions=config["max_position_embeddings"],
        epsilon=config["layer_norm_eps"],
    )
    return from_bert(state, shape)


def bfloat16_pays(hidden: int) -> bool:
    """Whether this processor multiplies faster in bfloat16 than in float32: measured, for some that have it do not."""
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():  # noqa: SLF001  (torch has no public question for it)
        return False
    return _product_seconds(hidden, torch.bfloat16) < _product_seconds(hidden, torch.float32)


def _product_seconds(hidden: int, kind: torch.dtype) -> float:
    """The least of some tries: other work on the machine only ever adds."""
    tokens, matrix = torch.ones(1024, hidden, dtype=kind), torch.ones(4 * hidden, hidden, dtype=kind)
    seconds = []
    for _ in range(PRODUCTS):
        begin = time.perf_counter()
        torch.nn.functional.linear(tokens, matrix)
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def _prepare_process(threads: int | None) -> None:
    if threads:
        torch.set_num_threads(threads)
    try:
        libc = ctypes.CDLL("libc.so.6")
    except OSError:
        return
    libc.mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
    libc.mallopt(M_MMAP_THRESHOLD, KEPT_BYTES)
