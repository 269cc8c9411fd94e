"""A fair reader's view of the bundled recordings (`EXPECTED.yaml`) beside what the detector makes of them.

A *turn* is here one of the customer's, or a journey event that opens a moment by itself. A moment that opened on a
recogniser's mistake and was withdrawn is right only where the reader says so.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from schemas.outputs import Moment
from schemas.scored import Scored
from schemas.times import epoch_ms
from schemas.topics import MOMENTS, SCORED
from streams.runtime.judging import Detected, Figures, Judged, Opened, figures, judged
from streams.runtime.labelled import Labelled
from streams.runtime.recording import Recorded, read
from tests.replay.golden import RECORDINGS, Analyst, names, scored_path

SURELY_NO_ALARM = 70
"""Severity from which a negative moment in a calm conversation would be an outrage."""


class Turns:
    """Which turn a moment opened at: the one that it names, or the last before it where time alone opened it."""

    def __init__(self, log: list[Scored], triggers: set[str]) -> None:
        self.of: dict[str, int] = {}
        self._heard_at: list[int] = []
        clock_ms = 0
        for event in log:
            clock_ms = max(clock_ms, epoch_ms(event.at))
            name = event.message_id if event.role == "customer" else event.event_id
            if name is None or name in self.of or (event.kind != "utterance" and name not in triggers):
                continue
            self._heard_at.append(clock_ms)
            self.of[name] = len(self._heard_at)

    def __call__(self, moment: Moment) -> int:
        at_ms = epoch_ms(moment.at)
        named = self.of.get(moment.message_id or "")
        if named is not None and self._heard_at[named - 1] == at_ms:
            return named
        return bisect_right(self._heard_at, at_ms)


@dataclass(frozen=True)
class Reading:
    """One recording, read by both; what was withdrawn is judged apart from what stands."""

    name: str
    standing: Judged
    withdrawn: Judged
    worst: int

    def told(self) -> str:
        """A line of the table: + in time, - not, ! not expected."""
        said = []
        for each, mark in ((self.standing, ""), (self.withdrawn, "(withdrawn)")):
            for fate in each.fates:
                in_time = fate.outcome == "in_time"
                said.append(f"{'+' if in_time else '-'}{fate.expected.type}{mark if in_time else f'({fate.outcome})'}")
            said.extend(f"!{alarm.type}{mark}" for alarm in each.false_alarms)
        return f"{self.name:38} {' '.join(said) or '(nothing, as expected)'}"


def reading(name: str, expected: dict[str, Any], outputs: list[Recorded]) -> Reading:
    log = [Scored.decode(record.value or b"") for record in read(scored_path(name)) if record.topic == SCORED]
    turns = Turns(log, {each["trigger"] for each in expected["moments"] if "trigger" in each})
    moments = [Moment.decode(record.value or b"") for record in outputs if record.topic == MOMENTS]
    taken_back = {moment.moment_id for moment in moments if moment.phase == "retracted"}
    opened = [moment for moment in moments if moment.phase == "opened"]
    channel = next(event.channel for event in log if event.channel is not None)

    def side(*, withdrawn: bool) -> Judged:
        labels = {
            "id": name,
            "language": expected["language"],
            "channel": channel,
            "turns": [],
            "moments": [
                {
                    "type": each["type"],
                    "first_turn": turns.of[each.get("trigger", each["from_turn"])],
                    "by_turn": turns.of[each.get("trigger", each["by"])],
                }
                for each in expected["moments"]
                if each.get("retracted", False) == withdrawn
            ],
            "escalation": [],
            "handoff_reason": None,
            "case_refs": [],
        }
        found = tuple(Opened(each.type, turns(each)) for each in opened if (each.moment_id in taken_back) == withdrawn)
        return judged(Labelled.from_value(labels), Detected(found, None, frozenset(), frozenset()))

    worst = max((each.severity for each in opened if each.polarity == "negative"), default=0)
    return Reading(name, side(withdrawn=False), side(withdrawn=True), worst)


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((RECORDINGS / "EXPECTED.yaml").read_text(encoding="utf-8"))
    return {file.removesuffix(".jsonl"): each for file, each in parsed["recordings"].items()}


@pytest.fixture(scope="module")
def readings(expected: dict[str, Any]) -> list[Reading]:
    analyst = Analyst()
    return [reading(name, expected[name], list(analyst(scored_path(name)))) for name in names()]


@pytest.fixture(scope="module")
def total(readings: list[Reading]) -> Figures:
    return figures([each for one in readings for each in (one.standing, one.withdrawn)])


def table(readings: list[Reading], total: Figures) -> Iterator[str]:
    yield from (each.told() for each in readings)
    for language, of in {**total.by_language, "all": total.moments}.items():
        yield f"{language:6} in time {of.in_time} of {of.labelled}, not expected {of.false_alarms}"


def test_the_reader_has_read_every_recording(expected: dict[str, Any]) -> None:
    assert sorted(expected) == names()
    for name, each in expected.items():
        assert each["calm"] == (not each["moments"]), name


def test_most_of_what_a_reader_expects_opens_in_time(readings: list[Reading], total: Figures) -> None:
    print(*table(readings, total), sep="\n")
    assert total.moments.in_time >= 0.6 * total.moments.labelled


def test_something_is_found_in_time_in_every_language(total: Figures) -> None:
    assert set(total.by_language) == {"ca", "en", "es", "mixed", "pt"}
    assert all(of.in_time > 0 for of in total.by_language.values())


def test_most_of_what_opens_is_expected(total: Figures) -> None:
    assert total.moments.false_alarms <= total.moments.in_time


def test_calm_conversations_raise_no_grave_alarm(readings: list[Reading], expected: dict[str, Any]) -> None:
    worst = {each.name: each.worst for each in readings if expected[each.name]["calm"]}
    print("worst severity in calm conversations:", worst)
    assert len(worst) >= 2
    assert max(worst.values()) < SURELY_NO_ALARM
