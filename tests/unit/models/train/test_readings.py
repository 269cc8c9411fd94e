"""Public readings: which rows they teach, and that a reading without its text is told."""

import json
from pathlib import Path

import pytest

from models.train.errors import DataError
from models.train.readings import UNSURE_WEIGHT, text_digest, with_readings, written_posts
from models.train.rows import Example

PUBLIC = {
    "brighter_es_train": [
        Example(text, "es", "brighter_es_train", 1.0, {"polarity": 2}, {}) for text in ("qué gusto", "qué asco", "ya")
    ]
}


def write(folder: Path, *rows: dict[str, object]) -> Path:
    (folder / "readings_brighter.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return folder


def reading(text: str, sentiment: str, *, sure: bool = True, source: str = "brighter_es_train") -> dict[str, object]:
    return {"source": source, "text": text_digest(text), "public_sentiment": sentiment, "sure": sure}


def test_a_reading_makes_a_row_that_teaches_the_tweets_head_alone(tmp_path):
    write(tmp_path, reading("qué asco", "negative"), reading("qué gusto", "positive", sure=False))

    found = with_readings(PUBLIC, tmp_path)

    assert found == {
        "read_brighter_es_train": [
            Example("qué gusto", "es", "read_brighter_es_train", UNSURE_WEIGHT, {"sentiment_tweets": 2}, {}),
            Example("qué asco", "es", "read_brighter_es_train", 1.0, {"sentiment_tweets": 0}, {}),
        ]
    }


def test_without_readings_there_is_no_source(tmp_path):
    assert with_readings(PUBLIC, tmp_path) == {}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (reading("otra cosa", "neutral"), "1 readings of brighter_es_train are of texts that it does not hold"),
        (reading("ya", "neutral", source="elsewhere"), "'elsewhere' is no training file"),
        (reading("ya", "meh"), "'meh' no sentiment"),
    ],
)
def test_a_reading_that_fits_nothing_is_an_error(tmp_path, row, told):
    with pytest.raises(DataError, match=told):
        with_readings(PUBLIC, write(tmp_path, row))


def post(folder: Path, **row: object) -> Path:
    (folder / "posts_ca.jsonl").write_text(json.dumps(row), encoding="utf-8")
    return folder


def test_a_post_teaches_the_tweets_head_alone(tmp_path):
    post(tmp_path, id="posts_ca-0001", text="Quin esmorzar!", language="ca", public_sentiment="positive")

    assert written_posts(tmp_path) == {
        "read_posts_ca": [Example("Quin esmorzar!", "ca", "read_posts_ca", 1.0, {"sentiment_tweets": 2}, {})]
    }


@pytest.mark.parametrize("wrong", [{"text": ""}, {"language": None}, {"public_sentiment": "meh"}])
def test_a_post_that_lacks_something_is_told_by_its_id(tmp_path, wrong):
    row = {"id": "posts_ca-0001", "text": "Quin esmorzar!", "language": "ca", "public_sentiment": "positive", **wrong}

    with pytest.raises(DataError, match="posts_ca-0001"):
        written_posts(post(tmp_path, **row))
