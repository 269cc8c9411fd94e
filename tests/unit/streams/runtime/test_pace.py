import asyncio
import time

from streams.runtime.pace import Contents, Pace, ReplayProgress
from streams.runtime.recording import Recorded


def _records(*times: int) -> list[Recorded]:
    return [Recorded("t", None, b"{}", at) for at in times]


def _contents(records: list[Recorded]) -> Contents:
    contents = Contents()
    for record in records:
        contents.add(record)
    return contents


def test_contents_know_count_span_and_the_oldest_of_each_topic() -> None:
    contents = _contents([*_records(50, 10, 70), Recorded("u", None, None, 60)])
    assert (contents.total, contents.first_ms, contents.last_ms) == (4, 10, 70)
    assert contents.oldest_ms == {"t": 10, "u": 60}


async def test_records_keep_their_order_and_late_ones_do_not_wait() -> None:
    records = _records(1000, 1100, 1050, 1200)
    pace = Pace(_contents(records), 2, asyncio.Event())
    begun = time.monotonic()
    assert [record async for record in pace.play(iter(records))] == records
    assert 0.1 <= time.monotonic() - begun < 1


async def test_stopping_ends_a_long_wait() -> None:
    records = _records(0, 3_600_000)
    stopped = asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, stopped.set)
    told: list[ReplayProgress] = []
    pace = Pace(_contents(records), 1, stopped, told.append)
    assert [record async for record in pace.play(iter(records))] == records[:1]
    assert (told[0].sent, told[0].total) == (1, 2)
    assert 3590 < told[0].remaining_seconds <= 3600
