"""Records that are what their schema says and still cannot be processed: kept whole, and no worker dies of them."""

import asyncio
import functools
import json
from typing import Any

import orjson
import pytest

from schemas.inputs import Message, TranscriptSegment
from schemas.record import DecodeError
from streams.runtime.analysis import analyze
from streams.runtime.attribute_mask import AttributeMask
from streams.runtime.catalogues import CatalogueShelf
from streams.runtime.failures import Halt
from streams.runtime.recording import Recorded
from tests.fakes import WordScorer
from tests.unit.streams.runtime import test_conversation_stage, test_score_stage
from tests.unit.streams.runtime.test_score_stage import JOURNEY, MESSAGES, journey, message


def deep(payload: bytes) -> bytes:
    """The same record with attributes too deep to be written, though they can be read."""
    return json.dumps(
        json.loads(payload) | {"attributes": functools.reduce(lambda inner, _: {"a": inner}, range(300), {})}
    ).encode()


@pytest.mark.parametrize(
    ("at", "payload"),
    [
        (MESSAGES, deep(message(1))),
        (JOURNEY, deep(journey(1, "agent_note"))),
    ],
)
async def test_what_cannot_be_written_to_the_log_goes_to_the_dead_letters(at: Any, payload: bytes) -> None:
    bench = test_score_stage.Bench()
    async with bench.running():
        await bench.offer(await bench.put(at, payload, 1))
        await bench.offer(await bench.put(MESSAGES, message(2), 2))
        await bench.settled()
    [buried] = bench.log.topic(at.topic + ".dlq")
    assert buried.value == payload
    assert dict(buried.headers)["__connect.errors.stage"] == b"TRANSFORMATION"
    assert [entry.message_id for entry in bench.scored()] == ["m2"]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_that_utc_cannot_tell_is_refused_at_the_door(moment: str) -> None:
    with pytest.raises(DecodeError, match="outside the years"):
        Message.decode(message(1, sent_at=moment))


def test_no_call_lasts_longer_than_a_year() -> None:
    segment = {
        "segment_id": "s1",
        "conversation_id": "c1",
        "channel": "voice",
        "role": "customer",
        "text": "hola",
        "is_final": True,
        "revision": 0,
        "begin_ms": 0,
        "end_ms": 10**15,
        "started_at": "2026-03-02T09:00:00Z",
    }
    with pytest.raises(DecodeError, match="end_ms"):
        TranscriptSegment.decode(orjson.dumps(segment))


async def test_what_the_core_cannot_apply_goes_to_the_dead_letters_and_the_state_stays() -> None:
    bench = test_conversation_stage.Bench()
    await bench.handle(await bench.append(test_conversation_stage.utterance(1)))
    before = await bench.saved()

    def broken(digest: str) -> Any:
        raise ArithmeticError(digest)

    sound, bench.stage._catalogue_of = bench.stage._catalogue_of, broken
    await bench.handle(await bench.append(test_conversation_stage.utterance(2)))
    bench.stage._catalogue_of = sound
    await bench.handle(await bench.append(test_conversation_stage.utterance(3)))
    [buried] = bench.log.topic("cx.scored.dlq")
    assert dict(buried.headers)["__connect.errors.exception.message"] == b"ArithmeticError"
    assert before.offset == 0
    assert (await bench.saved()).offset == 2
    assert bench.acknowledged == [0, 1, 2]


def test_analysis_does_with_such_records_what_the_worker_does() -> None:
    shelf = CatalogueShelf(None, None)
    lines = [
        Recorded("cx.messages", b"c1", deep(message(1)), 1),
        Recorded("cx.messages", b"c1", message(2, "explode"), 2),
        Recorded("cx.messages", b"c1", message(3), 3),
    ]
    found = list(analyze(lines, scorer=WordScorer, catalogue=shelf.digest, catalogue_of=shelf.by_digest))
    assert [line.topic for line in found] == ["cx.messages.dlq", "cx.messages.dlq", "cx.scored"]


async def test_a_scorer_that_fails_on_everything_halts_the_worker() -> None:
    bench = test_score_stage.Bench(texts=1)
    for number in range(12):
        await bench.offer(await bench.put(MESSAGES, message(number, "explode"), number))
    looking = asyncio.create_task(bench.stage.look_up_ends())
    with pytest.raises(Halt, match="could not be processed"):
        await asyncio.wait_for(bench.stage.score(), 10)
    looking.cancel()
    bench.stage.close()


def test_attributes_are_masked_by_name_and_value_within_a_bound() -> None:
    mask = AttributeMask(WordScorer().mask)
    given = {"4111111111111111": ["x 4111111111111111", 4111111111111111, 7, True, None, 1.5]}
    assert mask(given) == {"[CARD]": ["x [CARD]", "[CARD]", 7, True, None, 1.5]}
    assert not mask.cut
    long = AttributeMask(WordScorer().mask)
    assert len(long({"note": "a" * 100_000})["note"]) < 16_001
    assert long.cut
