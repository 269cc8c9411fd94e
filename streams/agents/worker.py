"""A worker process: one or both stages, watched, measured, ended in order."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import faust

from streams.agents.conversation_agent import ConversationAgent
from streams.agents.crash import Crash
from streams.agents.score_agent import ScoreAgent
from streams.agents.scoring import load, load_lexicon
from streams.config import Config
from streams.observability.probes import Probe, ProbeServer
from streams.observability.prometheus import PrometheusTelemetry
from streams.runtime.catalogues import CatalogueShelf
from streams.runtime.failures import EXIT_CRASHED
from streams.runtime.liveness import FreezeGuard, Progress, StallDetector, Watchdog

log: Final = logging.getLogger(__name__)

Stage = Literal["score", "state", "all"]
_PULSE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Stages:
    """The agents of one process."""

    score: ScoreAgent | None
    state: ConversationAgent | None
    crash: Crash
    guard: FreezeGuard
    telemetry: PrometheusTelemetry
    shelf: CatalogueShelf

    def agents(self) -> dict[str, ScoreAgent | ConversationAgent]:
        """The agents that are there, by stage."""
        both = {"score": self.score, "state": self.state}
        return {name: agent for name, agent in both.items() if agent is not None}


def build(config: Config, stage: Stage) -> Stages:
    """Loads model and catalogue, which must be there before the group is joined, and makes the apps.

    Raises:
        ModelError, CatalogueError, SecurityError, Halt: something is not usable; the message says what to do.
    """
    telemetry = PrometheusTelemetry()
    crash = Crash()
    guard = FreezeGuard(config.session_timeout_seconds)
    shelf = CatalogueShelf(config.catalogue, config.catalogue_archive)
    score = state = None
    if stage in {"score", "all"}:
        scorer = load(config)
        log.info("model %s", scorer.identity)
        lexicon = load_lexicon(config) if config.degrade_after_seconds is not None else None
        score = ScoreAgent(
            config, scorer=scorer, lexicon=lexicon, catalogue=lambda: shelf.digest, telemetry=telemetry, crash=crash
        )
    if stage in {"state", "all"}:
        state = ConversationAgent(config, catalogue_of=shelf.by_digest, guard=guard, telemetry=telemetry, crash=crash)
    return Stages(score, state, crash, guard, telemetry, shelf)


class Worker(faust.Worker):  # type: ignore[misc]
    """Runs the apps in one event loop, with pulse, watchdog and probes around them."""

    def __init__(self, config: Config, stages: Stages, announce: Callable[[str], None]) -> None:
        self._config = config
        self._stages = stages
        self._announce = announce
        self._watchdog: Watchdog | None = None
        self._server: ProbeServer | None = None
        apps = [agent.app for agent in stages.agents().values()]
        super().__init__(
            *apps,
            loglevel=config.log_level.replace("warning", "warn"),
            redirect_stdouts=False,
            override_logging=False,
            quiet=True,
        )
        self.spinner = None

    async def on_started(self) -> None:
        """Starts what watches the stages, then waits for the end as Faust does."""
        looks: dict[str, Callable[[], Progress]] = {name: agent.look for name, agent in self._stages.agents().items()}
        self._watchdog = Watchdog(looks, self._config.stall_seconds)
        self._watchdog.start()
        self._server = ProbeServer(
            (self._config.metrics_host, self._config.metrics_port),
            self._stages.telemetry.registry,
            live=self._live,
            ready=self._ready,
        )
        self._server.start()
        self._announce(f"metrics and probes on http://{self._server.address}/metrics /livez /readyz")
        self.add_future(self._pulse())
        await super().on_started()

    async def on_stop(self) -> None:
        """Ends the watch first: standing still is right from here on."""
        if self._watchdog is not None:
            self._watchdog.stop()
        await super().on_stop()
        if self._server is not None:
            self._server.stop()

    async def _pulse(self) -> None:
        while not self.should_stop:
            self._stages.guard.check()
            await asyncio.sleep(_PULSE_S)

    def _live(self) -> Probe:
        trouble = dict(self._watchdog.trouble) if self._watchdog is not None else {}
        told: dict[str, object] = {name: _told(agent.look()) for name, agent in self._stages.agents().items()}
        return Probe(not trouble, told | ({"trouble": trouble} if trouble else {}))

    def _ready(self) -> Probe:
        waiting = {
            name: "partitions or their state are not there yet"
            for name, agent in self._stages.agents().items()
            if not agent.ready()
        }
        return Probe(not waiting, waiting)


def _told(progress: Progress) -> dict[str, object]:
    return {
        "member": progress.member,
        "partitions": {
            f"{at.topic}[{at.partition}]": {
                "acknowledged": seen.acknowledged,
                "committed": seen.committed,
                "in_flight": seen.in_flight,
            }
            for at, seen in progress.partitions.items()
        },
    }


def run(config: Config, stage: Stage, announce: Callable[[str], None]) -> int:
    """Runs a worker until it is stopped or fails; tells the exit status for the process.

    Raises: as `build`.
    """
    stages = build(config, stage)
    worker = Worker(config, stages, announce)
    try:
        worker.execute_from_commandline()
    except SystemExit as leaving:
        if stages.crash.reason is None and leaving.code not in {0, None}:
            return EXIT_CRASHED
    except Exception:
        if stages.crash.reason is None:
            log.exception("the worker crashes")
            return EXIT_CRASHED
    return stages.crash.exit_status


__all__ = ["Stage", "Stages", "StallDetector", "Worker", "build", "run"]
