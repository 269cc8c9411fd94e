"""Who serves the customer, how long the customer waits, and how the bot is doing."""

from typing import Final, Literal, NamedTuple

from streams.core.clauses import any_holds
from streams.core.settings import Acting
from streams.core.turn import Happening, Turn, cosine, overlap

_BOT_TURNS_KEPT: Final = 3


class BotTurn(NamedTuple):
    """What tells a loop. `standing`: how the customer took it.

    `unasked`: the customer had said nothing yet; `open`: no reply yet; `helped`: affirmed or thanked; `bad`: counted as
    a bad answer; `unclear`: none of these.
    """

    digest: str
    sketch: str
    stems: str
    standing: Literal["unasked", "open", "helped", "bad", "unclear"]


class Service(NamedTuple):
    """`bad_answers` counts the bot's bad answers: at most one for each thing that the customer said.

    `doubtful`: an answer since the customer's last words may be bad. `unhelpful` are earlier answers that turn out
    bad because the bot has only repeated them.
    """

    speaker: Literal["bot", "agent"] | None
    agent: str | None
    waiting_since: int | None
    holding_since: int | None
    waited_ms: int
    transfers: int
    bot_turns: tuple[BotTurn, ...]
    heard: bool
    answered: bool
    bad_turn: bool
    unhelpful: int
    no_matches: int
    bad_answers: int
    need: str
    need_stems: str
    repeated_needs: int
    beyond_bot: bool
    doubtful: bool = False  # last, and absent from states of version 3


NOBODY: Final = Service(
    speaker=None,
    agent=None,
    waiting_since=None,
    holding_since=None,
    waited_ms=0,
    transfers=0,
    bot_turns=(),
    heard=False,
    answered=False,
    bad_turn=False,
    unhelpful=0,
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
    """A bad answer is one that cannot help, or one that the bot has given before (a loop).

    If the customer has had something else to say to that one, it was of no help either: both count.
    """
    before = service.bot_turns
    at = next((at for at, earlier in enumerate(before) if _repeats(turn, earlier, acting)), None)
    loop = at is not None
    unhelpful = service.unhelpful
    if at is not None and before[at].standing == "unclear":
        unhelpful += 1
        before = (*before[:at], before[at]._replace(standing="bad"), *before[at + 1 :])
    said = BotTurn(turn.digest, turn.sketch, turn.stems, "open" if service.heard else "unasked")
    return service._replace(
        speaker="bot",
        agent=None,
        answered=True,
        unhelpful=unhelpful,
        bad_turn=service.bad_turn or loop or any_holds(acting.bad_answer, turn),
        doubtful=service.doubtful or any_holds(acting.doubtful_answer, turn),
        bot_turns=(*before, said)[-_BOT_TURNS_KEPT:],
        beyond_bot=service.beyond_bot or any_holds(acting.beyond, turn),
    )


def _repeats(turn: Turn, earlier: BotTurn, acting: Acting) -> bool:
    return turn.digest == earlier.digest or (
        overlap(turn.stems, earlier.stems) >= acting.loop_overlap
        and cosine(turn.sketch, earlier.sketch) >= acting.loop_cosine
    )


def after_customer_turn(service: Service, turn: Turn, acting: Acting) -> Service:
    """Settles the bot's last answer: also bad if the customer rejects it, or has to say the same need again.

    Of an answer that may be bad, less than a plain rejection says that it was.
    """
    if not turn.final:
        return service
    repeated = (
        service.answered
        and not turn.has_cue("formula")
        and overlap(service.need_stems, turn.stems) >= acting.need_overlap
        and cosine(service.need, turn.sketch) >= acting.need_cosine
    )
    replies = service.heard and service.answered and turn.personal
    rejected = replies and (
        any_holds(acting.rejected, turn) or (service.doubtful and any_holds(acting.doubt_shared, turn))
    )
    bad = max(service.no_matches, int(service.bad_turn or repeated or rejected))
    return service._replace(
        heard=True,
        answered=False,
        bad_turn=False,
        doubtful=False,
        unhelpful=0,
        no_matches=0,
        bad_answers=service.bad_answers + bad + service.unhelpful,
        bot_turns=_taken(service.bot_turns, turn, bad=bad > 0) if service.bot_turns else (),
        repeated_needs=service.repeated_needs + repeated,
        need=service.need if turn.has_cue("formula") else turn.sketch,
        need_stems=service.need_stems if turn.has_cue("formula") else turn.stems,
    )


def _taken(bot_turns: tuple[BotTurn, ...], turn: Turn, *, bad: bool) -> tuple[BotTurn, ...]:
    """The bot's turns with how the customer took those since their last words."""
    helped = turn.has_intent("affirm") or turn.has_intent("praise_or_thanks")
    standing: Literal["bad", "helped", "unclear"] = "bad" if bad else "helped" if helped else "unclear"
    return tuple(each._replace(standing=standing) if each.standing == "open" else each for each in bot_turns)


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
        doubtful=False,
        unhelpful=0,
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
