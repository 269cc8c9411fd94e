"""`timing.yaml`, `acting.yaml` and `closing.yaml`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, cast, get_args

from schemas.inputs import Channel
from schemas.outputs import MomentType
from streams.core.clauses import Clause, read_clauses
from streams.core.moment_types import MOMENT_TYPES
from streams.core.phrases import Wordings
from streams.core.yaml_nodes import YamlNode

_MINUTE_MS: Final = 60_000
_DAY_MS: Final = 86_400_000
REASONS: Final = ("explicit_request", "negative_sentiment", "not_understood", "task_too_complex")


@dataclass(frozen=True, slots=True)
class Timing:
    """Event-time deadlines, in milliseconds."""

    silence_ms: dict[str | None, int]
    marker_ms: int
    ahead_ms: int


@dataclass(frozen=True, slots=True)
class HandoffReason:
    """A reason to hand over to a person; `moments` open while the bot speaks give it."""

    reason: str
    moments: frozenset[str]


@dataclass(frozen=True, slots=True)
class Acting:
    """Hand-off (A2), routing (A1, A3) and the alert budget (M7)."""

    handoff: tuple[HandoffReason, ...]
    loop_cosine: float
    loop_overlap: float
    need_cosine: float
    need_overlap: float
    bad_answer: tuple[Clause, ...]
    beyond: tuple[Clause, ...]
    rejected: tuple[Clause, ...]
    doubtful_answer: tuple[Clause, ...]
    doubt_shared: tuple[Clause, ...]
    routed: frozenset[str]
    per_waiting_minute: int
    waiting_limit: int
    freedom_severity: int
    freedom_moments: frozenset[str]
    cooldown_ms: int
    hysteresis: int


@dataclass(frozen=True, slots=True)
class Closing:
    """The closing summary (C1)."""

    formula: str
    csat_centre: float
    csat_slope: float
    advocate_end: float
    resolved_end: float


def read_timing(node: YamlNode) -> Timing:
    """`timing.yaml`; every channel has its silence."""
    fields = node.fields(required=("silence_minutes", "marker_days", "ahead_seconds"))
    channels = get_args(Channel)
    silences = fields["silence_minutes"].fields(required=(*channels, "unknown"))
    by_channel: dict[str | None, int] = {
        channel: silences[channel].integer(1, 100_000) * _MINUTE_MS for channel in channels
    }
    by_channel[None] = silences["unknown"].integer(1, 100_000) * _MINUTE_MS
    return Timing(
        silence_ms=by_channel,
        marker_ms=fields["marker_days"].integer(1, 400) * _DAY_MS,
        ahead_ms=fields["ahead_seconds"].integer(0, 86_400) * 1000,
    )


def read_acting(node: YamlNode, wordings: Wordings) -> Acting:
    """`acting.yaml`; all four reasons of A2 stand in it, strongest first."""
    fields = node.fields(required=("handoff", "bot", "route", "budget"))
    reasons = []
    for item in fields["handoff"].sequence():
        parts = item.fields(required=("reason", "moments"))
        reasons.append(
            HandoffReason(parts["reason"].choice(REASONS), frozenset(parts["moments"].choices(MOMENT_TYPES)))
        )
    if sorted(each.reason for each in reasons) != sorted(REASONS):
        raise fields["handoff"].error(f"each of {', '.join(REASONS)} stands here once")
    bot = fields["bot"].fields(
        required=(
            "loop_cosine",
            "loop_overlap",
            "need_cosine",
            "need_overlap",
            "bad_answer",
            "beyond",
            "rejected",
        ),
        optional=("doubtful_answer", "doubt_shared"),
    )
    pair = [bot[name] for name in ("doubtful_answer", "doubt_shared") if name in bot]
    if len(pair) == 1:
        raise pair[0].error("`doubtful_answer` and `doubt_shared` act together; write both, or neither")
    route = fields["route"].fields(
        required=("moments", "per_waiting_minute", "waiting_limit", "freedom_severity", "freedom_moments")
    )
    budget = fields["budget"].fields(required=("cooldown_minutes", "hysteresis"))
    return Acting(
        handoff=tuple(reasons),
        loop_cosine=bot["loop_cosine"].number(0, 1),
        loop_overlap=bot["loop_overlap"].number(0, 1),
        need_cosine=bot["need_cosine"].number(0, 1),
        need_overlap=bot["need_overlap"].number(0, 1),
        bad_answer=read_clauses(bot["bad_answer"], wordings.bot_said.names),
        beyond=read_clauses(bot["beyond"], wordings.bot_said.names),
        rejected=read_clauses(bot["rejected"], wordings.said.names),
        doubtful_answer=_optional(bot, "doubtful_answer", wordings.bot_said.names),
        doubt_shared=_optional(bot, "doubt_shared", wordings.said.names),
        routed=frozenset(cast("tuple[MomentType, ...]", route["moments"].choices(MOMENT_TYPES))),
        per_waiting_minute=route["per_waiting_minute"].integer(0, 100),
        waiting_limit=route["waiting_limit"].integer(0, 100),
        freedom_severity=route["freedom_severity"].integer(0, 100),
        freedom_moments=frozenset(route["freedom_moments"].choices(MOMENT_TYPES)),
        cooldown_ms=budget["cooldown_minutes"].integer(0, 10_000) * _MINUTE_MS,
        hysteresis=budget["hysteresis"].integer(0, 100),
    )


def _optional(fields: Mapping[str, YamlNode], name: str, wordings: Collection[str]) -> tuple[Clause, ...]:
    return read_clauses(fields[name], wordings) if name in fields else ()


def read_closing(node: YamlNode) -> Closing:
    """`closing.yaml`."""
    fields = node.fields(required=("formula", "csat", "advocate_end", "resolved_end"))
    csat = fields["csat"].fields(required=("centre", "slope"))
    return Closing(
        # The version names the computation in peak_end.py; another needs another program.
        formula=fields["formula"].choice(("peak-end/1",)),
        csat_centre=csat["centre"].number(1, 5),
        csat_slope=csat["slope"].number(0, 10),
        advocate_end=fields["advocate_end"].number(-1, 1),
        resolved_end=fields["resolved_end"].number(-1, 1),
    )
