import asyncio
from typing import Any

import orjson
import pytest

from schemas.scored import Scored
from streams.core.catalogue import Catalogue
from streams.runtime.broker_clock import BrokerClock
from streams.runtime.catalogues import CatalogueShelf
from streams.runtime.conversation_stage import ConversationStage
from streams.runtime.dead_letters import DlqLimit
from streams.runtime.failures import LogGapError, StateAheadError
from streams.runtime.log import LogRecord, TopicPartition
from streams.runtime.store import InMemoryStore, StoredConversation
from streams.runtime.telemetry import Unmeasured
from streams.runtime.ticker import Ticker
from tests.fakes import FakeLog, WordScorer

AT = TopicPartition("cx.scored", 0)
SHELF = CatalogueShelf(None, None)
SECOND = 1_000


def utterance(number: int, text: str = "hello", *, conversation: str = "c1", role: str = "customer") -> bytes:
    score = WordScorer()._score(text)
    return Scored.from_value(
        {
            "kind": "utterance",
            "catalogue": SHELF.digest,
            "conversation_id": conversation,
            "at": f"2026-03-02T09:00:{number:02d}Z",
            "source": {"topic": "cx.messages"},
            "message_id": f"{conversation}-m{number}",
            "role": role,
            "channel": "webchat",
            **score,
        }
    ).encode()


class Bench:
    """A stage over a fake log and store; both outlive the stage, as Kafka outlives a worker."""

    def __init__(self) -> None:
        self.log = FakeLog(partitions=1)
        self.store = InMemoryStore()
        self.failures: list[BaseException] = []
        self.steady_ms = 0
        self.guarded = 0
        self.restart()

    def restart(self) -> None:
        self.acknowledged: list[int] = []
        self.clock = BrokerClock(lambda: self.steady_ms)
        self.stage = ConversationStage(
            topic="cx.scored",
            group="peakend-state",
            named=lambda name: name,
            store=self.store,
            producer=self.log,
            offsets=self.log,
            catalogue_of=SHELF.by_digest,
            clock=self.clock,
            guard=self._guard,
            on_failure=self.failures.append,
            telemetry=Unmeasured(),
            dlq_limit=DlqLimit(),
        )
        self.ticker = Ticker(
            self.stage,
            topic="cx.scored",
            inputs=["cx.messages"],
            score_group="peakend-score",
            producer=self.log,
            offsets=self.log,
            clock=self.clock,
            read_broker_time=self._broker_time,
            telemetry=Unmeasured(),
        )

    def _guard(self) -> None:
        self.guarded += 1

    async def _broker_time(self, _: int) -> int:
        return self.log.now_ms

    async def append(self, value: bytes) -> LogRecord:
        self.log.now_ms += SECOND
        await self.log.send("cx.scored", key=b"c1", value=value, partition=0)
        return self.log.records[AT][-1]

    async def handle(self, record: LogRecord) -> None:
        acknowledged = self.acknowledged
        await self.stage.handle(record, lambda: acknowledged.append(record.offset))
        await asyncio.sleep(0)

    def commit(self, offset: int) -> None:
        self.log.committed_offsets["peakend-state", AT] = offset

    def moments(self) -> list[dict[str, Any]]:
        return [orjson.loads(record.value or b"") for record in self.log.topic("cx.moments")]

    async def saved(self, key: str = "c1") -> StoredConversation:
        return StoredConversation.decode((await self.store.load(0))[key].payload or b"")


async def test_an_angry_turn_opens_a_moment_and_is_acknowledged_when_all_is_delivered() -> None:
    bench = Bench()
    bench.log.held = True
    record = await bench.append(utterance(1, "I am furious"))
    bench.log.deliver()
    await bench.handle(record)
    assert [moment["type"] for moment in bench.moments()] == ["anger_peak"]
    assert bench.acknowledged == []
    bench.log.deliver()
    await asyncio.sleep(0)
    assert bench.acknowledged == [0]


async def test_output_headers_are_cloud_events_and_pass_the_trace_on() -> None:
    bench = Bench()
    await bench.log.send(
        "cx.scored", key=b"c1", value=utterance(1, "I am furious"), partition=0, headers=[("traceparent", b"00-a-01")]
    )
    await bench.handle(bench.log.records[AT][-1])
    [record] = bench.log.topic("cx.moments")
    headers = dict(record.headers)
    assert headers["ce_id"].decode() == bench.moments()[0]["record_id"]
    assert headers["ce_type"] == b"peakend.cx.moments"
    assert headers["traceparent"] == b"00-a-01"


