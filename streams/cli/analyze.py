"""`peakend analyze`: the whole flow on a recording, without Kafka."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from streams.agents.scoring import LoadedScorer, load
from streams.cli.options import Model, Runtime
from streams.config import Config, load_config
from streams.runtime.analysis import analyze as analyze_records
from streams.runtime.catalogues import CatalogueShelf
from streams.runtime.recording import Recorded, encode, read, write

app = typer.Typer(add_completion=False)


@app.command()
def analyze(
    recording: Annotated[Path, typer.Argument(help="Of input topics, or of cx.scored; .gz is read too.")],
    *,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Standard output if not given.")] = None,
    close_all: Annotated[
        bool, typer.Option("--close-all", help="Close what is still open at the end of the recording.")
    ] = False,
    prefix: Annotated[
        str, typer.Option("--prefix", help="What stands before the topics' names in the recording.")
    ] = "",
    runtime: Runtime = None,
    model: Model = None,
) -> None:
    """Run a recording through the same code as the worker: every record downstream comes out as a recording.

    The same recording always gives the same bytes. A recording of cx.scored needs no model.
    """
    config = load_config(runtime=runtime, model=model)
    counted: Counter[str] = Counter()
    records = _counted(_flow(config, recording, prefix, close_all=close_all), counted)
    if out is None:
        for record in records:
            sys.stdout.buffer.write(encode(record))
        sys.stdout.buffer.flush()
    else:
        write(out, records)
    told = ", ".join(f"{number} {topic}" for topic, number in sorted(counted.items()))
    typer.echo(f"{counted.total()} records: {told or 'none'}", err=True)


def _flow(config: Config, recording: Path, prefix: str, *, close_all: bool) -> Iterator[Recorded]:
    shelf = CatalogueShelf(config.catalogue, config.catalogue_archive)

    def scorer() -> LoadedScorer:
        return load(config)

    given = {"tenant": config.tenant, "industry": config.industry}
    return analyze_records(
        read(recording),
        scorer=scorer,
        catalogue=shelf.digest,
        catalogue_of=shelf.by_digest,
        defaults={name: value for name, value in given.items() if value is not None},
        prefix=prefix,
        close_all=close_all,
        prosody=config.prosody,
    )


def _counted(records: Iterator[Recorded], counted: "Counter[str]") -> Iterator[Recorded]:
    for record in records:
        counted[record.topic] += 1
        yield record
