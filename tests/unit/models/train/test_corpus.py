"""What training gathers, and what it refuses to begin with."""

import json
from pathlib import Path

import pytest

from models.train import corpus
from models.train.corpus import gather
from models.train.errors import DataError
from models.train.rows import HEDGE

ROW = {
    "id": "es-01-1", "text": "El rúter no enciende", "language": "es", "sentiment": "neutral", "intensity": 0,
    "arousal": 0.2, "emotions": [], "intents": ["product_fault"], "cues": [], "role": "customer",
}  # fmt: skip


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one conversation for each split; no public files, no translator."""
    monkeypatch.setattr(corpus, "read_public", lambda *_: {})
    monkeypatch.setattr(corpus, "DEV_FILES", {})
    monkeypatch.setattr(corpus, "silver", lambda *_: [])
    folder = tmp_path / "rows"
    folder.mkdir()
    write(folder, "train", "dev", "test")
    return folder


def write(folder: Path, *splits: str) -> None:
    lines = [json.dumps({"id": name, "split": name, "turns": [{**ROW, "turn": 1}]}) for name in splits]
    (folder / "conversations_es_01.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def own(folder: Path, text: str) -> Path:
    folder.mkdir()
    path = folder / "rows.jsonl"
    path.write_text(json.dumps({**ROW, "text": text}) + "\n", encoding="utf-8")
    return path


def test_own_rows_are_a_source_beside_the_written_ones(rows, tmp_path):
    found = gather(tmp_path, rows, tmp_path / "work", [own(tmp_path / "shop", "se rompió")])

    assert {name: [row.text for row in source] for name, source in found.sources.items()} == {
        "written_es": [ROW["text"]],
        "own_rows": ["se rompió"],
    }
    assert [row.text for row in found.dev["written"]] == [ROW["text"]]


def test_two_files_of_own_rows_with_one_name_are_refused_not_merged_in_silence(rows, tmp_path):
    files = [own(tmp_path / "shop", "se rompió"), own(tmp_path / "bank", "me cobraron")]

    with pytest.raises(DataError, match="two files of own rows are named rows"):
        gather(tmp_path, rows, tmp_path / "work", files)


@pytest.mark.parametrize("missing", ["train", "dev"])
def test_a_folder_without_written_rows_is_told_before_hours_of_training(rows, tmp_path, missing):
    write(rows, *({"train", "dev", "test"} - {missing}))

    with pytest.raises(DataError, match=f"no written rows of the {missing} split"):
        gather(tmp_path, rows, tmp_path / "work")


def test_rows_that_teach_carry_the_doubt_of_a_second_reader_and_others_do_not(rows, tmp_path):
    line = json.dumps({"id": "train-1", "intents": ["complaint"]})
    (rows / "second_intents.jsonl").write_text(line, encoding="utf-8")

    found = gather(tmp_path, rows, tmp_path / "work")

    (taught,) = found.sources["written_es"]
    assert 0 < taught.multi["intents"]["complaint"] < 1
    assert 0 < taught.multi["intents"]["product_fault"] < 1
    assert found.dev["written"][0].multi["intents"]["product_fault"] == 1.0


def test_a_graded_row_is_taught_by_its_hedge_and_its_grade(rows, tmp_path):
    line = json.dumps({"id": "train-1", "displeased": 6, "pleased": 0, "feeling": None})
    (rows / "grades.jsonl").write_text(line, encoding="utf-8")

    found = gather(tmp_path, rows, tmp_path / "work")

    (taught,) = found.sources["written_es"]
    assert taught.service["negative"] == pytest.approx((HEDGE + 0.6) / 2)
    assert not found.dev["written"][0].service
