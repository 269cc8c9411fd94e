import asyncio
import logging

import pytest

from streams.agents.crash import Crash
from streams.runtime.failures import EXIT_CRASHED, EXIT_HALTED, Halt, StateAheadError


@pytest.mark.parametrize(
    ("error", "status"),
    [(Halt("mend it"), EXIT_HALTED), (StateAheadError("empty it"), EXIT_HALTED), (OSError("gone"), EXIT_CRASHED)],
)
async def test_the_first_failure_decides_and_is_told(
    error: Exception, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    stopped: list[BaseException] = []

    async def stop(reason: BaseException) -> None:
        stopped.append(reason)

    ended: list[int] = []
    crash = Crash(lambda _seconds, status: ended.append(status), torn_down=())
    assert crash.exit_status == 0
    with caplog.at_level(logging.CRITICAL):
        crash.now(error, stop)
        crash.now(ValueError("a consequence"), stop)
    await asyncio.sleep(0)
    assert stopped == [error]
    assert crash.exit_status == status
    assert ended == [status], "the process ends even if the orderly way hangs"
    assert str(error) in caplog.text
    assert "a consequence" not in caplog.text
