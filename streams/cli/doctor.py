"""`peakend doctor`: looks at everything that must be right."""

import asyncio
import os

import typer

from streams.cli import checks_broker, checks_here
from streams.cli.findings import Finding, Health, fail, table
from streams.cli.options import Bootstrap, Prefix
from streams.cli.terminal import results
from streams.config import ConfigError, load_config

app = typer.Typer(add_completion=False)


@app.command()
def doctor(*, bootstrap: Bootstrap = None, prefix: Prefix = None) -> None:
    """Look at Python, packages, Java, model, catalogue, broker, topics, partitioner and lag; for each tell a fix.

    Exit status 1 when something fails.
    """
    findings = _findings(bootstrap, prefix)
    results().print(table(findings), soft_wrap=False)
    if any(finding.health is Health.FAIL for finding in findings):
        raise typer.Exit(1)


def _findings(bootstrap: str | None, prefix: str | None) -> list[Finding]:
    findings = [checks_here.python(), checks_here.packages(), checks_here.compiled_stream()]
    named = bool(bootstrap or os.environ.get("KAFKA_BOOTSTRAP"))
    findings.append(checks_here.java(os.environ, needed=not named))
    try:
        config = load_config(bootstrap=bootstrap, topic_prefix=prefix)
    except ConfigError as error:
        told = str(error)
        return [*findings, fail("configuration", told, "correct it; the rest was not looked at")]
    findings += [checks_here.model(config), checks_here.catalogue(config)]
    return [*findings, *asyncio.run(checks_broker.broker(config))]
