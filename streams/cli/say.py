"""`peakend say`: one message into the running demo."""

import asyncio
import os
import uuid
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from schemas.inputs import Role, TextChannel
from schemas.scored import Scored
from streams.cli.terminal import results
from streams.config import Config, load_config
from streams.demo.conversation import Reply, message
from streams.demo.conversation import say as send
from streams.demo.session_file import running_demo
from streams.demo.view import style_of
from streams.kafka.cache import cache_folder

app = typer.Typer(add_completion=False)

_WAIT_S: Final = 15.0


class NothingRunsError(RuntimeError):
    """There is no demo and no broker to send to."""


@app.command()
def say(
    text: Annotated[str, typer.Argument(help="What the customer says.")],
    *,
    conversation: Annotated[
        str | None, typer.Option("--conversation", help="Go on with this one; a new one if not given.")
    ] = None,
    channel: Annotated[TextChannel, typer.Option("--channel")] = "webchat",
    role: Annotated[Role, typer.Option("--role", help="Who says it.")] = "customer",
) -> None:
    """Send one message to the running demo, and print its score and what it caused.

    Without a demo it goes to the broker that KAFKA_BOOTSTRAP names, where a worker must run.
    """
    config = _where()
    said = message(text, conversation or f"say-{uuid.uuid4().hex[:6]}", channel=channel, role=role)
    reply = asyncio.run(send(config, said, timeout_s=_WAIT_S))
    console = results()
    _print_score(console, reply.scored, reply.took_s)
    _print_caused(console, reply)
    if conversation is None:
        console.print(Text(f"Go on with it: peakend say --conversation {said.conversation_id} ...", "dim"))


def _where() -> Config:
    session = running_demo(cache_folder(os.environ))
    if session is not None:
        return load_config(bootstrap=session.bootstrap, topic_prefix=session.prefix)
    if not os.environ.get("KAFKA_BOOTSTRAP"):
        raise NothingRunsError("no demo runs here: start `peakend demo` in another terminal, or set KAFKA_BOOTSTRAP")
    return load_config()


def _print_score(console: Console, scored: Scored, took_s: float) -> None:
    console.print(f"{scored.language}  {scored.sentiment or 'not judged'}{_figures(scored)}  ({took_s * 1000:.0f} ms)")
    if scored.text is not None:
        console.print(Text(f"    “{scored.text}”", "italic"))
    for name, found in (
        ("emotions", scored.emotions_present),
        ("intents", scored.intents_present),
        ("cues", scored.cues_present),
        ("charged", [span.text for span in scored.spans or ()]),
        ("cases", [f"{case.kind} {case.value}" for case in scored.case_refs or ()]),
    ):
        if found:
            console.print(f"    {name:9} {', '.join(found)}")
    if scored.abstain:
        console.print("    the score abstains: no moment opens on it alone")


def _figures(scored: Scored) -> str:
    figures = [
        f"valence {scored.valence:+.2f}" if scored.valence is not None else "",
        f"intensity {scored.intensity}" if scored.intensity is not None else "",
        f"arousal {scored.arousal:.2f}" if scored.arousal is not None else "",
    ]
    told = ", ".join(figure for figure in figures if figure)
    return f": {told}" if told else ""


def _print_caused(console: Console, reply: Reply) -> None:
    for moment in reply.moments:
        style = "green" if moment.polarity == "positive" else style_of(moment.severity)
        console.print(Text(f"moment {moment.phase}: {moment.type}, severity {moment.severity}", style))
        console.print(f"    because {moment.because}")
    for routing in reply.routing:
        told = f"routing {routing.status}: {routing.action} ({routing.reason}), priority {routing.priority}"
        console.print(Text(told, "magenta"))
    for escalation in reply.escalations:
        told = f"escalation {escalation.status}: {escalation.target_area}, due {escalation.due_at}"
        console.print(Text(told, "magenta"))
    if not (reply.moments or reply.routing or reply.escalations):
        console.print("no moment of truth")
