"""How many of ten readers would call a speaker displeased."""

import json

import pytest

from models.train.errors import DataError
from models.train.grades import Grade, graded, read_grades, with_grades
from models.train.readings import text_digest
from models.train.rows import Example
from schemas.labels import EMOTIONS


def example(sentiment: int = 1, service: dict[str, float] | None = None, **emotions: float) -> Example:
    multi = {"emotions": {label: emotions.get(label, 0.0) for label in EMOTIONS}, "cues": {"formula": 0.0}}
    return Example("sigue igual", "es", "written", 1.0, {"sentiment_service": sentiment}, multi, service=service or {})


def test_label_and_grade_teach_by_halves():
    taught = graded(example(frustration=1.0, joy=0.5), Grade(displeased=4, pleased=1, feeling="frustration"))

    assert taught.service == pytest.approx({"negative": 0.2, "neutral": 0.75, "positive": 0.05})
    found = {label: share for label, share in taught.multi["emotions"].items() if share}
    assert found == pytest.approx({"anger": 0.06, "frustration": 0.7, "disappointment": 0.06, "joy": 0.5})
    assert taught.multi["cues"] == {"formula": 0.0}
    assert taught.classes == {"sentiment_service": 1}


def test_what_a_row_says_of_its_readers_is_its_half():
    taught = graded(example(service={"negative": 0.3, "neutral": 0.7}), Grade(5, 0, None))

    assert taught.service == pytest.approx({"negative": 0.4, "neutral": 0.6, "positive": 0.0})


def test_a_public_text_is_taught_by_its_grade_alone(tmp_path):
    texts = ("no, i said friday", "hello")
    rows = [Example(text, "en", "multidogo_train", 1.0, {}, {"intents": {"deny": 1.0}}) for text in texts]
    line = {
        "source": "multidogo_train",
        "text": text_digest(texts[0]),
        "displeased": 6,
        "pleased": 0,
        "feeling": "anger",
    }
    (tmp_path / "grades.jsonl").write_text(json.dumps(line), encoding="utf-8")

    found = with_grades({"multidogo_train": rows}, read_grades(tmp_path))

    (row,) = found["graded_multidogo_train"]
    assert (row.text, row.source, row.classes) == (texts[0], "graded_multidogo_train", {"sentiment_service": 0})
    assert row.service == pytest.approx({"negative": 0.6, "neutral": 0.4, "positive": 0.0})
    assert row.multi["emotions"]["anger"] == pytest.approx(0.6)
    assert row.multi["emotions"]["sadness"] is None
    assert set(row.multi) == {"emotions"}


def test_without_a_file_there_are_no_grades(tmp_path):
    grades = read_grades(tmp_path)

    assert not grades.written
    assert with_grades({}, grades) == {}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"displeased": 8, "pleased": 3}, "does not count 10 readers"),
        ({"displeased": -1, "pleased": 3}, "does not count 10 readers"),
        ({"displeased": "4", "pleased": 3}, "does not count 10 readers"),
        ({"displeased": 4, "pleased": 3, "feeling": "joy"}, "'joy' is none of anger"),
    ],
)
def test_a_grade_that_cannot_be_is_told(tmp_path, wrong, told):
    (tmp_path / "grades.jsonl").write_text(json.dumps({"id": "r1", **wrong}), encoding="utf-8")

    with pytest.raises(DataError, match=told):
        read_grades(tmp_path)


@pytest.mark.parametrize(
    ("source", "told"), [("nowhere", "'nowhere' is no training file"), ("here", "1 grades of here are of texts")]
)
def test_a_grade_of_a_text_that_is_not_there_is_told(tmp_path, source, told):
    line = {"source": source, "text": "0" * 16, "displeased": 1, "pleased": 0, "feeling": None}
    (tmp_path / "grades.jsonl").write_text(json.dumps(line), encoding="utf-8")

    with pytest.raises(DataError, match=told):
        with_grades({"here": [example()]}, read_grades(tmp_path))
