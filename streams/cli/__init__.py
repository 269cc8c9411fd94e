"""The command line `peakend`: one module a command."""

from streams.cli.application import main

__all__ = ["main"]
