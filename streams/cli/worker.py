"""`peakend worker`: the stream worker and the supervisor that starts it again."""

import signal
import subprocess
from types import FrameType
from typing import Annotated, Literal

import typer

from streams.cli.log_lines import log_to_stderr
from streams.cli.supervisor import Supervisor
from streams.cli.worker_child import await_settings, send_settings, start_worker
from streams.config import Config, ConfigError, load_config
from streams.kafka.security import Security, SecurityError
from streams.runtime.failures import EXIT_HALTED, Halt

app = typer.Typer(add_completion=False)

Stage = Literal["score", "state", "all"]


@app.command()
def worker(
    *,
    stage: Annotated[Stage, typer.Option("--stage", help="Which of the two stages this process runs.")] = "all",
    once: Annotated[
        bool, typer.Option("--once", help="Do not start it again after a crash: something else does that.")
    ] = False,
    supervised: Annotated[bool, typer.Option("--supervised", hidden=True)] = False,
) -> None:
    """Run the stream worker until Ctrl-C or SIGTERM.

    It is configured by PEAKEND_* and KAFKA_* in the environment, or by the TOML file that PEAKEND_CONFIG names. It
    is started again after a crash; a deliberate halt (exit status 78: somebody must act) stays.
    """
    if supervised:
        raise typer.Exit(_supervised(stage))
    config = load_config()
    typer.echo(told(config))
    if once:
        raise typer.Exit(_work(config, stage))
    raise typer.Exit(_supervise(stage))


def told(config: Config) -> str:
    """The configuration, a setting a line, without secrets."""
    settings = config.told()
    width = max(len(name) for name in settings)
    return "\n".join(f"{name:{width}}  {_value(value)}" for name, value in settings.items())


def _value(value: object) -> str:
    if isinstance(value, Security):
        user = f", user {value.username}, {value.mechanism}" if value.uses_sasl else ""
        return f"{value.protocol}{user}"
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value) or "-"
    return "-" if value is None or value == "" else str(value)


def _supervise(stage: Stage) -> int:
    def start() -> "subprocess.Popen[bytes]":
        child = start_worker(stage)
        send_settings(child, {})
        return child

    supervisor = Supervisor(start, lambda line: typer.echo(f"peakend: {line}", err=True))

    def stop(_number: int, _frame: FrameType | None) -> None:
        supervisor.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return supervisor.run()


def _supervised(stage: Stage) -> int:
    # While the supervisor finds its broker, this process loads what takes longest.
    import models.runtimes.onnx  # noqa: F401, PLC0415
    import streams.agents.worker  # noqa: F401, PLC0415

    settings = await_settings()
    return 0 if settings is None else _work(load_config(**settings), stage)


def _work(config: Config, stage: Stage) -> int:
    # Here, not above: the supervisor stays small.
    from models.errors import ModelError  # noqa: PLC0415
    from streams.agents.worker import run  # noqa: PLC0415
    from streams.core.catalogue import CatalogueError  # noqa: PLC0415

    log_to_stderr(config.log_level)
    try:
        return run(config, stage, typer.echo)
    except (ModelError, CatalogueError, ConfigError, SecurityError, Halt) as error:
        # Another start would meet the same: the status says so to supervisors, ours and others.
        typer.echo(f"peakend: {error}", err=True)
        return EXIT_HALTED
