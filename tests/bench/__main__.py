"""`make bench`: how fast each part is on this machine, as texts or events a second and as ratios between them.

Figures of one run belong together; between runs and machines only the ratios compare.
"""

import asyncio
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import orjson
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from models.registry import ScorerSettings, load_scorer
from models.score import Request
from schemas.topics import MESSAGES
from streams.kafka.embedded import EmbeddedBroker
from streams.runtime.recording import Recorded, read
from tests.bench import bench_depths, bench_runtimes, bench_state, bench_step
from tests.broker.harness import Pipeline
from tests.replay.golden import RECORDINGS

TEXTS = 1_200


def messages(count: int) -> list[Recorded]:
    """The bundled messages over and over, each time in conversations of their own."""
    originals = [line for path in sorted(RECORDINGS.glob("*.jsonl")) for line in read(path) if line.topic == MESSAGES]
    made: list[Recorded] = []
    now_ms = round(time.time() * 1000)
    while len(made) < count:
        again = b"-%d" % (len(made) // len(originals))
        for line in originals[: count - len(made)]:
            key = (line.key or b"") + again
            value = (line.value or b"").replace(line.key or b"\x00", key)
            made.append(Recorded(MESSAGES, key, value, now_ms + len(made)))
    return made


def rate(work: Callable[[], int]) -> float:
    begun = time.perf_counter()
    done = work()
    return done / (time.perf_counter() - begun)


def scorer_rate(texts: list[str], runtime: str, at_once: int) -> float:
    scorer = load_scorer(ScorerSettings(runtime=runtime))  # type: ignore[arg-type]
    scorer.score([Request(text) for text in texts[:64]])

    def work() -> int:
        for start in range(0, len(texts), at_once):
            scorer.score([Request(text) for text in texts[start : start + at_once]])
        return len(texts)

    return rate(work)


async def pipeline_rate(lines: list[Recorded], runtime: str) -> float:
    with tempfile.TemporaryDirectory() as folder, EmbeddedBroker() as broker:
        async with Pipeline(broker.bootstrap, f"bench-{runtime}.", Path(folder)).open() as pipeline:
            await pipeline.send_all(lines[:64])
            pipeline.worker(PEAKEND_RUNTIME=runtime)
            await pipeline.drained()
            begun = time.perf_counter()
            await pipeline.send_all(lines[64:])
            while await pipeline.remaining():
                await asyncio.sleep(0.05)
            return (len(lines) - 64) / (time.perf_counter() - begun)


def main() -> None:
    lines = messages(TEXTS)
    texts = [str(record["text"]) for record in map(_value, lines)]
    console = Console()
    figures: list[tuple[str, float]] = []
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("measuring", total=5)
        for name, work in (
            ("model, 64 texts at once", lambda: scorer_rate(texts, "onnx", 64)),
            ("model, one text at once", lambda: scorer_rate(texts[:200], "onnx", 1)),
            ("lexicon, 64 texts at once", lambda: scorer_rate(texts, "lexicon", 64)),
            ("whole pipeline with broker, model", lambda: asyncio.run(pipeline_rate(lines, "onnx"))),
            ("whole pipeline with broker, lexicon", lambda: asyncio.run(pipeline_rate(lines, "lexicon"))),
        ):
            figures.append((name, work()))
            progress.advance(task)
    first = figures[0][1]
    table = Table(title=f"{TEXTS} texts; {processor()}")
    for column in ("part", "rate", "ratio to the model's batches"):
        table.add_column(column, justify="left" if column == "part" else "right")
    for name, figure in figures:
        table.add_row(name, f"{figure:,.0f} texts/s", f"{figure / first:.2f}")
    console.print(table)
    bench_runtimes.main(console)
    bench_depths.main(console)
    console.print("the core alone:")
    bench_step.main()
    console.print("state:")
    asyncio.run(bench_state.measure(100_000))


def _value(line: Recorded) -> dict[str, object]:
    value: dict[str, object] = orjson.loads(line.value or b"")
    return value


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    flags = next((line for line in lines if line.startswith("flags")), "")
    known = [name for name in ("avx2", "avx512_vnni", "avx512_bf16", "amx_bf16") if name in flags]
    return f"{len(names)} x {names[0] if names else platform.processor()} ({', '.join(known)})"


if __name__ == "__main__":
    main()
