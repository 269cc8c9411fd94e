"""`peakend replay`: recordings sent to a broker."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from streams.cli.options import Prefix
from streams.cli.stopping import EXIT_INTERRUPTED, stop_on_signals
from streams.cli.terminal import progress_bar
from streams.config import Config, load_config
from streams.kafka.replay import ReplaySummary
from streams.kafka.replay import replay as replay_file
from streams.runtime.interleave import read_all
from streams.runtime.pace import ReplayProgress
from streams.runtime.recording import write

app = typer.Typer(add_completion=False)


@app.command()
def replay(
    recordings: Annotated[list[Path], typer.Argument(metavar="RECORDING...", help="Several are interleaved by time.")],
    *,
    to: Annotated[
        str | None, typer.Option("--to", metavar="HOST:PORT", help="The broker; KAFKA_BOOTSTRAP if not given.")
    ] = None,
    speed: Annotated[
        float, typer.Option("--speed", min=0.0, help="Times faster than recorded; 0: as fast as it goes.")
    ] = 1.0,
    prefix: Prefix = None,
    keep_times: Annotated[
        bool, typer.Option("--keep-times", help="Leave all times as recorded; else they are moved to now.")
    ] = False,
) -> None:
    """Send the records of recordings to topics that are there already."""
    config = load_config(bootstrap=to, topic_prefix=prefix)
    with _one_file(recordings) as recording:
        summary = asyncio.run(_replay(config, recording, speed, keep_times=keep_times))
    told = ", ".join(f"{number} {topic}" for topic, number in sorted(summary.topics.items()))
    typer.echo(f"{summary.sent} records in {summary.seconds:.1f} s: {told or 'none'}", err=True)
    if not summary.complete:
        typer.echo("stopped before the end", err=True)
        raise typer.Exit(EXIT_INTERRUPTED)


@contextmanager
def _one_file(recordings: list[Path]) -> Iterator[Path]:
    if len(recordings) == 1:
        yield recordings[0]
        return
    with TemporaryDirectory(prefix="peakend-replay-") as folder:
        merged = Path(folder) / "merged.jsonl"
        write(merged, read_all(recordings))
        yield merged


async def _replay(config: Config, recording: Path, speed: float, *, keep_times: bool) -> ReplaySummary:
    with stop_on_signals() as stop, progress_bar() as bar:
        task = bar.add_task("replaying", total=None)

        def tell(progress: ReplayProgress) -> None:
            bar.update(task, completed=progress.sent, total=progress.total)

        return await replay_file(
            recording,
            config.bootstrap,
            config.security,
            speed=speed,
            prefix=config.topic_prefix,
            keep_times=keep_times,
            stop=stop,
            progress=tell,
        )
