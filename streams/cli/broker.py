"""`peakend broker`: a real one-node Apache Kafka for a laptop."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from streams.kafka.broker_process import BrokerError
from streams.kafka.embedded import EmbeddedBroker

app = typer.Typer(add_completion=False)

_LOOK_EVERY_S = 0.5


@app.command()
def broker(
    *,
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder that keeps topics and log; a temporary one if not given.")
    ] = None,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help="A free one if not given.")] = None,
) -> None:
    """Run a one-node Apache Kafka on this machine until Ctrl-C.

    The first start on a machine downloads it (55 MB) into the cache folder.
    """
    # As Ctrl-C does: leave through the `with` below, which ends the broker.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with EmbeddedBroker(data, port=port, progress=lambda line: typer.echo(line, err=True)) as running:
            typer.echo(f"KAFKA_BOOTSTRAP={running.bootstrap}")
            typer.echo(f"log: {running.log_file}; Ctrl-C ends it", err=True)
            _until_it_ends(running)
    except KeyboardInterrupt:
        typer.echo("the broker is stopped", err=True)


def _until_it_ends(running: EmbeddedBroker) -> None:
    never = threading.Event()
    while running.running:
        never.wait(_LOOK_EVERY_S)
    raise BrokerError(f"the broker ended by itself; its log is {running.log_file}")
