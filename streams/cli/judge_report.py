"""What `peakend judge` tells: tables for people, JSON for programs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson
from rich import box
from rich.table import Table

from streams.runtime.judging import Figures, Found, Judged, Moments, share


def tables(sums: Figures) -> Iterator[Table]:
    """Moments by type, moments and calm conversations by language, what follows from them."""
    by_type = _table("moment", "labelled", "in time", "early", "late", "missed", "false", "in time %")
    for name, moments in sums.by_type.items():
        by_type.add_row(name, *_row(moments))
    by_type.add_section()
    by_type.add_row("all", *_row(sums.moments))
    by_type.add_row("any type", *[""] * 6, _percent(sums.moments.other, sums.moments.labelled))
    yield by_type
    by_language = _table("language", "labelled", "in time", "in time %", "false", "calm", "alarmed", "alarmed %")
    for name, moments in sums.by_language.items():
        by_language.add_row(name, *_language(moments, *sums.calm_by_language[name]))
    by_language.add_section()
    by_language.add_row("all", *_language(sums.moments, sums.calm_alarmed, sums.calm))
    yield by_language
    rest = _table("", "right", "missed", "false", "found %")
    for title, found in (
        ("hand-off reasons", sums.handoffs),
        ("escalation areas", sums.areas),
        ("case references", sums.case_refs),
    ):
        rest.add_row(
            title,
            str(found.right),
            str(found.missed),
            str(found.false),
            _percent(found.right, found.right + found.missed),
        )
    yield rest


def details(all_judged: Sequence[Judged]) -> Iterator[str]:
    """A line for every moment that was not in time, every false alarm and what followed wrongly; no texts."""
    for each in all_judged:
        name = each.labels.id
        for fate in each.fates:
            if fate.outcome != "in_time":
                due = f"due at turns {fate.expected.first_turn}-{fate.expected.by_turn}"
                at = f", opened at turn {fate.turn}" if fate.turn is not None else ""
                yield f"{name}: {fate.outcome} {fate.expected.type}, {due}{at}"
        for alarm in each.false_alarms:
            calm = ", calm conversation" if each.calm else ""
            yield f"{name}: false alarm {alarm.type} at turn {alarm.turn}{calm}"
        if each.labels.handoff_reason != each.detected.handoff:
            yield f"{name}: hand-off {each.detected.handoff}, labelled {each.labels.handoff_reason}"
        areas = frozenset(each.labels.escalation)
        if areas != each.detected.areas:
            yield f"{name}: escalation areas {_set(each.detected.areas)}, labelled {_set(areas)}"
        # References are personal data in some trades: their number is told, not they.
        missed = len(frozenset(each.labels.case_refs) - each.detected.case_refs)
        if missed:
            yield f"{name}: {missed} case references not found"


def as_json(sums: Figures, all_judged: Sequence[Judged], catalogue: str) -> str:
    """One JSON object: sums with rates from 0 to 1 (null of nothing), and every conversation by itself."""
    told: dict[str, Any] = {
        "catalogue": catalogue,
        "conversations": sums.conversations,
        "moments": _moments(sums.moments),
        "by_type": _all(sums.by_type),
        "by_language": _all(sums.by_language),
        "calm": {"conversations": sums.calm, "alarmed": sums.calm_alarmed, "rate": share(sums.calm_alarmed, sums.calm)},
        "calm_by_language": {
            name: {"conversations": calm, "alarmed": alarmed, "rate": share(alarmed, calm)}
            for name, (alarmed, calm) in sums.calm_by_language.items()
        },
        "handoffs": _found(sums.handoffs),
        "escalation_areas": _found(sums.areas),
        "case_refs": _found(sums.case_refs),
        "each": [_conversation(each) for each in all_judged],
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()


def _conversation(each: Judged) -> dict[str, Any]:
    return {
        "id": each.labels.id,
        "language": each.labels.language,
        "calm": each.calm,
        "alarmed": each.alarmed,
        "moments": [
            {
                "type": fate.expected.type,
                "first_turn": fate.expected.first_turn,
                "by_turn": fate.expected.by_turn,
                "outcome": fate.outcome,
                "turn": fate.turn,
            }
            for fate in each.fates
        ],
        "false_alarms": [asdict(alarm) for alarm in each.false_alarms],
        "handoff": {"labelled": each.labels.handoff_reason, "detected": each.detected.handoff},
        "escalation_areas": {"labelled": sorted(each.labels.escalation), "detected": sorted(each.detected.areas)},
    }


def _all(moments: Mapping[str, Moments]) -> dict[str, Any]:
    return {name: _moments(each) for name, each in moments.items()}


def _moments(moments: Moments) -> dict[str, Any]:
    counts = asdict(moments)
    other = counts.pop("other")
    return {
        "labelled": moments.labelled,
        **counts,
        "rate": share(moments.in_time, moments.labelled),
        "any_type_rate": share(other, moments.labelled),
    }


def _found(found: Found) -> dict[str, Any]:
    return {**asdict(found), "rate": share(found.right, found.right + found.missed)}


def _table(first: str, *columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _row(moments: Moments) -> tuple[str, ...]:
    counts = (
        moments.labelled,
        moments.in_time,
        moments.early,
        moments.late,
        moments.missed,
        moments.false_alarms,
    )
    return (*map(str, counts), _percent(moments.in_time, moments.labelled))


def _language(moments: Moments, alarmed: int, calm: int) -> tuple[str, ...]:
    return (
        str(moments.labelled),
        str(moments.in_time),
        _percent(moments.in_time, moments.labelled),
        str(moments.false_alarms),
        str(calm),
        str(alarmed),
        _percent(alarmed, calm),
    )


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}" if whole else "-"


def _set(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "none"
