"""Ends a worker on a failure: one clear line, an orderly leave if that works, and a hard end if it does not."""

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Callable
from typing import Final

from streams.runtime.failures import EXIT_CRASHED, EXIT_HALTED, Halt

log: Final = logging.getLogger(__name__)

_ORDERLY_S: Final = 10.0
_TORN_DOWN: Final = ("faust", "mode", "aiokafka", "asyncio", "streams.agents.faust_app")


class Crash:
    """The first failure of a process; `exit_status` is what the process should end with.

    Args:
        ends: ends the process with a status after so many seconds, whatever state it is in.
        torn_down: loggers that fall silent once the cause is told: what libraries say of their end would hide it.
    """

    def __init__(
        self, ends: Callable[[float, int], None] | None = None, torn_down: tuple[str, ...] = _TORN_DOWN
    ) -> None:
        self._end_later = ends or end_later
        self._torn_down = torn_down
        self.reason: BaseException | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def exit_status(self) -> int:
        """0 without a failure; a deliberate halt has a status of its own, which is not started again."""
        if self.reason is None:
            return 0
        return EXIT_HALTED if isinstance(self.reason, Halt) else EXIT_CRASHED

    def now(self, error: BaseException, stop: Callable[[BaseException], Awaitable[None]]) -> None:
        """Tells the cause, starts the orderly end, and makes sure that the process ends."""
        if self.reason is not None:
            return
        self.reason = error
        if isinstance(error, Halt):
            log.critical("%s", error)
        else:
            log.critical("the worker crashes: %s: %s", type(error).__name__, error, exc_info=error)
        for name in self._torn_down:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        self._end_later(_ORDERLY_S, self.exit_status)

        async def _end() -> None:
            await stop(error)

        task = asyncio.get_running_loop().create_task(_end())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def end_later(seconds: float, status: int) -> None:
    """Ends the process with `status` after so many seconds, unless it has ended by itself before."""
    last_resort = threading.Timer(seconds, os._exit, args=(status,))
    last_resort.daemon = True
    last_resort.start()
