"""The report on languages counts what it says it counts."""

from pathlib import Path

import orjson
import pytest

from models.evaluate.language import held_out_rows, line, main
from models.train.rows import split_of


def test_a_line_says_how_many_were_right_and_where_the_others_went() -> None:
    rows = [("a", "es"), ("b", "es"), ("c", "es"), ("d", "es")]
    answers = {"a": "es", "b": "es", "c": "mixed", "d": "und"}
    assert line("set", rows, answers.__getitem__) == "| set | es | 4 | 0.500 | 1 | 1 | mixed 1, und 1 |"


def test_only_the_test_split_is_reported_on(tmp_path: Path) -> None:
    scenarios = [f"scenario-{number}" for number in range(40)]
    rows = [{"text": name, "language": "es", "scenario": name} for name in scenarios]
    (tmp_path / "rows_es_01.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    expected = [(name, "es") for name in scenarios if split_of(name) == "test"]
    assert expected
    assert held_out_rows(tmp_path) == [("written_es_test", expected)]


def test_an_absent_data_folder_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path), "--rows", str(tmp_path)]) == 2
    assert "umsab_en_test.jsonl.gz is absent" in capsys.readouterr().err
