"""The check on the written corpus finds frames, and the corpus passes it."""

from pathlib import Path

from models.evaluate.frames import MOST, frames, written_texts

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


def test_no_frame_of_the_written_corpus_is_used_more_than_three_times() -> None:
    texts = written_texts(DATA)
    assert len(texts) > 3_000
    assert [group for group in frames(texts) if len(group) > MOST] == []
