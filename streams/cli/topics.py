"""`peakend topics`: the declared topics and those on a broker."""

import asyncio

import typer
from rich.table import Table
from rich.text import Text

from streams.cli.options import Bootstrap, Prefix
from streams.cli.terminal import results
from streams.config import load_config
from streams.kafka.admin import Creation, create_topics
from streams.kafka.topic_check import Gravity, check_topics

app = typer.Typer(
    help="The topics: declared in one list, created and compared from it.", no_args_is_help=True, add_completion=False
)


@app.command()
def create(*, bootstrap: Bootstrap = None, prefix: Prefix = None) -> None:
    """Create the topics that are not on the broker; those that are there stay as they are."""
    config = load_config(bootstrap=bootstrap, topic_prefix=prefix)
    outcome = asyncio.run(
        create_topics(config.bootstrap, config.security, config.topics(), replication=config.replication_factor)
    )
    for name, creation in outcome.items():
        typer.echo(f"{creation.value:8} {name}")
    created = sum(creation is Creation.CREATED for creation in outcome.values())
    typer.echo(f"{created} created, {len(outcome) - created} were there", err=True)


@app.command()
def check(*, bootstrap: Bootstrap = None, prefix: Prefix = None) -> None:
    """Compare the broker's topics with the declared ones; exit status 1 if a worker could not run on them."""
    config = load_config(bootstrap=bootstrap, topic_prefix=prefix)
    topics = config.topics()
    differences = asyncio.run(check_topics(config.bootstrap, config.security, topics))
    for difference in differences:
        typer.echo(f"{difference.gravity.value:8} {difference}")
    if any(difference.gravity is Gravity.ERROR for difference in differences):
        raise typer.Exit(1)
    if not differences:
        typer.echo(f"{len(topics)} topics are as declared")


@app.command("list")
def list_topics(*, prefix: Prefix = None) -> None:
    """Show the declared topics; asks no broker."""
    config = load_config(topic_prefix=prefix)
    table = Table(box=None, pad_edge=False)
    for name in ("topic", "partitions", "policy", "key"):
        table.add_column(name, no_wrap=True, min_width=len(name))
    table.add_column("what")
    for topic in config.topics():
        table.add_row(Text(topic.name), str(topic.partitions), topic.cleanup.value, topic.key, topic.what)
    results().print(table, soft_wrap=False)
