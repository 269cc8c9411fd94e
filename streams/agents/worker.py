"""A worker process: one or both stages, watched, measured, ended in order."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import faust

from streams.agents.conversation_agent import ConversationAgent
from streams.agents.crash import Crash
from streams.agents.score_agent import ScoreAgent
from streams.agents.scoring import load, load_lexicon
from streams.agents.vigil import Vigil
from streams.config import Config
from streams.observability.prometheus import PrometheusTelemetry
from streams.runtime.catalogues import CatalogueShelf
from streams.runtime.failures import EXIT_CRASHED
from streams.runtime.liveness import FreezeGuard

log: Final = logging.getLogger(__name__)

Stage = Literal["score", "state", "all"]


@dataclass(frozen=True, slots=True)
class Stages:
    """The agents of one process, by stage, and how the process ends if one fails."""

    agents: dict[str, ScoreAgent | ConversationAgent]
    crash: Crash


def build(config: Config, stage: Stage, announce: Callable[[str], None]) -> Stages:
    """Loads model and catalogue, which must be there before the group is joined, and makes the apps.

    Args:
        announce: takes lines for people.

    Raises:
        ModelError, CatalogueError, SecurityError, Halt: something is not usable; the message says what to do.
    """
    telemetry = PrometheusTelemetry()
    crash = Crash()
    guard = FreezeGuard(config.session_timeout_seconds)
    shelf = CatalogueShelf(config.catalogue, config.catalogue_archive)
    agents: dict[str, ScoreAgent | ConversationAgent] = {}
    if stage in {"score", "all"}:
        scorer = load(config)
        log.info("model %s", scorer.identity)
        lexicon = load_lexicon(config) if config.degrade_after_seconds is not None else None
        agents["score"] = ScoreAgent(
            config,
            scorer=scorer,
            lexicon=lexicon,
            catalogue=lambda: shelf.digest,
            telemetry=telemetry,
            crash=crash,
        )
    if stage in {"state", "all"}:
        agents["state"] = ConversationAgent(
            config, catalogue_of=shelf.by_digest, guard=guard, telemetry=telemetry, crash=crash
        )
    # With the app, not with our worker: Faust's own command must be watched too.
    vigil = Vigil(config, agents, guard, telemetry.registry, announce)
    first = next(iter(agents.values())).app
    first.vigil_begins, first.vigil_ends = vigil.begin, vigil.end
    return Stages(agents, crash)


class Worker(faust.Worker):  # type: ignore[misc]
    """Runs the apps in one event loop; the log is ours."""

    def __init__(self, config: Config, stages: Stages) -> None:
        super().__init__(
            *(agent.app for agent in stages.agents.values()),
            loglevel=config.log_level.replace("warning", "warn"),
            redirect_stdouts=False,
            override_logging=False,
            quiet=True,
        )
        self.spinner = None


def run(config: Config, stage: Stage, announce: Callable[[str], None]) -> int:
    """Runs a worker until it is stopped or fails; tells the exit status for the process.

    Raises: as `build`.
    """
    stages = build(config, stage, announce)
    worker = Worker(config, stages)
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
