"""Figures by the first labelling of the intents."""

from models.evaluate.twice import by_first, read_twice
from models.train.rows import Example
from schemas.labels import INTENTS


def test_only_rows_labelled_twice_are_told_and_with_their_first_intents(tmp_path):
    (tmp_path / "intents_twice.jsonl").write_text('{"id": "r1", "first": ["affirm"], "second": ["deny"]}\n', "utf-8")
    decided = {"intents": {label: float(label == "deny") for label in INTENTS}, "cues": {"formula": 1.0}}
    rows = [Example(text, "es", "written", 1.0, {"intensity": 1}, decided) for text in ("vale", "no")]

    (found,) = by_first([({"id": "r1"}, rows[0]), ({"id": "r2"}, rows[1])], read_twice(tmp_path))

    assert [label for label, on in found.multi["intents"].items() if on] == ["affirm"]
    assert (found.text, found.classes, found.multi["cues"]) == ("vale", {"intensity": 1}, {"formula": 1.0})


def test_a_folder_of_ones_own_rows_has_none(tmp_path):
    assert read_twice(tmp_path) == {}
