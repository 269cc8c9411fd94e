"""The whole flow on a real Kafka: workers as processes, and what they emit compared with a pure replay."""

import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from schemas.topics import CONVERSATIONS, JOURNEY, MESSAGES, MOMENTS, SCORED
from streams.runtime.failures import EXIT_HALTED
from tests.broker.harness import Pipeline, load_messages, verify


@pytest.fixture
async def pipeline(bootstrap: str, prefix: str, tmp_path: Path) -> AsyncIterator[Pipeline]:
    async with Pipeline(bootstrap, prefix, tmp_path).open() as opened:
        yield opened


async def test_messages_become_moments_and_the_log_replays_to_the_same(pipeline: Pipeline) -> None:
    worker = pipeline.worker()
    lines = load_messages(20, 6)
    await pipeline.send_all(lines)
    await pipeline.drained()
    verdict = await verify(pipeline)
    assert verdict.problems == ()
    assert verdict.events == len(lines)
    assert await pipeline.count(MOMENTS) > 20
    assert worker.stop() == 0


async def test_a_second_worker_joins_under_load(pipeline: Pipeline) -> None:
    pipeline.worker()
    lines = load_messages(100, 10)
    await pipeline.send_all(lines[:400])
    pipeline.worker()
    await pipeline.send_all(lines[400:])
    await pipeline.drained()
    verdict = await verify(pipeline)
    assert verdict.problems == ()
    assert verdict.conversations == 100


async def test_a_worker_is_killed_and_another_goes_on(pipeline: Pipeline) -> None:
    first = pipeline.worker(PEAKEND_SESSION_TIMEOUT_SECONDS="6")
    lines = load_messages(100, 10)
    await pipeline.send_all(lines[:500])

    async def begun() -> bool:
        return await pipeline.count(MOMENTS) > 0

    await pipeline.until(begun, 60, "no moment came")
    first.kill()
    pipeline.worker(PEAKEND_SESSION_TIMEOUT_SECONDS="6")
    await pipeline.send_all(lines[500:])
    await pipeline.drained()
    verdict = await verify(pipeline)
    assert verdict.problems == ()
