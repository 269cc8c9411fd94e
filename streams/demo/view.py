"""How a demo looks: lines that stay, one status line below them on a terminal, a table at the end."""

from collections.abc import Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from streams.demo.board import ActionShown, ConversationSeen, DemoBoard, MomentShown, Shown

PLAIN_WIDTH: Final = 110
"""Columns where the output is no terminal."""

_INDENT: Final = 10
_WORDS: Final = 160
_PHASES: Final = {
    "opened": "●",
    "updated": "▲",
    "recovered": "✓",
    "lost": "✗",
    "closed": "○",
    "retracted": "↩",
}
_BANDS: Final = ((90, "bold white on red"), (70, "bold red"), (40, "yellow"), (0, "cyan"))
"""Severity from which a style counts: danger, supervisor, act now, watch (product.md M1)."""


def demo_console() -> Console:
    """Standard output, of a fixed width where it is no terminal."""
    console = Console(markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    return console


class DemoView:
    """Draws on a console. Use it as a context manager: the status line must not outlive it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end_status()

    def note(self, line: str) -> None:
        """A line as it is."""
        self._console.print(line)

    def step(self, name: str, told: str, seconds: float) -> None:
        """A step of the start that is done, and how long it took."""
        self._console.print(Text(f"{name:8} {told}", end="").append(f"  {seconds:.1f} s", "dim"))

    def show(self, shown: Shown) -> None:
        """A moment or an action."""
        if isinstance(shown, ActionShown):
            self._console.print(action_line(shown))
            return
        self._console.print(moment_line(shown))
        if shown.phase in {"opened", "updated"}:
            for line in reason_line(shown).wrap(self._console, self._console.width - _INDENT):
                line.rstrip()
                self._console.print(Text(" " * _INDENT).append_text(line))

    def status(self, board: DemoBoard, doing: str) -> None:
        """What has come together so far; only on a terminal."""
        if self._live is not None:
            self._live.update(status_line(board, doing), refresh=True)

    def end_status(self) -> None:
        """Takes the status line away."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def summary(self, board: DemoBoard) -> None:
        """The closing table."""
        self._console.print()
        self._console.print(summary_table(sorted(board.conversations.values(), key=lambda c: c.conversation_id)))
        self._console.print(totals(board))
        still_open = [seen.conversation_id for seen in board.conversations.values() if seen.closing is None]
        if still_open:
            self._console.print(
                f"Still open, since nothing ended them (they close after their channel's silence): "
                f"{', '.join(sorted(still_open))}."
            )


def style_of(severity: int) -> str:
    """The style of a severity's band."""
    return next(style for least, style in _BANDS if severity >= least)


def moment_line(shown: MomentShown) -> Text:
    """When, in which language, where, what became of which moment, how severe."""
    style = "green" if shown.polarity == "positive" else style_of(shown.severity)
    line = Text(f"{_clock(shown.at_ms)}  {shown.language:5} {shown.conversation_id:30} ")
    line.append(f"{_PHASES[shown.phase]} {shown.phase:9} {shown.type:20}", style)
    return line.append(f" {shown.severity:3}", style)


def reason_line(shown: MomentShown) -> Text:
    """The words that made the moment, and why it is one."""
    words = shown.words if len(shown.words) <= _WORDS else shown.words[: _WORDS - 1] + "…"
    line = Text()
    if words:
        line.append(f"“{' '.join(words.split())}” ", "italic")
    return line.append(f"because {shown.because}", "dim")


def action_line(shown: ActionShown) -> Text:
    """A hand-off or an escalation."""
    line = Text(f"{_clock(shown.at_ms)}  {'':5} {shown.conversation_id:30} ")
    return line.append(f"→ {shown.kind} ({shown.target}; {shown.detail})", "magenta")


def status_line(board: DemoBoard, doing: str) -> Text:
    """One line of counts."""
    line = Text(no_wrap=True, overflow="ellipsis")
    return line.append(
        f"{len(board.conversations)} conversations ({len(board.closed)} closed) · {board.utterances} utterances · "
        f"{board.moments} moments ({board.open_moments} open) · {board.handoffs} hand-offs · "
        f"{board.escalations} escalations · {doing}",
        "bold",
    )


def totals(board: DemoBoard) -> str:
    """Counts and latency of the whole demo."""
    p50, p95 = board.latencies.percentile(0.5), board.latencies.percentile(0.95)
    latency = (
        f"; from an utterance to its moment p50 {p50} ms, p95 {p95} ms ({len(board.latencies)} moments)"
        if p50 is not None
        else ""
    )
    return (
        f"{len(board.conversations)} conversations, {board.utterances} utterances: {board.moments} moments, "
        f"{board.handoffs} hand-offs, {board.escalations} escalations{latency}."
    )


def summary_table(conversations: Sequence[ConversationSeen]) -> Table:
    """One conversation a row; peak and end are of closed ones."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("conversation", "lang"):
        table.add_column(name, no_wrap=True)
    for name in ("peak -", "peak +", "end", "peak-end", "moments", "hand-offs", "escal."):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    for seen in conversations:
        closing = seen.closing
        negative = closing.peak_negative if closing is not None else None
        positive = closing.peak_positive if closing is not None else None
        table.add_row(
            seen.conversation_id,
            seen.language,
            _valence(negative.value if negative is not None else None),
            _valence(positive.value if positive is not None else None),
            _valence(closing.end if closing is not None else None),
            _valence(closing.composite if closing is not None else None),
            str(len(seen.moments)),
            str(len(seen.handoffs)),
            str(len(seen.escalations)),
            closing.outcome if closing is not None else "open",
        )
    return table


def _valence(value: float | None) -> str:
    return "·" if value is None else f"{value:+.2f}"


def _clock(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).strftime("%H:%M:%S")
