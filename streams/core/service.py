"""Who serves the customer, how long the customer waits, and how the bot is doing."""

from typing import Final, Literal, NamedTuple

from streams.core.settings import Acting
from streams.core.turn import Happening, Turn, cosine, overlap

_BOT_TURNS_KEPT: Final = 3


class Service(NamedTuple):
    """`bad_answers` counts the bot's bad answers, at most one for each thing that the customer said."""

    speaker: Literal["bot", "agent"] | None
    agent: str | None
    waiting_since: int | None
    holding_since: int | None
    waited_ms: int
    transfers: int
    bot_turns: tuple[tuple[str, str, str], ...]
    answered: bool
    bad_turn: bool
    no_matches: int
    bad_answers: int
    need: str
    need_stems: str
    repeated_needs: int
    beyond_bot: bool


NOBODY: Final = Service(
    speaker=None,
    agent=None,
    waiting_since=None,
    holding_since=None,
    waited_ms=0,
    transfers=0,
    bot_turns=(),
    answered=False,
    bad_turn=False,
    no_matches=0,
    bad_answers=0,
    need="",
    need_stems="",
    repeated_needs=0,
    beyond_bot=False,
)


def person_answers(service: Service, entry: Turn | Happening) -> bool:
    """Whether a person takes over with this: the event `answered`, or an agent who did not serve before."""
    if isinstance(entry, Happening):
        return entry.kind == "answered"
    if entry.role != "agent" or not entry.final:
        return False
    return service.speaker != "agent" or (entry.agent is not None and entry.agent != service.agent)


def after_bot_turn(service: Service, turn: Turn, acting: Acting) -> Service:
    """A bad answer is one that cannot help, or one that the bot has given before (a loop)."""
    loop = any(
        turn.digest == digest
        or (overlap(turn.stems, stems) >= acting.loop_overlap and cosine(turn.sketch, sketch) >= acting.loop_cosine)
        for digest, sketch, stems in service.bot_turns
    )
    return service._replace(
        speaker="bot",
        agent=None,
        answered=True,
        bad_turn=service.bad_turn or loop or turn.has_cue("cannot_help"),
        bot_turns=(*service.bot_turns, (turn.digest, turn.sketch, turn.stems))[-_BOT_TURNS_KEPT:],
        beyond_bot=service.beyond_bot or turn.beyond_bot,
    )


def after_customer_turn(service: Service, turn: Turn, acting: Acting) -> Service:
    """Settles the bot's last answer: also bad if the customer has to say the same need again."""
    if not turn.final:
        return service
    repeated = (
        service.answered
        and not turn.has_cue("formula")
        and overlap(service.need_stems, turn.stems) >= acting.need_overlap
        and cosine(service.need, turn.sketch) >= acting.need_cosine
    )
    bad = max(service.no_matches, int(service.bad_turn or repeated))
    return service._replace(
        answered=False,
        bad_turn=False,
        no_matches=0,
        bad_answers=service.bad_answers + bad,
        repeated_needs=service.repeated_needs + repeated,
        need=service.need if turn.has_cue("formula") else turn.sketch,
        need_stems=service.need_stems if turn.has_cue("formula") else turn.stems,
    )


def after_agent_turn(service: Service, turn: Turn) -> Service:
    """A person speaks: the wait is over and the bot's record with it."""
    return _served(service, turn.time_ms)._replace(agent=turn.agent)


def _served(service: Service, time_ms: int) -> Service:
    return service._replace(
        speaker="agent",
        agent=None,
        waiting_since=None,
        waited_ms=service.waited_ms + _since(service.waiting_since, time_ms),
        bot_turns=(),
        answered=False,
        bad_turn=False,
        no_matches=0,
        bad_answers=0,
        beyond_bot=False,
    )


def after_happening(service: Service, happening: Happening) -> Service:  # noqa: PLR0911  # one a kind
    """Journey events that move people and waits; others change nothing."""
    time_ms = happening.time_ms
    match happening.kind:
        case "queued":
            waiting = time_ms if service.waiting_since is None else service.waiting_since
            return service._replace(speaker=None, agent=None, waiting_since=waiting)
        case "answered":
            return _served(service, time_ms)
        case "bot_no_match":
            return service._replace(speaker="bot", agent=None, no_matches=service.no_matches + 1)
        case "transferred":
            return service._replace(speaker=None, agent=None, transfers=service.transfers + 1, beyond_bot=False)
        case "hold_started":
            held = time_ms if service.holding_since is None else service.holding_since
            return service._replace(holding_since=held)
        case "hold_ended":
            return service._replace(
                holding_since=None, waited_ms=service.waited_ms + _since(service.holding_since, time_ms)
            )
        case "ended" | "abandoned" | "silence":
            # Nobody waits for a person after hanging up; by silence the wait ended with the last event.
            until = time_ms if happening.kind != "silence" else happening.at_ms
            waited = _since(service.waiting_since, until) + _since(service.holding_since, until)
            return service._replace(
                speaker=None,
                agent=None,
                waiting_since=None,
                holding_since=None,
                waited_ms=service.waited_ms + waited,
            )
        case _:
            return service


def _since(start_ms: int | None, time_ms: int) -> int:
    return 0 if start_ms is None else max(0, time_ms - start_ms)


def waiting_minutes(service: Service, time_ms: int) -> int:
    """Whole minutes that the customer has been waiting in a queue or on hold."""
    return max(_since(service.waiting_since, time_ms), _since(service.holding_since, time_ms)) // 60_000
