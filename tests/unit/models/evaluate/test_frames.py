"""The check on the written corpus finds frames, and the corpus passes it."""

import json
from pathlib import Path

from models.evaluate.frames import MOST, frames, like_held, written_texts
from models.train.rows import split_of

DATA = Path(__file__).resolve().parents[4] / "models" / "data"


def test_texts_that_differ_in_one_word_and_in_numbers_share_a_frame() -> None:
    texts = {
        "a": "Hola, llevo tres días esperando el pedido 3311 y no llega.",
        "b": "hola llevo tres dias esperando el pedido 9 y no funciona",
        "c": "Me gustaría cambiar la cita del jueves por la mañana, si puede ser.",
    }
    assert frames(texts) == [["a", "b"]]


def test_short_texts_are_let_be() -> None:
    assert frames({"a": "sí, por favor", "b": "sí, por favor"}) == []


def test_a_frame_is_followed_from_text_to_text() -> None:
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    texts = {str(at): " ".join(words[at : at + 9]) for at in range(4)}
    assert frames(texts) == [["0", "1", "2", "3"]]


def test_no_row_for_training_is_like_one_of_dev_or_test() -> None:
    assert like_held(DATA) == []


def test_a_row_for_training_that_is_like_a_held_one_is_found(tmp_path) -> None:
    labels = {"role": "customer", "language": "es", "sentiment": "neutral", "intensity": 0, "arousal": 0.1}
    scenario = next(f"s{number}" for number in range(99) if split_of(f"s{number}") == "test")
    held = {"id": "held", "scenario": scenario, "text": "hola llevo tres dias esperando el pedido y no llega", **labels}
    near = {"id": "near", "text": "Hola, llevo tres días esperando el pedido y no aparece", **labels}
    other = {"id": "other", "text": "¿Me pueden cambiar la cita del jueves por la mañana?", **labels}
    (tmp_path / "rows_es_01.jsonl").write_text(json.dumps(held), encoding="utf-8")
    (tmp_path / "train_es_01.jsonl").write_text("\n".join(map(json.dumps, (near, other))), encoding="utf-8")

    assert like_held(tmp_path) == [("near", "held")]


def test_no_frame_of_the_written_corpus_is_used_more_than_three_times() -> None:
    texts = written_texts(DATA)
    assert len(texts) > 3_000
    assert [group for group in frames(texts) if len(group) > MOST] == []
