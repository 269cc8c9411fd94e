"""An event loop with a time of its own: a run with sleeps and threads is quick, and the same every time."""

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any


class _Skipping(selectors.DefaultSelector):
    """Never waits: tells how long the loop would have."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("a deadlock: all tasks wait, and nothing is left that could wake one")
        self.skipped_s += max(0.0, timeout)
        return super().select(0)


class SimulatedLoop(asyncio.SelectorEventLoop):
    """Time jumps to the next timer when nothing is left to do; work for a thread is done here, and then takes its time.

    Args:
        work_s: asked for each call that goes to a thread: how long it takes (simulated seconds).
    """

    def __init__(self, work_s: Callable[[], float]) -> None:
        self._skipping = _Skipping()
        self._work_s = work_s
        super().__init__(self._skipping)

    def time(self) -> float:
        """Simulated seconds since the loop was made."""
        return self._skipping.skipped_s

    def run_in_executor(  # type: ignore[override]
        self,
        executor: Executor | None,  # noqa: ARG002 - the loop's interface
        func: Callable[..., Any],
        *args: Any,
    ) -> "asyncio.Future[Any]":
        """The outcome of `func`, after `work_s`."""
        done: asyncio.Future[Any] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - as a thread does: the caller gets it
            done.set_exception(error)
        return asyncio.ensure_future(self._later(done), loop=self)

    async def _later(self, done: "asyncio.Future[Any]") -> Any:
        await asyncio.sleep(self._work_s())
        return await done
