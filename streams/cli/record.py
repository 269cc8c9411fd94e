"""`peakend record`: topics written into a recording."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from schemas.times import epoch_ms
from streams.cli.options import Bootstrap, Prefix
from streams.cli.stopping import stop_on_signals
from streams.cli.terminal import progress_bar
from streams.config import Config, load_config
from streams.kafka.record import RecordProgress, RecordSummary, Span
from streams.kafka.record import record as record_topics

app = typer.Typer(add_completion=False)


def _time(text: str) -> int:
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        return epoch_ms(text)
    except ValueError as error:
        raise typer.BadParameter(f"{error}, or milliseconds since 1970") from None


@app.command()
def record(
    topics: Annotated[list[str], typer.Argument(metavar="TOPIC...", help="Names without the prefix.")],
    *,
    out: Annotated[Path, typer.Option("-o", "--out", help="The file; .gz compresses it.")],
    begin: Annotated[
        int | None,
        typer.Option("--from", parser=_time, metavar="TIME", help="Records from this time on, RFC 3339."),
    ] = None,
    end: Annotated[
        int | None, typer.Option("--to", parser=_time, metavar="TIME", help="Records before this time, RFC 3339.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what comes, until Ctrl-C.")] = False,
    bootstrap: Bootstrap = None,
    prefix: Prefix = None,
) -> None:
    """Write what stands in topics now into a recording, in the order of time."""
    config = load_config(bootstrap=bootstrap, topic_prefix=prefix)
    summary = asyncio.run(_record(config, topics, out, Span(begin, end), follow=follow))
    told = ", ".join(f"{number} {topic}" for topic, number in sorted(summary.topics.items()))
    typer.echo(f"{summary.written} records in {summary.output}: {told or 'none'}", err=True)


async def _record(config: Config, topics: list[str], out: Path, span: Span, *, follow: bool) -> RecordSummary:
    with stop_on_signals() as stop, progress_bar() as bar:
        task = bar.add_task("recording", total=None)

        def tell(progress: RecordProgress) -> None:
            bar.update(task, completed=progress.passed, total=progress.total)

        return await record_topics(
            config.bootstrap,
            config.security,
            topics,
            out,
            prefix=config.topic_prefix,
            span=span,
            follow=follow,
            stop=stop,
            progress=tell,
        )
