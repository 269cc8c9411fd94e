"""`peakend demo`: everything at once, to be looked at."""

import asyncio
import os
from pathlib import Path
from typing import Annotated, Final

import typer

from streams.cli.stopping import EXIT_INTERRUPTED, stop_on_signals
from streams.config import load_config
from streams.demo.bundled import bundled_recordings
from streams.demo.show import Demo, DemoPlan
from streams.demo.view import DemoView, demo_console
from streams.kafka.cache import cache_folder

app = typer.Typer(add_completion=False)

_SPEED: Final = 6.0
"""The bundled conversations span four minutes: 40 s at this speed, the first moment within seconds."""


@app.command()
def demo(
    recordings: Annotated[
        list[Path] | None, typer.Argument(metavar="[RECORDING]...", help="Others than the bundled ones.")
    ] = None,
    *,
    leave: Annotated[bool, typer.Option("--exit", help="End after the last record; also if output is no terminal.")] = (
        False
    ),
    speed: Annotated[
        float, typer.Option("--speed", min=0.0, help="Times faster than recorded; 0: as fast as it goes.")
    ] = _SPEED,
) -> None:
    """Start a broker and a worker, play the bundled conversations, and show moments as they open and close.

    KAFKA_BOOTSTRAP uses a broker that is there, on topics of the demo's own. What the worker is, is set as for
    `peakend worker` (PEAKEND_RUNTIME, PEAKEND_MODEL, PEAKEND_CATALOGUE ...).
    """
    console = demo_console()
    config = load_config()
    plan = DemoPlan(
        recordings=recordings or bundled_recordings(),
        speed=speed,
        stay=not leave and console.is_terminal,
        foreign=bool(os.environ.get("KAFKA_BOOTSTRAP")),
        cache=cache_folder(os.environ),
    )
    with DemoView(console) as view:
        complete = asyncio.run(_run(Demo(config, plan, view)))
    if not complete:
        raise typer.Exit(EXIT_INTERRUPTED)


async def _run(demo: Demo) -> bool:
    with stop_on_signals() as stop:
        return await demo.run(stop)
