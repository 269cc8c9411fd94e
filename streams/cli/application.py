"""The program `peakend`: its commands by name, loaded when they are called."""

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final

import typer

from streams.cli.lazy import Command, LazyCommands, placeholder

_RUN: Final = "Run"
_TRY: Final = "Try"
_RECORDINGS: Final = "Recordings"
_KEEP: Final = "Set up and check"

COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {
        "demo": Command("See it work: broker, worker, bundled conversations, moments live.", _TRY),
        "say": Command("Send one message to the running demo and see what comes of it.", _TRY),
        "score": Command("Score texts: JSON lines in, JSON lines out.", _TRY),
        "worker": Command("Run the stream worker, started again if it crashes.", _RUN),
        "broker": Command("Run a one-node Apache Kafka until Ctrl-C.", _RUN),
        "analyze": Command("Run a recording through the whole flow, without Kafka.", _RECORDINGS),
        "judge": Command("Tell how well labelled conversations are read: your own, or ours.", _RECORDINGS),
        "replay": Command("Send recordings to a broker, as they happened or faster.", _RECORDINGS),
        "record": Command("Write what stands in topics into a recording.", _RECORDINGS),
        "doctor": Command("Look at everything that must be right, and tell how to mend it.", _KEEP),
        "topics": Command("Create, check or list the topics.", _KEEP),
        "schema": Command("Export the JSON Schema of every topic.", _KEEP),
        "catalogue": Command("Check the catalogue of rules.", _KEEP),
        "metrics": Command("Print the table of all metrics.", _KEEP),
    }
)
"""What stands in `peakend --help`; the module of each is `streams.cli.<name>`."""


class PeakendCommands(LazyCommands):
    """The commands of this program."""

    package = "streams.cli"


def make_app() -> typer.Typer:
    """The program, with a placeholder for every command."""
    app = typer.Typer(
        name="peakend",
        cls=PeakendCommands,
        help="Finds the moments of truth in live conversations: where a customer is won or lost.",
        epilog="Start with: peakend demo. Settings: PEAKEND_* and KAFKA_BOOTSTRAP in the environment, "
        "or a TOML file that PEAKEND_CONFIG names.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for name, command in COMMANDS.items():
        app.command(name, help=command.help, rich_help_panel=command.panel)(placeholder)
    return app


def _options(
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Takes the options that stand before the command; `LazyCommands` reads them."""


def main() -> None:
    """Runs the command line on the arguments of this process, and ends the process."""
    # Libraries' warnings would stand beside our one line on an error; the worker sets up a log of its own.
    logging.getLogger().addHandler(logging.NullHandler())
    make_app()(prog_name="peakend")
