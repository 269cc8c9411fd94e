"""Commands whose modules are imported when they are called: help and small commands must not wait for a model."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

import typer
from typer.core import TyperGroup
from typer.main import get_command

from streams.cli.failure import explain

if TYPE_CHECKING:
    # What typer calls them inside; it does not publish the names.
    from typer._click import Command as ClickCommand
    from typer._click import Context as ClickContext


@dataclass(frozen=True, slots=True)
class Command:
    """A command as the overview shows it: one sentence, and the panel in which it stands."""

    help: str
    panel: str


def placeholder() -> None:
    """Stands for a command in the overview; never runs."""


class LazyCommands(TyperGroup):
    """A group that takes each command from the `app` of the module that has its name.

    What a command raises becomes one line on standard error and an exit status, unless `--debug` is given.
    """

    package: ClassVar[str]

    def resolve_command(
        self, ctx: "ClickContext", args: list[str]
    ) -> "tuple[str | None, ClickCommand | None, list[str]]":
        """The command named first in `args`, imported now."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and command is not None:
            command = get_command(import_module(f"{self.package}.{name}").app)
            command.name = name
        return name, command, rest

    def invoke(self, ctx: "ClickContext") -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            failure = None if ctx.params.get("debug") else explain(error)
            if failure is None:
                raise
            typer.echo(f"peakend: {failure.message}", err=True)
            raise typer.Exit(failure.status) from error
