"""Where commands write: results to standard output, what happens meanwhile to standard error."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn


def results() -> Console:
    """Standard output. Texts are printed as they are: no markup, no emoji codes, nothing highlighted."""
    return Console(markup=False, emoji=False, highlight=False, soft_wrap=True)


def messages() -> Console:
    """Standard error, likewise."""
    return Console(stderr=True, markup=False, emoji=False, highlight=False, soft_wrap=True)


def progress_bar() -> Progress:
    """A bar on standard error that goes when it is done; nothing where that is no terminal."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
