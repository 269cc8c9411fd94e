from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conversations import Play, shipped

CASES = yaml.safe_load((Path(__file__).parent / "severity_cases.yaml").read_text(encoding="utf-8"))

TABLE = """
  | anger_peak | 35 | supervisor | 5 |
  | frustration_buildup | 25 | supervisor | 15 |
  | churn_risk | 40 | retention | 15 |
  | reputation_risk | 45 | customer_relations | 30 |
  | vulnerable_customer | 40 | care_desk | 15 |
  | critical_event | 45 | by catalogue, else operations | 10 |
  | unresolved_repeat | 25 | case_owner | 60 |
  | bot_failure, human_request | 20 | - | - |
  | delight, recovery | 0 | - | - |
"""


def test_there_are_twenty_anchored_cases() -> None:
    assert len(CASES) == 20


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_severity_of_an_anchored_case(case: dict[str, Any]) -> None:
    play = Play()
    for turn in [*case.get("before", []), case["turn"]]:
        play.customer(**{name: tuple(value) if isinstance(value, list) else value for name, value in turn.items()})
    moment = next(moment for moment in reversed(play.of("cx.moments")) if moment.type == case["type"])
    assert moment.severity == case["severity"]
    assert shipped().moments.severity.band(moment.severity) == case["band"]


def test_the_catalogue_has_the_table_of_the_product() -> None:
    for line in TABLE.strip().splitlines():
        names, base, area, due = (cell.strip() for cell in line.strip().strip("|").split("|"))
        for name in names.split(", "):
            rule = shipped().moments.rules[name]
            assert rule.base == int(base)
            assert rule.target_area == (None if area == "-" else area.rpartition(" ")[2])
            assert rule.due_minutes == (None if due == "-" else int(due))


def test_a_stake_told_later_raises_what_is_open() -> None:
    play = Play()
    play.angry()
    play.customer("My flight leaves in an hour", cues=("high_stakes",))
    assert [(moment.phase, moment.severity) for moment in play.of("cx.moments")] == [("opened", 65), ("updated", 75)]


def test_vulnerability_told_later_raises_an_open_critical_event_by_15() -> None:
    play = Play()
    play.customer(cues=("critical_event",))
    play.customer(cues=("vulnerability",))
    severities = [moment.severity for moment in play.of("cx.moments") if moment.type == "critical_event"]
    assert severities == [45, 60]


def test_the_strongest_evidence_counts() -> None:
    play = Play()
    play.upset(cues=("leaving",))
    play.customer(cues=("leaving",))
    assert [moment.severity for moment in play.of("cx.moments")] == [60, 60]
