"""`peakend schema`: the contracts of all topics as JSON Schema."""

from pathlib import Path
from typing import Annotated

import typer

from schemas.export import FOLDER, export, exported

app = typer.Typer(help="The contracts of all topics as JSON Schema.", no_args_is_help=True, add_completion=False)


class StaleSchemaError(RuntimeError):
    """Exported schemas are not what the code says; the message names them."""


@app.callback()
def _group() -> None:
    """Makes `export` a command of its own, so that others can stand beside it."""


@app.command("export")
def export_schemas(
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder to write into.")] = FOLDER,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if the folder is not current.")] = False,
) -> None:
    """Write one file a topic."""
    if not check:
        for path in export(out):
            typer.echo(path)
        return
    content = exported()
    stale = [name for name, wanted in content.items() if not _is(out / name, wanted)]
    if stale:
        raise StaleSchemaError(f"not current in {out}: {', '.join(stale)}; run `peakend schema export`")
    typer.echo(f"{len(content)} schemas are current")


def _is(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content
