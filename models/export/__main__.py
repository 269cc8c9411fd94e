"""``python -m models.export``: the shipped folder from a trained one."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from models.export.artifact import RESTING, STATIC, Origin, export
from models.train.corpus import read_dev
from models.train.errors import TrainingError
from models.train.label_maps import load_label_maps

MODELS = Path(__file__).resolve().parents[1]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m models.export", description=__doc__)
    top.add_argument("trained", type=Path, help="folder that `python -m models.train run` printed")
    top.add_argument(
        "--data", type=Path, default=Path("../shared/data"), help="folder with train/ (its dev files calibrate)"
    )
    top.add_argument(
        "--rows", type=Path, default=MODELS / "data", help="folder with the written rows and conversations"
    )
    top.add_argument("--out", type=Path, default=MODELS / "weights")
    top.add_argument("--precision", choices=(RESTING, STATIC), default=RESTING)
    top.add_argument("--version", required=True, help="of the model, for the manifest")
    return top


def main(arguments: list[str] | None = None) -> int:
    """Runs the export; 0 when done, 1 with one clear line on stderr otherwise."""
    options = parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    files = tuple(name for table in load_label_maps().values() for name in table.files)
    try:
        origin = Origin.of(options.trained, (*files, "models/data/*.jsonl"))
        dev = read_dev(options.data, options.rows)
        parity = export(
            options.trained, dev, options.out, precision=options.precision, version=options.version, origin=origin
        )
    except TrainingError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(
        f"{options.out}: probability differs by {parity.probability:.5f}, same answer {parity.agreement:.2%}, "
        f"alone and in company {parity.batch:.1e}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
