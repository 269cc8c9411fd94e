"""`peakend score`: texts in, scores out, one JSON line each."""

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, Final, cast

import typer

from models.registry import ScorerSettings, load_scorer
from models.score import SentimentHead
from streams.cli.json_lines import Readable, blocks
from streams.cli.options import Model, Runtime
from streams.cli.scoring import LineScorer
from streams.config import load_config

app = typer.Typer(add_completion=False)

_STDIN: Final = Path("-")


class NothingToScoreError(ValueError):
    """Neither a text nor a file was given."""


class UnansweredLinesError(ValueError):
    """Some lines could not be scored; the others were."""


@app.command()
def score(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE.jsonl | -]", help="Lines {text, language?}; - is standard input."),
    ] = None,
    *,
    text: Annotated[str | None, typer.Option("--text", help="Score this one text.")] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="Of --text, where the text alone does not tell.")
    ] = None,
    head: Annotated[
        SentimentHead,
        typer.Option("--head", help="Sentiment as service teams label it, or as tweets and reviews are labelled."),
    ] = "service",
    runtime: Runtime = None,
    model: Model = None,
) -> None:
    """Score texts; for each JSON line in, one JSON line out.

    A line that cannot be read is answered by {"error"} with its number, and makes the exit status 1.
    """
    if (file is None) == (text is None):
        raise NothingToScoreError('give either --text "..." or a file of JSON lines (- for standard input)')
    config = load_config(runtime=runtime, model=model)
    scorer = LineScorer(
        load_scorer(ScorerSettings(config.runtime, config.model, config.model_threads, config.lexicons)), head
    )
    if text is not None:
        sys.stdout.buffer.write(scorer.one(text, language))
        return
    with _opened(file or _STDIN) as source:
        _write(answer for block in blocks(source) for answer in scorer.lines(block))
    if scorer.failed:
        raise UnansweredLinesError(
            f"{scorer.failed} of {scorer.read} lines could not be scored; their answers have `error`"
        )


def _opened(file: Path) -> AbstractContextManager[Readable]:
    if file == _STDIN:
        return nullcontext(cast("Readable", sys.stdin.buffer))
    return file.open("rb")


def _write(answers: Iterable[bytes]) -> None:
    for answer in answers:
        sys.stdout.buffer.write(answer)
        sys.stdout.buffer.flush()
