"""The two Faust apps by name, for people who know Faust:

    faust -A streams.app:score worker
    faust -A streams.app:state worker

They are configured by the environment as `peakend worker` is, and made when they are asked for.
"""

import sys
from functools import cache
from typing import Any

from streams.agents.worker import Stage, Stages, build
from streams.config import load_config


@cache
def _stages(stage: Stage) -> Stages:
    return build(load_config(), stage, lambda line: print(line, file=sys.stderr))  # noqa: T201 - a worker's own line


def __getattr__(name: str) -> Any:
    if name in {"score", "state"}:
        return _stages("score" if name == "score" else "state").agents[name].app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
