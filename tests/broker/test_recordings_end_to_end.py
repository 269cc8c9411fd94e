"""The bundled conversations through Kafka with the shipped model: what R1 and the contracts promise of them."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import jsonschema
import orjson
import pytest

from schemas.export import FOLDER as SCHEMAS
from schemas.topics import DECIDED, ESCALATIONS, MOMENTS, SCORED
from streams.agents.scoring import load
from streams.config import load_config
from streams.runtime.analysis import analyze
from streams.runtime.catalogues import CatalogueShelf
from streams.runtime.recording import Recorded, read
from tests.broker.harness import OUTPUTS, Pipeline, first_of_each, verify
from tests.replay.golden import RECORDINGS


@pytest.fixture(scope="module")
def raw() -> list[Recorded]:
    lines = [line for path in sorted(RECORDINGS.glob("*.jsonl")) for line in read(path)]
    return sorted(lines, key=lambda line: line.timestamp_ms)


@pytest.fixture
async def run(bootstrap: str, prefix: str, tmp_path: Path, raw: list[Recorded]) -> AsyncIterator[Pipeline]:
    """A pipeline that has taken in all recordings."""
    async with Pipeline(bootstrap, prefix, tmp_path).open() as pipeline:
        await pipeline.send_all(raw)
        pipeline.worker(PEAKEND_RUNTIME="onnx")
        await pipeline.drained()
        yield pipeline


async def test_the_kafka_run_is_what_analysis_gives_from_either_side_and_strangers_can_read_it(
    run: Pipeline, raw: list[Recorded]
) -> None:
    shelf = CatalogueShelf(None, None)
    emitted, _ = first_of_each(await run.recorded(*OUTPUTS))

    # From the log that the run wrote: identical.
    assert (await verify(run)).problems == ()
    scored = await run.recorded(SCORED)
    again = analyze(
        scored, scorer=lambda: pytest.fail("no model"), catalogue=shelf.digest, catalogue_of=shelf.by_digest
    )
    replayed, _ = first_of_each(again)
    assert {lane: values for lane, values in replayed.items() if lane in emitted} == emitted

    # From the raw recording: the same moments, ids too.
    def told(lines: dict[tuple[str, bytes], list[bytes]]) -> set[tuple[str, str, str]]:
        values = [orjson.loads(value) for (topic, _), lane in lines.items() if topic == MOMENTS for value in lane]
        return {(value["moment_id"], value["type"], value["phase"]) for value in values}

    from_raw, _ = first_of_each(
        line
        for line in analyze(
            raw, scorer=lambda: load(load_config({})), catalogue=shelf.digest, catalogue_of=shelf.by_digest
        )
        if line.topic in DECIDED
    )
    assert told(emitted)
    assert told(emitted) == told(from_raw)

    # Another client, not ours, and the exported schema.
    schema = json.loads((SCHEMAS / f"{ESCALATIONS}.json").read_text("utf-8"))
    payloads = await run.payloads(ESCALATIONS)
    assert payloads
    for payload in payloads:
        jsonschema.validate(json.loads(payload), schema, format_checker=jsonschema.FormatChecker())


async def test_probes_and_metrics_tell_how_the_worker_is(bootstrap: str, prefix: str, tmp_path: Path) -> None:
    async with Pipeline(bootstrap, prefix, tmp_path).open() as pipeline:
        worker = pipeline.worker()
        await pipeline.until(lambda: "/metrics" in pipeline.logs(), 60, "the probes did not start")
        address = next(line for line in pipeline.logs().splitlines() if "/metrics" in line).split()[4]
        base = address.removesuffix("/metrics")

        async def ready() -> bool:
            return (await fetch(base + "/readyz"))[0] == 200

        await pipeline.until(ready, 60, "the worker did not become ready")
        status, live = await fetch(base + "/livez")
        assert status == 200
        told = orjson.loads(live)["told"]["state"]
        assert told["member"] is True
        assert set(told["partitions"]) == {f"{prefix}cx.scored[{number}]" for number in range(4)}
        _, metrics = await fetch(base + "/metrics")
        assert b'peakend_assigned_partitions{stage="score"} 12.0' in metrics
        worker.stop()


@pytest.mark.parametrize("stage", ["score", "state"])
async def test_the_apps_run_under_fausts_own_command(stage: str, bootstrap: str, prefix: str, tmp_path: Path) -> None:
    async with Pipeline(bootstrap, prefix, tmp_path).open() as pipeline:
        worker = pipeline.faust_worker(stage)
        group = pipeline.config.score_group if stage == "score" else pipeline.config.state_group

        async def joined() -> bool:
            return await pipeline.members(group) == 1

        await pipeline.until(joined, 60, "faust's worker did not join its group")
        assert "metrics and probes on" in pipeline.logs(), "it is watched as ours is"
        assert await asyncio.to_thread(worker.stop) == 0


async def fetch(url: str) -> tuple[int, bytes]:
    def get() -> tuple[int, bytes]:
        from urllib.error import HTTPError
        from urllib.request import urlopen

        try:
            with urlopen(url, timeout=5) as answer:
                return answer.status, answer.read()
        except HTTPError as error:
            return error.code, error.read()

    return await asyncio.to_thread(get)
