"""`peakend judge`: how well the detector reads conversations that somebody has labelled."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from streams.agents.scoring import LoadedScorer, load
from streams.cli.judge_report import as_json, details, tables
from streams.cli.options import Model, Runtime
from streams.cli.terminal import messages, progress_bar, results
from streams.config import Config, load_config
from streams.core.catalogue import Catalogue
from streams.runtime.catalogues import CatalogueShelf
from streams.runtime.judging import figures
from streams.runtime.labelled import Labelled, read_labelled
from streams.runtime.recording import Recorded, read, write
from streams.runtime.trial import judge_log, scored_log

app = typer.Typer(add_completion=False)


class NothingToJudgeError(ValueError):
    """No conversation is left to judge."""


@app.command()
def judge(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE.jsonl...", help="One labelled conversation a line: see docs/judge.md.")
    ],
    *,
    split: Annotated[str | None, typer.Option("--split", help="Only conversations of this split.")] = None,
    json: Annotated[
        bool, typer.Option("--json", help="For programs: one JSON object, with every conversation.")
    ] = False,
    show: Annotated[
        bool, typer.Option("--show", help="Name every moment that was not in time, and every false alarm.")
    ] = False,
    keep_scored: Annotated[
        Path | None, typer.Option("--keep-scored", metavar="FILE", help="Write the scores, a recording of cx.scored.")
    ] = None,
    scored: Annotated[
        Path | None,
        typer.Option("--scored", metavar="FILE", help="Judge these kept scores: no model, only the rules run."),
    ] = None,
    catalogue: Annotated[
        Path | None, typer.Option("--catalogue", help="Rules to judge, in place of PEAKEND_CATALOGUE.", file_okay=False)
    ] = None,
    runtime: Runtime = None,
    model: Model = None,
) -> None:
    """Run labelled conversations through the whole flow and tell what was found in time, what was not, what was false.

    Turns are 20 seconds apart; conversations on the channel voice are read as final transcripts.
    """
    config = load_config(runtime=runtime, model=model, catalogue=catalogue)
    conversations = list(read_labelled(files, split))
    if not conversations:
        of = f" of the split {split}" if split is not None else ""
        raise NothingToJudgeError(f"no conversation{of} in {', '.join(map(str, files))}: name files that hold some")
    rules = CatalogueShelf(config.catalogue, None).current
    log: Iterable[Recorded] = read(scored) if scored is not None else _scored(config, conversations, rules)
    if keep_scored is not None:
        log = list(log)
        write(keep_scored, log)
    judged = judge_log(conversations, log, rules)
    sums = figures(judged)
    if json:
        typer.echo(as_json(sums, judged, rules.digest))
        return
    for table in tables(sums):
        results().print(table)
    if show:
        for line in details(judged):
            typer.echo(line)
    messages().print(f"{sums.conversations} conversations, rules {rules.digest}")


def _scored(config: Config, conversations: Sequence[Labelled], catalogue: Catalogue) -> Iterator[Recorded]:
    def scorer() -> LoadedScorer:
        return load(config)

    turns = sum(len(conversation.turns) for conversation in conversations)
    log = scored_log(conversations, scorer=scorer, catalogue=catalogue)
    with progress_bar() as progress:
        yield from progress.track(log, total=turns, description="Scoring")
