"""``python -m models.evaluate``: the shipped artifact on every public test set and on the own test split."""

from __future__ import annotations

import argparse
import json
import logging
import platform
import sys
from pathlib import Path

from models.errors import ModelError
from models.evaluate.judge import Judge
from models.evaluate.own_split import measure_own
from models.evaluate.public_sets import SETS, Result, measure
from models.evaluate.report import as_card, as_document, load_targets, write_card
from models.registry import ScorerSettings, load_runtime
from models.train.errors import TrainingError

MODELS = Path(__file__).resolve().parents[1]
OWN = "own"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m models.evaluate", description=__doc__)
    top.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with public_test/")
    top.add_argument(
        "--rows", type=Path, default=MODELS / "data", help="folder with the written rows and conversations"
    )
    top.add_argument("--model", help="model folder (default: the shipped one)")
    top.add_argument("--runtime", choices=("onnx", "openvino", "lexicon"), default="onnx", help="what answers")
    top.add_argument("--sets", nargs="*", help="names of sets, or 'own' (default: all)")
    top.add_argument("--limit", type=int, help="at most so many rows of each public set, spread evenly (a quick look)")
    top.add_argument("--split", choices=("dev", "test"), default="test", help="of the written rows")
    top.add_argument("--json", type=Path, default=Path("build/evaluation.json"))
    top.add_argument("--scale", action="store_true", help="the lexicon of the degraded mode beside it, for scale")
    top.add_argument(
        "--conversations", type=Path, help="what `peakend judge --json` told of the written test conversations"
    )
    top.add_argument("--card", type=Path, help="put the figures into this model card")
    return top


def main(arguments: list[str] | None = None) -> int:
    """Prints the sections of the card and writes JSON; 0 when done, 1 with one clear line on stderr otherwise."""
    options = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    try:
        judge = Judge(load_runtime(ScorerSettings(runtime=options.runtime, model=options.model)))
        results = _measure_all(options, judge)
        scale = _measure_all(options, Judge(load_runtime(ScorerSettings(runtime="lexicon")))) if options.scale else []
        conversations = json.loads(options.conversations.read_bytes()) if options.conversations else None
        sections = as_card(results, judge.runtime.identity, load_targets(), scale, conversations)
        if options.card:
            write_card(options.card, sections)
    except (TrainingError, ModelError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    options.json.parent.mkdir(parents=True, exist_ok=True)
    machine = platform.processor() or platform.machine()
    document = as_document(results, judge.runtime.identity, machine, scale, conversations)
    document["texts_per_second"] = round(judge.judged / judge.seconds, 1) if judge.seconds else None
    options.json.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(sections)
    return 0


def _measure_all(options: argparse.Namespace, judge: Judge) -> list[Result]:
    wanted = set(options.sets or ())
    results: list[Result] = []
    if not wanted or OWN in wanted:
        results += measure_own(options.rows, judge, options.split)
    for public in SETS:
        if not wanted or public.name in wanted:
            results += measure(public, options.data / "public_test", judge, options.limit)
    return results


if __name__ == "__main__":
    sys.exit(main())
