"""Documents that derive from code are current."""

from pathlib import Path

from typer.testing import CliRunner

from streams.cli.metrics import app

DOCS = Path(__file__).parents[2] / "docs"


def test_the_table_of_metrics_is_current() -> None:
    printed = CliRunner().invoke(app).output
    assert (DOCS / "metrics.md").read_text("utf-8").endswith(printed), "run `peakend metrics` into docs/metrics.md"
