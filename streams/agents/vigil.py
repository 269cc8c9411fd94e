"""What watches a worker process: the pulse that feels a freeze, the watchdog thread, metrics and probes."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from prometheus_client import CollectorRegistry

from streams.config import Config
from streams.observability.probes import Probe, ProbeServer
from streams.runtime.liveness import FreezeGuard, Progress, Watchdog

_PULSE_S: Final = 1.0


class Watched(Protocol):
    """One stage of the process."""

    def look(self) -> Progress:
        """How far it is; called from other threads."""
        ...

    def ready(self) -> bool:
        """Whether it can take work."""
        ...


class Vigil:
    """Begins before the first app joins its group and ends before it stops: standing still is right from there on.

    Args:
        announce: takes the line that tells people where the probes are.
    """

    def __init__(
        self,
        config: Config,
        stages: Mapping[str, Watched],
        guard: FreezeGuard,
        registry: CollectorRegistry,
        announce: Callable[[str], None],
    ) -> None:
        self._config = config
        self._stages = stages
        self._guard = guard
        self._registry = registry
        self._announce = announce
        self._watchdog: Watchdog | None = None
        self._server: ProbeServer | None = None
        self._pulse: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Starts pulse, watchdog and probes.

        Raises:
            OSError: the port for metrics and probes is taken.
        """
        self._server = ProbeServer(
            (self._config.metrics_host, self._config.metrics_port), self._registry, live=self._live, ready=self._ready
        )
        self._server.start()
        self._announce(f"metrics and probes on http://{self._server.address}/metrics /livez /readyz")
        looks = {name: stage.look for name, stage in self._stages.items()}
        self._watchdog = Watchdog(looks, self._config.stall_seconds)
        self._watchdog.start()
        self._pulse = asyncio.get_running_loop().create_task(self._feel())

    def end(self) -> None:
        """Stops all three."""
        if self._pulse is not None:
            self._pulse.cancel()
        if self._watchdog is not None:
            self._watchdog.stop()
        if self._server is not None:
            self._server.stop()

    async def _feel(self) -> None:
        while True:
            self._guard.check()
            await asyncio.sleep(_PULSE_S)

    def _live(self) -> Probe:
        trouble = dict(self._watchdog.trouble) if self._watchdog is not None else {}
        told: dict[str, object] = {name: _told(stage.look()) for name, stage in self._stages.items()}
        return Probe(not trouble, told | ({"trouble": trouble} if trouble else {}))

    def _ready(self) -> Probe:
        waiting = {
            name: "partitions or their state are not there yet"
            for name, stage in self._stages.items()
            if not stage.ready()
        }
        return Probe(not waiting, waiting)


def _told(progress: Progress) -> dict[str, object]:
    return {
        "member": progress.member,
        "partitions": {
            f"{at.topic}[{at.partition}]": {
                "done": seen.done,
                "committed": seen.committed,
                "in_flight": seen.in_flight,
            }
            for at, seen in progress.partitions.items()
        },
    }
