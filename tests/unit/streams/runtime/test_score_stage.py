import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest

from schemas.scored import Scored
from streams.runtime.dead_letters import DlqLimit
from streams.runtime.failures import Halt
from streams.runtime.log import LogRecord, TopicPartition
from streams.runtime.score_stage import BatchLimits, ScoreStage
from streams.runtime.telemetry import Unmeasured
from tests.fakes import FakeLog, WordScorer

MESSAGES, JOURNEY, TRANSCRIPTS = (TopicPartition(name, 0) for name in ("cx.messages", "cx.journey", "cx.transcripts"))


def message(number: int, text: str = "hello", **fields: Any) -> bytes:
    return orjson.dumps(
        {
            "message_id": f"m{number}",
            "conversation_id": "c1",
            "channel": "webchat",
            "role": "customer",
            "text": text,
            "sent_at": "2026-03-02T09:00:00Z",
        }
        | fields
    )


def journey(number: int, kind: str = "ended", **fields: Any) -> bytes:
    return orjson.dumps(
        {"event_id": f"e{number}", "conversation_id": "c1", "kind": kind, "at": "2026-03-02T09:00:05Z"} | fields
    )


class Bench:
    """A stage over a fake log; records are put into the log and offered as a consumer would."""

    def __init__(self, **limits: Any) -> None:
        self.log = FakeLog(partitions=1)
        self.acknowledged: list[tuple[str, int]] = []
        self.failures: list[BaseException] = []
        self.paused: set[TopicPartition] = set()
        self.scorer = WordScorer()
        self.stage = ScoreStage(
            named=lambda name: name,
            scorer=self.scorer,
            lexicon=None,
            catalogue=lambda: "cat0",
            defaults={"industry": "banking"},
            prosody="off",
            producer=self.log,
            offsets=self.log,
            pause=self._pause,
            position=self._position,
            on_failure=self.failures.append,
            telemetry=Unmeasured(),
            dlq_limit=DlqLimit(max_ratio=0.9, window=20, minimum=10),
            limits=BatchLimits(linger_s=0.0, **limits),
        )
        self.stage.take_over(dict.fromkeys((MESSAGES, JOURNEY, TRANSCRIPTS), 0))

    def _pause(self, at: TopicPartition, *, pause: bool) -> None:
        (self.paused.add if pause else self.paused.discard)(at)

    async def _position(self, _: TopicPartition) -> int | None:
        return None

    async def put(self, at: TopicPartition, value: bytes, time_ms: int, key: bytes = b"c1") -> LogRecord:
        """Appends a record to its topic without the stage having read it yet."""
        await self.log.send(at.topic, key=key, value=value, partition=0, timestamp_ms=time_ms)
        return self.log.records[at][-1]

    async def offer(self, record: LogRecord) -> None:
        await self.stage.offer(record, lambda: self.acknowledged.append((record.at.topic, record.offset)))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(work) for work in (self.stage.score(), self.stage.look_up_ends())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.stage.close()

    async def settled(self) -> None:
        await asyncio.wait_for(self.stage.drained(), 5)

    def scored(self) -> list[Scored]:
        return [Scored.decode(record.value or b"") for record in self.log.topic("cx.scored")]


async def test_scores_a_message_and_acknowledges_it_when_the_log_has_it() -> None:
    bench = Bench()
    async with bench.running():
        await bench.offer(await bench.put(MESSAGES, message(1, "I am furious"), 1_000))
        await bench.settled()
    [entry] = bench.scored()
    assert (entry.kind, entry.message_id, entry.sentiment, entry.catalogue) == ("utterance", "m1", "negative", "cat0")
    assert entry.industry == "banking"
    assert bench.acknowledged == [("cx.messages", 0)]


async def test_ended_does_not_overtake_the_last_words() -> None:
    bench = Bench()
    words = await bench.put(MESSAGES, message(1), 1_000)
    ended = await bench.put(JOURNEY, journey(1), 2_000)
    async with bench.running():
        await bench.offer(ended)
        await asyncio.sleep(0.1)
        assert bench.scored() == []
        await bench.offer(words)
        await bench.settled()
    assert [entry.kind for entry in bench.scored()] == ["utterance", "journey"]


async def test_a_journey_event_goes_on_alone_when_nothing_else_is_there() -> None:
    bench = Bench()
    async with bench.running():
        await bench.offer(await bench.put(JOURNEY, journey(1, "queued"), 1_000))
        await bench.settled()
    assert [entry.event_id for entry in bench.scored()] == ["e1"]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"{not json", b"not JSON"),
        (b"\xff\xfe", b"not JSON"),
        (b"[1]", b"a Message is a JSON object"),
        (message(1, role="robot"), b"role"),
        (message(1, text=7), b"text"),
        (message(1, sent_at="yesterday"), b"sent_at"),
        (b'{"message_id":"m1"}', b"conversation_id"),
    ],
)
async def test_what_is_no_message_goes_whole_to_the_dead_letters(payload: bytes, reason: bytes) -> None:
    bench = Bench()
    async with bench.running():
        await bench.offer(await bench.put(MESSAGES, payload, 1_234))
        await bench.offer(await bench.put(MESSAGES, message(2), 2_000))
        await bench.settled()
    [buried] = bench.log.topic("cx.messages.dlq")
    assert (buried.key, buried.value, buried.timestamp_ms) == (b"c1", payload, 1_234)
    assert reason in dict(buried.headers)["__connect.errors.exception.message"]
    assert [entry.message_id for entry in bench.scored()] == ["m2"]
    assert bench.acknowledged == [("cx.messages", 0), ("cx.messages", 1)]


