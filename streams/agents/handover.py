"""Runs what an assignment needs, so that a stop in the middle of it does not wait for a broker that may not answer."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Handover:
    """Pieces of work that are abandoned together; nothing more is run after that."""

    def __init__(self) -> None:
        self._work: set[asyncio.Task[None]] = set()
        self._abandoned = False

    async def run(self, work: Coroutine[Any, Any, None]) -> bool:
        """Whether `work` was done: False if it was abandoned.

        Raises: what `work` raises.
        """
        if self._abandoned:
            work.close()
            return False
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        # Faust awaits its handlers: it is our task that is cancelled, never Faust's.
        await asyncio.wait({task})
        self._work.discard(task)
        if task.cancelled():
            return False
        task.result()
        return True

    def abandon(self) -> None:
        """The worker stops: what is under way ends here."""
        self._abandoned = True
        for task in self._work:
            task.cancel()