async def test_a_gap_in_the_offsets_crashes_before_anything_is_applied() -> None:
    bench = Bench()
    first = await bench.append(utterance(1))
    await bench.append(utterance(2))
    third = await bench.append(utterance(3, "I am furious"))
    await bench.handle(first)
    with pytest.raises(LogGapError, match="offset 2 came where 1 was due"):
        await bench.handle(third)
    assert bench.moments() == []


async def test_the_first_record_after_an_assignment_must_not_be_past_the_committed_one() -> None:
    bench = Bench()
    await bench.append(utterance(1))
    second = await bench.append(utterance(2))
    with pytest.raises(LogGapError):
        await bench.handle(second)


async def test_the_first_record_may_be_before_the_committed_one() -> None:
    bench = Bench()
    first = await bench.append(utterance(1))
    await bench.handle(first)
    bench.commit(1)
    bench.restart()
    await bench.handle(first)
    assert bench.acknowledged == [0]


async def test_after_a_restart_an_applied_event_is_not_applied_again_and_its_outputs_are_sent_again() -> None:
    bench = Bench()
    record = await bench.append(utterance(1, "I am furious"))
    bench.log.held = True
    await bench.handle(record)
    # Killed here: the state is saved with its outbox, the deliveries were never known.
    before = await bench.saved()
    bench.log.held = False
    bench.restart()
    await bench.handle(record)
    moments = bench.moments()
    assert len(moments) == 2
    assert moments[0]["record_id"] == moments[1]["record_id"]
    after = await bench.saved()
    assert (after.offset, after.state) == (before.offset, before.state)
    assert bench.acknowledged == [0]


async def test_the_outbox_is_trimmed_once_deliveries_are_known() -> None:
    bench = Bench()
    await bench.handle(await bench.append(utterance(1, "I am furious")))
    assert len((await bench.saved()).outbox) == 0
    bench.log.held = True
    await bench.handle(await bench.append(utterance(2, "I am furious")))
    bench.log.deliver()
    await bench.handle(await bench.append(utterance(3)))
    assert all(entry.offset > 1 for entry in (await bench.saved()).outbox)


async def test_a_stale_state_write_of_a_former_owner_changes_nothing() -> None:
    bench = Bench()
    first = await bench.append(utterance(1, "I am furious"))
    await bench.handle(first)
    stale = await bench.saved()
    second = await bench.append(utterance(2, "wonderful"))
    await bench.handle(second)
    newest = await bench.saved()
    await bench.store.write(0, "c1", stale)
    bench.commit(2)
    bench.restart()
    await bench.stage.take_over(0)
    assert (await bench.saved()).state == newest.state


async def test_a_redelivery_reads_what_was_saved_and_goes_on_from_there() -> None:
    bench = Bench()
    records = [await bench.append(utterance(n, text)) for n, text in enumerate(["hello", "I am furious", "ok"], 1)]
    for record in records[:2]:
        await bench.handle(record)
    bench.restart()
    for record in records:
        await bench.handle(record)
    assert len({moment["record_id"] for moment in bench.moments()}) == len(bench.moments()) == 1


async def test_state_ahead_of_the_log_stops_the_start_with_what_to_do() -> None:
    bench = Bench()
    for number in range(3):
        await bench.handle(await bench.append(utterance(number)))
    bench.log.records[AT] = bench.log.records[AT][:1]
    bench.restart()
    with pytest.raises(StateAheadError, match="recreated or truncated"):
        await bench.stage.take_over(0)


async def test_what_is_no_scored_record_goes_to_the_dead_letters() -> None:
    bench = Bench()
    await bench.handle(await bench.append(b'{"kind":"utterance"}'))
    await bench.handle(await bench.append(utterance(2)))
    [buried] = bench.log.topic("cx.scored.dlq")
    assert buried.value == b'{"kind":"utterance"}'
    assert bench.acknowledged == [0, 1]


async def test_a_revoked_partition_is_forgotten_and_nothing_of_it_acknowledged() -> None:
    bench = Bench()
    bench.log.held = True
    record = await bench.append(utterance(1, "I am furious"))
    await bench.handle(record)
    bench.stage.give_up(0)
    bench.log.deliver()
    await asyncio.sleep(0)
    assert bench.acknowledged == []
    assert bench.stage.partitions == {}


