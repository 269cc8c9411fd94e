"""The shipped model through onnxruntime and through OpenVINO: speed as ratios, and how many answers differ.

It prints and asserts nothing. The two take turns over the same texts, so that other work on the machine slows both.
Run: `python -m tests.bench.bench_runtimes`.
"""

import time
from pathlib import Path
from statistics import median

import orjson
from rich.console import Console
from rich.table import Table

import models
from models.registry import RuntimeName, ScorerSettings, load_scorer
from models.score import Request, Score
from models.scorer import Scorer
from tests.extras import HAS_OPENVINO

TEXTS = 600
TOGETHER = 32
ROUNDS = 5
COMPARED: tuple[RuntimeName, ...] = ("onnx", "openvino")
ANSWERS = ("sentiment", "intensity", "abstain", "emotions_present", "intents_present", "cues_present")


def written_texts(count: int) -> list[Request]:
    """So many of the written rows, spread evenly over all files."""
    lines = [line for path in _rows() for line in path.read_bytes().splitlines() if line.strip()]
    step = len(lines) / count
    return [Request(str(orjson.loads(lines[int(at * step)])["text"])) for at in range(count)]


def timed(scorer: Scorer, requests: list[Request], at_once: int) -> tuple[float, list[Score]]:
    """Texts a second, and the scores."""
    begun = time.perf_counter()
    scores = [
        score for start in range(0, len(requests), at_once) for score in scorer.score(requests[start : start + at_once])
    ]
    return len(requests) / (time.perf_counter() - begun), scores


def main(console: Console | None = None) -> None:
    console = console or Console()
    if not HAS_OPENVINO:
        console.print("scorer openvino: not installed (pip install 'peakend[openvino]')")
        return
    requests = written_texts(TEXTS)
    scorers = {name: load_scorer(ScorerSettings(name)) for name in COMPARED}
    for scorer in scorers.values():
        scorer.score(requests[:TOGETHER])
    rates: dict[tuple[str, int], list[float]] = {(name, size): [] for name in COMPARED for size in (TOGETHER, 1)}
    answers: dict[str, list[Score]] = {name: [] for name in COMPARED}
    for turn in range(ROUNDS):
        share = requests[turn::ROUNDS]
        # Who goes first changes from round to round.
        for name in COMPARED[:: 1 if turn % 2 else -1]:
            rate, scores = timed(scorers[name], share, TOGETHER)
            rates[name, TOGETHER].append(rate)
            answers[name] += scores
            rates[name, 1].append(timed(scorers[name], share[: len(share) // 2], 1)[0])
    console.print(_table(rates))
    console.print(" and ".join(scorer.identity for scorer in scorers.values()))
    told = ", ".join(f"{field.replace('_', ' ')} {_differing(answers, field)}" for field in ANSWERS)
    console.print(f"of {TEXTS} texts they answer differently: {told}")


def _rows() -> list[Path]:
    return sorted((Path(models.__file__ or "").parent / "data").glob("rows_*.jsonl"))


def _table(rates: dict[tuple[str, int], list[float]]) -> Table:
    table = Table(title=f"medians of {ROUNDS} rounds in turn")
    for column in ("part", f"{TOGETHER} at once", "ratio", "one at once", "ratio"):
        table.add_column(column, justify="left" if column == "part" else "right")
    first = COMPARED[0]
    for name in COMPARED:
        row = [f"scorer {name}"]
        for size in (TOGETHER, 1):
            ratios = [own / other for own, other in zip(rates[name, size], rates[first, size], strict=True)]
            row += [f"{median(rates[name, size]):,.0f} texts/s", f"{median(ratios):.2f}"]
        table.add_row(*row)
    return table


def _differing(answers: dict[str, list[Score]], field: str) -> int:
    pairs = zip(*(answers[name] for name in COMPARED), strict=True)
    return sum(getattr(one, field) != getattr(other, field) for one, other in pairs)


if __name__ == "__main__":
    main()
