"""A delivery that failed for good is done, but has not arrived: its outputs must survive the restart that follows."""

import asyncio

import pytest

from streams.runtime.failures import Halt
from tests.unit.streams.runtime.test_conversation_stage import AT, Bench, utterance


async def test_outputs_of_a_failed_delivery_are_sent_again_after_the_restart() -> None:
    bench = Bench()
    records = [await bench.append(utterance(n, text)) for n, text in ((1, "I am furious"), (2, "ok"))]
    bench.log.held = True
    # The outputs fail; the state, in the store of the bench, is saved: the worst order.
    await bench.handle(records[0])
    bench.log.fail()
    await asyncio.sleep(0)
    assert len(bench.failures) == 1
    bench.log.held = False
    # Already read when the failure came.
    await bench.handle(records[1])
    assert bench.moments() == []
    assert bench.acknowledged == []
    bench.restart()
    for record in records:
        await bench.handle(record)
    assert [moment["type"] for moment in bench.moments()] == ["anger_peak"]
    assert bench.acknowledged == [0, 1]


async def test_nothing_is_applied_once_a_delivery_has_failed() -> None:
    bench = Bench()
    records = [await bench.append(utterance(n)) for n in (1, 2)]
    await bench.handle(records[0])
    bench.stage.acker.fail(ConnectionError("gone"))
    before = await bench.saved()
    await bench.handle(records[1])
    assert await bench.saved() == before


async def test_a_tick_that_does_not_arrive_is_a_failure_of_the_worker() -> None:
    bench = Bench()
    await bench.handle(await bench.append(utterance(1)))
    bench.log.now_ms += 7_200_000
    bench.steady_ms += 7_200_000
    bench.log.held = True
    assert await bench.ticker.round(0) == 1
    bench.log.fail()
    await asyncio.sleep(0)
    assert len(bench.failures) == 1


async def test_deleted_offsets_that_nobody_read_halt_the_worker_and_are_named() -> None:
    bench = Bench()
    for number in range(3):
        await bench.append(utterance(number))
    bench.commit(1)

    async def beginning(partitions: object) -> dict[object, int]:
        return {AT: 3}

    bench.log.beginning = beginning  # type: ignore[assignment,method-assign]
    with pytest.raises(Halt, match="offsets 1 to 2 were deleted"):
        await bench.stage.take_over(0)


async def test_what_does_not_move_the_clock_does_not_move_the_deadline() -> None:
    bench = Bench()
    record = await bench.append(utterance(1))
    await bench.handle(record)
    due = bench.stage.partitions[0].deadlines.next_ms()
    bench.log.now_ms += 3_000_000
    repeat = await bench.append(utterance(1))
    await bench.handle(repeat)
    assert bench.stage.partitions[0].deadlines.next_ms() == due
    await bench.handle(await bench.append(utterance(2)))
    assert bench.stage.partitions[0].deadlines.next_ms() != due