async def test_error_headers_hold_no_content_of_the_record() -> None:
    bench = Bench()
    async with bench.running():
        await bench.offer(await bench.put(MESSAGES, message(1, role="4111111111111111", text={"a": "Anna Puig"}), 1))
        await bench.settled()
    [buried] = bench.log.topic("cx.messages.dlq")
    told = b" ".join(value for name, value in buried.headers)
    assert b"4111" not in told
    assert b"Anna" not in told


async def test_one_text_on_which_the_scorer_fails_does_not_take_its_batch_with_it() -> None:
    bench = Bench()
    records = [
        await bench.put(MESSAGES, message(number, text), number)
        for number, text in enumerate(["hello", "explode", "I am furious"])
    ]
    for record in records:
        await bench.offer(record)
    async with bench.running():
        await bench.settled()
    assert [entry.message_id for entry in bench.scored()] == ["m0", "m2"]
    [buried] = bench.log.topic("cx.messages.dlq")
    assert buried.value == records[1].value
    assert dict(buried.headers)["__connect.errors.stage"] == b"TRANSFORMATION"


async def test_halts_when_nearly_nothing_can_be_read() -> None:
    bench = Bench()
    for number in range(9):
        await bench.offer(await bench.put(MESSAGES, b"{", number))
    tenth = await bench.put(MESSAGES, b"{", 10)
    with pytest.raises(Halt, match="could not be processed"):
        await bench.offer(tenth)
    assert len(bench.log.topic("cx.messages.dlq")) == 10


async def test_texts_are_gathered_into_batches_in_order() -> None:
    bench = Bench(texts=4)
    for number in range(10):
        await bench.offer(await bench.put(MESSAGES, message(number), number))
    async with bench.running():
        await bench.settled()
    assert bench.scorer.calls == [4, 4, 2]
    assert [entry.message_id for entry in bench.scored()] == [f"m{number}" for number in range(10)]


async def test_a_flood_of_journey_events_that_must_wait_pauses_their_partition() -> None:
    bench = Bench(lane=3)
    late_words = await bench.put(MESSAGES, message(1), 1)
    for number in range(3):
        await bench.offer(await bench.put(JOURNEY, journey(number, "queued"), 1_000 + number))
    assert bench.paused == {JOURNEY}
    async with bench.running():
        await bench.offer(late_words)
        await bench.settled()
        await asyncio.sleep(0.05)
    assert bench.paused == set()


async def test_reading_waits_while_too_much_is_under_way() -> None:
    bench = Bench(waiting=2)
    bench.stage._merge._merges[0].ends({"cx.messages": 0, "cx.transcripts": 0, "cx.journey": 0}, 0)
    for number in range(2):
        await bench.offer(await bench.put(MESSAGES, message(number), number))
    third = asyncio.create_task(bench.offer(await bench.put(MESSAGES, message(3), 3)))
    await asyncio.sleep(0.02)
    assert not third.done()
    async with bench.running():
        await asyncio.wait_for(third, 2)
        await bench.settled()


async def test_what_was_revoked_is_neither_written_nor_acknowledged() -> None:
    bench = Bench()
    await bench.offer(await bench.put(MESSAGES, message(1), 1))
    bench.stage.give_up({MESSAGES, JOURNEY, TRANSCRIPTS})
    async with bench.running():
        await asyncio.sleep(0.05)
    assert bench.scored() == []
    assert bench.acknowledged == []


async def test_a_transcript_segment_is_said_at_its_end_and_keeps_its_revision() -> None:
    bench = Bench()
    segment = {
        "segment_id": "s1",
        "conversation_id": "c1",
        "channel": "voice",
        "role": "customer",
        "text": "hola",
        "is_final": False,
        "revision": 2,
        "begin_ms": 1_000,
        "end_ms": 2_500,
        "started_at": "2026-03-02T09:00:00Z",
    }
    async with bench.running():
        await bench.offer(await bench.put(TRANSCRIPTS, orjson.dumps(segment), 1))
        await bench.settled()
    [entry] = bench.scored()
    assert (entry.message_id, entry.at) == ("s1", "2026-03-02T09:00:02.500Z")
    assert (entry.source.revision, entry.source.is_final) == (2, False)


async def test_free_text_in_attributes_is_masked() -> None:
    bench = Bench()
    async with bench.running():
        note = {"note": ["card 4111111111111111"], "card": 4111111111111111, "floor": 3}
        await bench.offer(await bench.put(JOURNEY, journey(1, "agent_note", attributes=note), 1))
        await bench.settled()
    [entry] = bench.scored()
    assert entry.journey is not None
    assert entry.journey.attributes == {"note": ["card [CARD]"], "card": "[CARD]", "floor": 3}


async def test_a_journey_event_without_a_conversation_is_left_to_customer_level_readers() -> None:
    bench = Bench()
    async with bench.running():
        await bench.offer(await bench.put(JOURNEY, journey(1, conversation_id=None, customer_id="k1"), 1))
        await bench.settled()
    assert bench.scored() == []
    assert bench.acknowledged == [("cx.journey", 0)]


async def test_the_trace_context_is_passed_on() -> None:
    bench = Bench()
    await bench.log.send(
        "cx.messages", key=b"c1", value=message(1), partition=0, headers=[("traceparent", b"00-abc-01")]
    )
    async with bench.running():
        await bench.offer(bench.log.records[MESSAGES][-1])
        await bench.settled()
    [record] = bench.log.topic("cx.scored")
    assert ("traceparent", b"00-abc-01") in record.headers
