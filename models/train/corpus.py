"""Everything that training reads, gathered once: public rows, written rows by split, silver rows, dev sets."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from models.train.errors import DataError
from models.train.grades import graded, read_grades, with_grades
from models.train.label_maps import load_label_maps
from models.train.readings import with_readings, written_posts
from models.train.rows import (
    Example,
    hedged,
    public_example,
    read_jsonl,
    read_public,
    read_written,
    written_example,
)
from models.train.second import doubted, read_second
from models.train.silver import CATALAN_SPANISH, SPANISH_CATALAN, SPANISH_PORTUGUESE, Pair, silver

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Any

log = logging.getLogger(__name__)

# Dev files: their table, language and how many rows (evenly spread) are taken.
DEV_FILES: Final = {
    "umsab_en_val": ("umsab", "en", 324),
    "umsab_es_val": ("umsab", "es", 324),
    "umsab_pt_val": ("umsab", "pt", 324),
    "goemotions_dev": ("goemotions", "en", 1200),
    "multidogo_dev": ("multidogo", "en", 500),
    "clinc150_val": ("clinc150", "en", 300),
}
TRANSLATED: Final = {
    "written_es": (SPANISH_CATALAN, SPANISH_PORTUGUESE),
    "written_ca": (CATALAN_SPANISH,),
}
"""Into which languages a source's rows are translated; Spanish rows of all other sources into Catalan."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """sources: name -> rows to train on; dev: name -> rows to calibrate on (never trained on)."""

    sources: Mapping[str, Sequence[Example]]
    dev: Mapping[str, Sequence[Example]]


def read_dev(data: Path, written: Path) -> dict[str, list[Example]]:
    """The dev sets: the val and dev files of ``data/train`` and the written rows' dev split (as ``written``)."""
    tables = load_label_maps()
    dev: dict[str, list[Example]] = {}
    for name, (table, language, limit) in DEV_FILES.items():
        rows = read_jsonl(data / "train" / f"{name}.jsonl.gz")
        read = (public_example(row, tables[table], name, language) for row in rows)
        examples = [example for example in read if example is not None]
        dev[name] = examples[:: max(1, len(examples) // limit)][:limit]
    dev["written"] = [example for _, example in _split(written, "dev")]
    return dev


def _split(written: Path, split: str) -> list[tuple[dict[str, Any], Example]]:
    found = read_written(written)[split]
    if not found:
        raise DataError(f"no written rows of the {split} split in {written}: --rows wants a folder like models/data")
    return found


def gather(data: Path, written: Path, work: Path, own: Sequence[Path] = ()) -> Corpus:
    """Reads all sources. Silver rows are made once and kept in ``work``; ``own`` are further files of guide rows.

    The twins of ``written_es`` in Catalan are the source ``silver_written_es_ca``, and so on.

    Raises DataError for a file that is absent or wrong.
    """
    sources: dict[str, list[Example]] = dict(read_public(data, load_label_maps()))
    second, grades = read_second(written), read_grades(written)
    sources |= with_readings(sources, written) | with_grades(sources, grades) | written_posts(written)
    for row, example in _split(written, "train"):
        # What agents and bots say teaches one cue only: a source of its own, to be seen less often.
        kind = "written" if example.classes else "agents"
        taught = hedged(doubted(example, second[row["id"]]) if row["id"] in second else example)
        taught = graded(taught, grades.written[row["id"]]) if row["id"] in grades.written else taught
        sources.setdefault(f"{kind}_{example.language}", []).append(taught)
    for path in own:
        name = f"own_{path.stem}"
        if name in sources:
            raise DataError(f"two files of own rows are named {path.stem}: rename one, or join them")
        sources[name] = [hedged(written_example(row, "own")) for row in read_jsonl(path)]
    for name, rows in list(sources.items()):
        for pair in TRANSLATED.get(name, (SPANISH_CATALAN,)):
            twins = _silver(name, rows, pair, work / "silver")
            if twins:
                sources[f"silver_{name}_{pair.target}"] = twins
    for name, rows in sources.items():
        log.info("source %s: %d rows", name, len(rows))
    return Corpus(sources, read_dev(data, written))


def _silver(name: str, rows: Sequence[Example], pair: Pair, folder: Path) -> list[Example]:
    kept = folder / f"{name}-{pair.mode}.json"
    originals = [asdict(pair), *(asdict(example) for example in rows if example.language == pair.source)]
    if kept.exists():
        stored = json.loads(kept.read_text(encoding="utf-8"))
        if stored["originals"] == originals:
            return [Example(**example) for example in stored["twins"]]
    twins = silver(rows, pair)
    if twins:
        folder.mkdir(parents=True, exist_ok=True)
        document = {"originals": originals, "twins": [asdict(example) for example in twins]}
        partial = kept.with_suffix(".partial")
        partial.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        partial.replace(kept)
    return twins
