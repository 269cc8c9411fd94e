"""The whole flow on a real Kafka: workers as processes, and what they emit compared with a pure replay."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from schemas.times import rfc3339
from schemas.topics import CONVERSATIONS, JOURNEY, MESSAGES, MOMENTS, SCORED
from streams.kafka.embedded import EmbeddedBroker
from streams.runtime.failures import EXIT_CRASHED, EXIT_HALTED
from tests.broker.chaos import freeze, restarts_under_load
from tests.broker.harness import OUTPUTS, Pipeline, analysed, first_of_each, load_messages, verify


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
    first = pipeline.worker(PEAKEND_SESSION_TIMEOUT_SECONDS="12")
    lines = load_messages(100, 10)
    await pipeline.send_all(lines[:500])

    async def begun() -> bool:
        return await pipeline.count(MOMENTS) > 0

    await pipeline.until(begun, 60, "no moment came")
    first.kill()
    pipeline.worker(PEAKEND_SESSION_TIMEOUT_SECONDS="12")
    await pipeline.send_all(lines[500:])
    await pipeline.drained()
    verdict = await verify(pipeline)
    assert verdict.problems == ()


async def test_the_broker_is_killed_and_comes_back(own_broker: EmbeddedBroker, prefix: str, tmp_path: Path) -> None:
    async with Pipeline(own_broker.bootstrap, prefix, tmp_path).open() as pipeline:
        pipeline.worker()
        lines = load_messages(60, 10)
        await pipeline.send_all(lines[:300])

        async def begun() -> bool:
            return await pipeline.count(MOMENTS) > 0

        await pipeline.until(begun, 60, "no moment came")
        await asyncio.to_thread(own_broker.kill)
        await asyncio.to_thread(own_broker.restart)
        await pipeline.send_all(lines[300:])
        if not pipeline.workers[0].running:
            # A worker may end itself rather than go on with failed deliveries; `peakend worker` starts it again.
            assert pipeline.workers[0].wait() == EXIT_CRASHED
            pipeline.worker()
        await pipeline.drained()
        verdict = await verify(pipeline)
    assert verdict.problems == ()
    assert verdict.conversations == 60


async def test_poison_goes_whole_to_the_dead_letters_and_the_rest_goes_on(pipeline: Pipeline) -> None:
    pipeline.worker()
    good = load_messages(4, 4)
    poison = [b"{not json", b"\xff\xfe\x00", b"[]", b'{"message_id": 5}', b"x" * 900_000, b""]
    for number, payload in enumerate(poison):
        await pipeline.send(MESSAGES, payload, f"poison-{number}")
    await pipeline.send_all(good)
    await pipeline.drained()
    buried = await pipeline.recorded(MESSAGES + ".dlq")
    assert sorted(await pipeline.payloads(MESSAGES + ".dlq")) == sorted(poison)
    for line in buried:
        headers = dict(line.headers)
        assert headers["__connect.errors.topic"] == (pipeline.prefix + MESSAGES).encode()
        assert headers["__connect.errors.stage"] == b"VALUE_CONVERTER"
    verdict = await verify(pipeline)
    assert verdict.problems == ()
    assert verdict.events == len(good)


async def test_a_text_of_nearly_a_mebibyte_is_cut_and_scored(pipeline: Pipeline) -> None:
    pipeline.worker()
    [line] = load_messages(1, 1)
    value = orjson.loads(line.value or b"") | {"text": "no funciona " * 80_000}
    await pipeline.send(MESSAGES, orjson.dumps(value), "load-0")
    await pipeline.drained()
    [scored] = await pipeline.recorded(SCORED)
    record = orjson.loads(scored.value or b"")
    assert record["truncated"] is True
    assert len(record["text"]) <= 8_000


async def test_when_nearly_everything_fails_the_worker_halts_and_says_why(pipeline: Pipeline) -> None:
    worker = pipeline.worker()
    for number in range(80):
        await pipeline.send(MESSAGES, b"{", f"poison-{number}")
    await pipeline.until(lambda: not worker.running, 60, "the worker did not halt")
    assert worker.wait() == EXIT_HALTED
    assert "could not be processed; the worker halts" in pipeline.logs()
    assert len(await pipeline.recorded(MESSAGES + ".dlq")) >= 50


async def test_missing_topics_stop_the_start_with_what_to_do(bootstrap: str, prefix: str, tmp_path: Path) -> None:
    pipeline = Pipeline(bootstrap, prefix + "none.", tmp_path)
    worker = pipeline.worker()
    try:
        assert await asyncio.to_thread(worker.wait, 60) == EXIT_HALTED
        assert "peakend topics create" in pipeline.logs()
    finally:
        worker.end()


async def test_ended_never_closes_a_conversation_before_its_last_word(pipeline: Pipeline) -> None:
    lines = load_messages(30, 4)
    last_ms = lines[-1].timestamp_ms
    for number in range(30):
        key = f"load-{number}"
        value = {"event_id": f"{key}-e", "conversation_id": key, "kind": "ended", "at": rfc3339(last_ms + 500)}
        # Written first, as after an outage: the journey topic is read sooner than the words.
        await pipeline.send(JOURNEY, orjson.dumps(value), key, timestamp_ms=last_ms + 500)
    await pipeline.send_all(lines)
    pipeline.worker()
    await pipeline.drained()
    summaries = [orjson.loads(line.value or b"") for line in await pipeline.recorded(CONVERSATIONS)]
    assert len(summaries) == 30
    assert {summary["revision"] for summary in summaries} == {1}
    assert {summary["effort"]["turns"] for summary in summaries} == {3}


async def test_backlog_gives_the_moments_that_analysis_gives(pipeline: Pipeline) -> None:
    """The worker was down; times are a month old; nothing closes before its last word."""
    month_ms = 30 * 24 * 3600 * 1000
    lines = load_messages(60, 8, start_ms=round(time.time() * 1000) - month_ms)
    await pipeline.send_all(lines)
    pipeline.worker()
    await pipeline.drained()
    emitted, _ = first_of_each(await pipeline.recorded(*OUTPUTS))
    expected, _ = first_of_each(line for line in analysed(lines) if line.topic in OUTPUTS)
    assert emitted == expected
    assert (await verify(pipeline)).problems == ()


@pytest.mark.parametrize("way", ["SIGTERM", "SIGKILL"])
async def test_restarts_under_load_apply_every_offset_exactly_once(pipeline: Pipeline, way: str) -> None:
    """Short; `make chaos` does it 20 times at 250 messages a second."""
    table = await restarts_under_load(pipeline, restarts=2, way=way, rate=100, seconds_between=3.0)
    assert table.problems == ()


async def test_a_frozen_worker_leaves_and_what_it_knew_is_not_written(pipeline: Pipeline) -> None:
    """SIGSTOP for longer than the session, another takes over, SIGCONT: the state equals a pure replay."""
    verdict = await freeze(pipeline, sessions=1.5)
    assert verdict.problems == ()
