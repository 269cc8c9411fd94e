import asyncio

import pytest

from streams.agents.handover import Handover


async def test_work_is_done_and_its_failure_is_raised() -> None:
    done: list[int] = []

    async def work() -> None:
        done.append(1)

    async def broken() -> None:
        raise OSError("gone")

    handover = Handover()
    assert await handover.run(work())
    assert done == [1]
    with pytest.raises(OSError, match="gone"):
        await handover.run(broken())


async def test_a_stop_does_not_wait_for_a_broker_that_does_not_answer() -> None:
    handover = Handover()
    waiting = asyncio.create_task(handover.run(asyncio.Event().wait()))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    handover.abandon()
    assert await asyncio.wait_for(waiting, 1) is False
    assert await handover.run(asyncio.sleep(0)) is False
