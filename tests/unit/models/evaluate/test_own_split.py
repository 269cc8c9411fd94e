"""The written test split: figures per language, over all, per industry, and by the first labelling of the intents."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from models.evaluate.own_split import measure_own
from models.evaluate.public_sets import Result
from models.protocol import HeadScores

SAID = {"hola": ("greeting",), "ya llamé": ("case_status", "complaint"), "bon dia": ("greeting",)}


class Rehearsed:
    """A judge that says of each text what it was told to; every one sounds negative at 2."""

    def scores(self, texts: Sequence[str], *_: object, **__: object) -> list[HeadScores]:
        return [
            HeadScores((0.8, 0.1, 0.1), None, (0.0, 0.1, 0.8, 0.1), 0.5, intents_present=SAID[text]) for text in texts
        ]


@pytest.fixture
def results(tmp_path: Path) -> dict[tuple[str, str], Result]:
    turns = [
        turn("hola", "es", ["greeting"], "neutral", 0),
        turn("ya llamé", "es", ["complaint", "case_status"], "negative", 2),
        turn("bon dia", "ca", ["greeting"], "negative", 3),
    ]
    turns = [{"turn": number, **each} for number, each in enumerate(turns, start=1)]
    agent = {"turn": 4, "role": "agent", "text": "un momento", "language": "es", "cues": []}
    conversations = [
        {"id": "c1", "split": "test", "industry": "retail", "turns": [*turns, agent]},
        {"id": "c2", "split": "train", "industry": "retail", "turns": turns},
    ]
    write(tmp_path / "conversations_es_01.jsonl", conversations)
    write(tmp_path / "intents_twice.jsonl", [{"id": "c1-2", "first": ["complaint"], "second": ["case_status"]}])
    return {(each.name, each.measure): each for each in measure_own(tmp_path, Rehearsed())}


def turn(text: str, language: str, intents: list[str], sentiment: str, intensity: int) -> dict[str, object]:
    labels = {"sentiment": sentiment, "intensity": intensity, "arousal": 0.4, "emotions": [], "cues": []}
    return {"role": "customer", "text": text, "language": language, "intents": intents, **labels}


def write(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")


def test_customers_of_the_test_split_are_measured_by_language_over_all_and_by_industry(results):
    rows = {name: each.rows for (name, measure), each in results.items() if measure == "intents micro-F1"}
    assert rows == {"own_es": 2, "own_ca": 1, "own_all": 3, "own_in_retail": 3}
    assert results["own_all", "intents micro-F1"].value == 1.0
    assert results["own_all", "intensity >= 2 F1"].value == pytest.approx(4 / 5)
    assert results["own_all", "arousal mean absolute error"].value == pytest.approx(0.1)


def test_rows_labelled_twice_are_measured_by_their_first_intents_too(results):
    first = results["own_es", "intents micro-F1 by the first labelling"]
    assert first.rows == 1
    assert first.value == pytest.approx(2 / 3)  # a complaint it was, and nothing else
    assert ("own_ca", first.measure) not in results
