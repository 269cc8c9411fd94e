"""`peakend catalogue`: the rules, thresholds and texts, checked before a worker meets them."""

from pathlib import Path
from typing import Annotated

import typer

from streams.config import load_config
from streams.runtime.catalogues import CatalogueShelf

app = typer.Typer(help="The catalogue of rules.", no_args_is_help=True, add_completion=False)


@app.callback()
def _group() -> None:
    """Makes `check` a command of its own, so that others can stand beside it."""


@app.command()
def check(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="Folder with rule files laid over the bundled ones; PEAKEND_CATALOGUE if not given.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
) -> None:
    """Read the catalogue as a worker does and print its digest; an error names file and line."""
    config = load_config(catalogue=folder)
    shelf = CatalogueShelf(config.catalogue, None)
    typer.echo(shelf.digest)
