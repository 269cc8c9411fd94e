import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli.application import make_app

TURNS = [
    {"turn": 1, "role": "customer", "text": "This is outrageous!!! You are liars, thieves, the worst company ever!"},
    {"turn": 2, "role": "agent", "text": "I am sorry."},
    {"turn": 3, "role": "customer", "text": "My claim 3322 is open."},
]


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(make_app(), ["judge", *arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    line = {
        "id": "c1",
        "language": "en",
        "channel": "webchat",
        "split": "dev",
        "turns": TURNS,
        "moments": [{"type": "human_request", "first_turn": 1, "by_turn": 3}],
        "escalation": [],
        "handoff_reason": None,
        "case_refs": ["3322"],
    }
    path = tmp_path / "labelled.jsonl"
    path.write_text(json.dumps(line) + "\n", "utf-8")
    return path


def test_tables_for_people_and_json_for_programs(labelled: Path) -> None:
    status, out, err = run(str(labelled), "--runtime", "lexicon", "--show")
    assert status == 0
    assert "human_request" in out
    assert "c1: missed human_request, due at turns 1-3" in out
    assert "outrageous" not in out
    assert "1 conversations" in err
    status, out, _ = run(str(labelled), "--runtime", "lexicon", "--json")
    assert status == 0
    told = json.loads(out)
    assert told["moments"] | {"false_alarms": 0, "any_type_rate": 0.0} == {
        "labelled": 1, "in_time": 0, "early": 0, "late": 0, "missed": 1,
        "false_alarms": 0, "rate": 0.0, "any_type_rate": 0.0,
    }  # fmt: skip
    assert told["case_refs"] == {"right": 1, "missed": 0, "false": 0, "rate": 1.0}
    assert told["calm"] == {"conversations": 0, "alarmed": 0, "rate": None}


def test_kept_scores_are_judged_again_without_a_model(labelled: Path, tmp_path: Path) -> None:
    kept = tmp_path / "scored.jsonl.gz"
    first = run(str(labelled), "--runtime", "lexicon", "--json", "--keep-scored", str(kept))
    again = run(str(labelled), "--model", str(tmp_path / "nowhere"), "--json", "--scored", str(kept))
    assert first == again


def test_a_split_that_nobody_has_is_an_error(labelled: Path) -> None:
    status, _, err = run(str(labelled), "--split", "test")
    assert status == 1
    assert "no conversation of the split test" in err
