"""Options that several commands have."""

from typing import Annotated

import typer

from streams.config import RuntimeChoice

Bootstrap = Annotated[
    str | None,
    typer.Option("--bootstrap", metavar="HOST:PORT", help="The broker, in place of KAFKA_BOOTSTRAP."),
]
Prefix = Annotated[
    str | None,
    typer.Option("--prefix", help="What stands before every topic's name, in place of PEAKEND_TOPIC_PREFIX."),
]
Runtime = Annotated[
    RuntimeChoice | None, typer.Option("--runtime", help="What scores texts, in place of PEAKEND_RUNTIME.")
]
Model = Annotated[str | None, typer.Option("--model", help="Model folder or hub name; the shipped one if not given.")]
