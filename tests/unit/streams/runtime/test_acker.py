import asyncio

import pytest

from streams.runtime.acker import OrderedAcker
from streams.runtime.log import TopicPartition

AT = TopicPartition("cx.messages", 0)


def tracked(acker: OrderedAcker, count: int) -> tuple[list[int], list]:
    given: list[int] = []
    tickets = [acker.track(AT, n, lambda n=n: given.append(n)) for n in range(count)]
    return given, tickets


async def test_acknowledges_in_order_although_later_records_are_done_first() -> None:
    acker = OrderedAcker(pytest.fail)
    given, tickets = tracked(acker, 3)
    tickets[2].settle()
    tickets[1].settle()
    assert given == []
    tickets[0].settle()
    assert given == [0, 1, 2]
    assert acker.in_flight == 0


async def test_waits_for_every_delivery_that_a_record_caused() -> None:
    acker = OrderedAcker(pytest.fail)
    given, [ticket] = tracked(acker, 1)
    first, second = asyncio.Future(), asyncio.Future()
    ticket.settle([first, second])
    first.set_result(None)
    await asyncio.sleep(0)
    assert given == []
    second.set_result(None)
    await asyncio.sleep(0)
    assert given == [0]


async def test_a_failed_delivery_is_told_once_and_nothing_after_it_is_acknowledged() -> None:
    failures: list[BaseException] = []
    acker = OrderedAcker(failures.append)
    given, tickets = tracked(acker, 3)
    broken = asyncio.Future()
    tickets[0].settle()
    tickets[1].settle([broken])
    tickets[2].settle()
    broken.set_exception(ConnectionError("gone"))
    await asyncio.sleep(0)
    assert given == [0]
    assert [type(error) for error in failures] == [ConnectionError]


async def test_a_delivery_that_had_already_failed_counts_as_failed() -> None:
    failures: list[BaseException] = []
    acker = OrderedAcker(failures.append)
    given, [ticket] = tracked(acker, 1)
    broken = asyncio.Future()
    broken.set_exception(ConnectionError("gone"))
    ticket.settle([broken])
    await asyncio.sleep(0)
    assert given == []
    assert len(failures) == 1


async def test_partitions_do_not_wait_for_each_other() -> None:
    acker = OrderedAcker(pytest.fail)
    given: list[str] = []
    acker.track(TopicPartition("a", 0), 0, lambda: given.append("a"))
    acker.track(TopicPartition("a", 1), 0, lambda: given.append("b")).settle()
    assert given == ["b"]


async def test_a_delivery_on_which_nothing_waits_is_watched_too() -> None:
    failures: list[BaseException] = []
    acker = OrderedAcker(failures.append)
    lost = asyncio.Future()
    acker.watch(lost)
    lost.set_exception(ConnectionError("gone"))
    await asyncio.sleep(0)
    assert acker.failed
    assert len(failures) == 1


async def test_progress_tells_the_offset_to_be_committed() -> None:
    acker = OrderedAcker(pytest.fail)
    _, tickets = tracked(acker, 3)
    assert acker.progress(AT) == (None, 3)
    tickets[0].settle()
    tickets[1].settle()
    assert acker.progress(AT) == (2, 1)
    acker.forget(AT)
    assert acker.progress(AT) == (None, 0)


async def test_what_was_revoked_is_never_acknowledged() -> None:
    acker = OrderedAcker(pytest.fail)
    given, [ticket] = tracked(acker, 1)
    acker.forget(AT)
    ticket.settle()
    assert given == []
    assert acker.in_flight == 0


async def test_below_waits_for_room() -> None:
    acker = OrderedAcker(pytest.fail)
    _, tickets = tracked(acker, 2)
    waiting = asyncio.create_task(acker.below(2))
    await asyncio.sleep(0)
    assert not waiting.done()
    tickets[0].settle()
    await asyncio.wait_for(waiting, 1)


async def test_a_ticket_is_settled_once() -> None:
    acker = OrderedAcker(pytest.fail)
    _, [ticket] = tracked(acker, 1)
    ticket.settle()
    with pytest.raises(RuntimeError):
        ticket.settle()
