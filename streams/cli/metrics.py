"""`peakend metrics`: the documentation of all metrics, from their declarations."""

import typer

from streams.runtime.telemetry import CATALOGUE, Metric

app = typer.Typer(add_completion=False)


@app.command()
def metrics() -> None:
    """Print the table of all metrics as Markdown."""
    typer.echo("| Metric | Kind | Labels | Meaning |\n|---|---|---|---|")
    for metric in CATALOGUE.values():
        typer.echo(_row(metric))


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "-"
    meaning = metric.help.replace("|", "\\|")
    return f"| `{metric.name}` | {metric.kind} | {labels} | {meaning} |"
