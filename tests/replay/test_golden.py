"""Deterministic replay (R1): the same recording gives the same bytes, here and on every machine."""

import orjson
import pytest

from schemas.topics import DECIDED, RECORD_TYPES, SCORED
from streams.runtime.recording import Recorded, read, write
from tests.replay.golden import RECORDINGS, Analyst, as_bytes, names, outputs_path, scored_path


@pytest.fixture(scope="module")
def analyst() -> Analyst:
    return Analyst()


def moments(records: list[Recorded]) -> list[tuple[str, str, str]]:
    """Id, type and phase of every moment, in order."""
    values = [orjson.loads(record.value or b"") for record in records if record.topic == "cx.moments"]
    return [(value["moment_id"], value["type"], value["phase"]) for value in values]


def test_every_recording_has_its_golden() -> None:
    goldens = outputs_path("any").parent.glob("*.outputs.jsonl")
    assert sorted(path.name.removesuffix(".outputs.jsonl") for path in goldens) == names()


@pytest.mark.parametrize("name", names())
def test_from_the_scored_log_every_machine_gives_the_golden_bytes(name: str, analyst: Analyst) -> None:
    first = as_bytes(analyst(scored_path(name)))
    assert first == as_bytes(analyst(scored_path(name)))
    assert first == outputs_path(name).read_bytes(), "a decision changed: look at it, then `make golden`"


@pytest.mark.parametrize("name", names())
def test_from_the_raw_recording_the_bytes_are_the_same_twice(name: str, analyst: Analyst) -> None:
    path = RECORDINGS / f"{name}.jsonl"
    assert as_bytes(analyst(path)) == as_bytes(Analyst()(path))


@pytest.mark.parametrize("name", names())
def test_both_ways_give_the_same_decisions(name: str, analyst: Analyst, tmp_path: object) -> None:
    records = list(analyst(RECORDINGS / f"{name}.jsonl"))
    scored = tmp_path / "scored.jsonl"  # type: ignore[operator]
    write(scored, [record for record in records if record.topic == SCORED])
    again = list(analyst(scored))
    assert as_bytes(again) == as_bytes([record for record in records if record.topic in DECIDED])


@pytest.mark.parametrize("name", names())
def test_every_golden_record_is_what_its_schema_says_and_has_an_id_of_its_own(name: str) -> None:
    seen: set[str] = set()
    for record in read(outputs_path(name)):
        decoded = RECORD_TYPES[record.topic].decode(record.value or b"")
        assert decoded.encode() == record.value
        record_id = decoded.value()["record_id"]
        assert record_id not in seen
        seen.add(record_id)
