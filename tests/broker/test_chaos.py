"""The three deciding tests in full (`make chaos`): they take long, and print a table."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from schemas.topics import MOMENTS
from tests.broker.chaos import freeze, restarts_under_load
from tests.broker.harness import Pipeline, Verdict, analysed, first_of_each, load_messages, verify

pytestmark = pytest.mark.chaos


@pytest.fixture(scope="module")
def results() -> Iterator[list[tuple[str, Verdict, float]]]:
    found: list[tuple[str, Verdict, float]] = []
    yield found
    table = Table(title="what the deciding tests found")
    for column in ("test", "events", "outputs", "repeats dropped", "conversations", "problems", "minutes"):
        table.add_column(column, justify="left" if column == "test" else "right")
    for name, verdict, seconds in found:
        table.add_row(
            name,
            f"{verdict.events:,}",
            f"{verdict.outputs:,}",
            f"{verdict.repeats:,}",
            f"{verdict.conversations:,}",
            str(len(verdict.problems)),
            f"{seconds / 60:.1f}",
        )
    Console(width=110).print(table)


@pytest.mark.parametrize("way", ["SIGTERM", "SIGKILL"])
async def test_twenty_restarts_at_250_a_second(
    way: str, bootstrap: str, prefix: str, tmp_path: Path, results: list[tuple[str, Verdict, float]]
) -> None:
    begun = time.monotonic()
    async with Pipeline(bootstrap, prefix, tmp_path).open() as pipeline:
        verdict = await restarts_under_load(pipeline, restarts=20, way=way, rate=250, seconds_between=8.0)
    results.append((f"20 x {way} at 250/s", verdict, time.monotonic() - begun))
    assert verdict.problems == ()


async def test_frozen_for_two_and_a_half_sessions(
    bootstrap: str, prefix: str, tmp_path: Path, results: list[tuple[str, Verdict, float]]
) -> None:
    begun = time.monotonic()
    async with Pipeline(bootstrap, prefix, tmp_path).open() as pipeline:
        verdict = await freeze(pipeline, sessions=2.5)
    results.append(("frozen for 2.5 sessions", verdict, time.monotonic() - begun))
    assert verdict.problems == ()


@pytest.mark.parametrize("age_days", [0, 30])
async def test_ten_minutes_of_input_with_the_worker_down(
    age_days: int, bootstrap: str, prefix: str, tmp_path: Path, results: list[tuple[str, Verdict, float]]
) -> None:
    begun = time.monotonic()
    # 100 messages a second for ten minutes of event time; the newest is ten minutes old, or a month.
    start_ms = round(time.time() * 1000) - 600_000 - age_days * 24 * 3_600_000
    lines = load_messages(100, 600, start_ms=start_ms)
    async with Pipeline(bootstrap, prefix, tmp_path).open() as pipeline:
        await pipeline.send_all(lines)
        pipeline.worker()
        await pipeline.drained(900)
        # Moments: what the alert budget releases later, by ticks, analysis of the recording does not see.
        emitted, _ = first_of_each(await pipeline.recorded(MOMENTS))
        verdict = await verify(pipeline)
    expected, _ = first_of_each(line for line in analysed(lines) if line.topic == MOMENTS)
    results.append((f"backlog of 10 minutes, {age_days} days old", verdict, time.monotonic() - begun))
    assert verdict.problems == ()
    assert emitted == expected