async def test_the_guard_is_asked_before_anything_is_applied() -> None:
    bench = Bench()
    await bench.handle(await bench.append(utterance(1)))
    assert bench.guarded == 1


async def test_a_tick_is_written_when_silence_is_due_by_the_brokers_clock() -> None:
    bench = Bench()
    await bench.handle(await bench.append(utterance(1)))
    hour_ms = 3_600_000
    assert await bench.ticker.round(0) == 0
    bench.log.now_ms += hour_ms
    bench.steady_ms += hour_ms
    assert await bench.ticker.round(0) == 1
    tick = Scored.decode(bench.log.records[AT][-1].value or b"")
    assert (tick.kind, tick.conversation_id) == ("tick", "c1")
    assert tick.at.startswith("2026-03-02T10:00:0")
    assert await bench.ticker.round(0) == 0
    await bench.handle(bench.log.records[AT][-1])
    [summary] = bench.log.topic("cx.conversations")
    assert orjson.loads(summary.value or b"")["ended_at"].startswith("2026-03-02T10:00:01")


async def test_no_tick_before_the_log_is_read_to_its_end() -> None:
    bench = Bench()
    await bench.handle(await bench.append(utterance(1)))
    await bench.append(utterance(2))
    bench.log.now_ms += 7_200_000
    bench.steady_ms += 7_200_000
    assert await bench.ticker.round(0) == 0


async def test_no_tick_while_the_score_stage_has_inputs_left() -> None:
    bench = Bench()
    await bench.handle(await bench.append(utterance(1)))
    await bench.log.send("cx.messages", key=b"c1", value=b"{}", partition=0)
    bench.log.now_ms += 7_200_000
    bench.steady_ms += 7_200_000
    assert await bench.ticker.round(0) == 0
    bench.log.committed_offsets["peakend-score", TopicPartition("cx.messages", 0)] = 1
    assert await bench.ticker.round(0) == 1


async def test_deadlines_of_a_loaded_partition_are_kept_although_nothing_more_comes() -> None:
    bench = Bench()
    await bench.handle(await bench.append(utterance(1)))
    bench.commit(1)
    bench.restart()
    await bench.stage.take_over(0)
    bench.log.now_ms += 7_200_000
    bench.steady_ms += 7_200_000
    assert await bench.ticker.round(0) == 1


async def test_a_month_old_recording_does_not_close_everything_at_once() -> None:
    bench = Bench()
    # Event times are a month before the broker's clock: only what passes from here on counts.
    await bench.handle(await bench.append(utterance(1)))
    bench.steady_ms += 60_000
    bench.log.now_ms += 60_000
    assert await bench.ticker.round(0) == 0


async def test_the_marker_of_a_closed_conversation_is_dropped_after_thirty_days() -> None:
    bench = Bench()
    await bench.handle(await bench.append(utterance(1)))
    bench.log.now_ms += 7_200_000
    bench.steady_ms += 7_200_000
    await bench.ticker.round(0)
    await bench.handle(bench.log.records[AT][-1])
    month_ms = 31 * 24 * 3_600_000
    bench.log.now_ms += month_ms
    bench.steady_ms += month_ms
    assert await bench.ticker.round(0) == 0
    assert await bench.store.load(0) == {}


async def test_what_comes_after_an_expired_marker_starts_anew_with_the_catalogue_of_its_own_first_record() -> None:
    bench = Bench()
    ended = Scored.from_value(
        {
            "kind": "journey",
            "catalogue": "0123456789ab",
            "conversation_id": "c1",
            "at": "2026-03-02T09:00:02Z",
            "source": {"topic": "cx.journey"},
            "event_id": "e1",
            "journey": {"kind": "ended"},
        }
    )
    asked: list[str] = []

    def remembered(digest: str) -> Catalogue:
        asked.append(digest)
        return SHELF.current

    bench.stage._catalogue_of = remembered
    await bench.handle(await bench.append(ended.encode()))
    later = Scored.decode(utterance(1)).changed(at="2026-05-02T09:00:00Z")
    bench.log.now_ms += 61 * 24 * 3_600_000
    await bench.handle(await bench.append(later.encode()))
    assert asked[-1] == SHELF.digest
