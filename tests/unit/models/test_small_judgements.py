"""Formality, topic, and the labels of foreign classifiers."""

import pytest

from models.errors import UnsupportedModelError
from models.formality import formality_of
from models.label_reading import read_labels
from models.topics import topic_of


@pytest.mark.parametrize(
    ("text", "language", "formality"),
    [
        ("¿Podría usted ayudarme?", "es", "formal"),
        ("oye, ¿me puedes ayudar tú?", "es", "informal"),
        ("Vostè em pot ajudar?", "ca", "formal"),
        ("escolta, em pots ajudar tu?", "ca", "informal"),
        ("O senhor pode ajudar?", "pt", "formal"),
        ("você pode me ajudar?", "pt", "informal"),
        ("no funciona", "es", None),
        ("Could you help me?", "en", None),
        ("usted, tú", "es", None),
    ],
)
def test_formality_of_address(text: str, language: str, formality: str | None) -> None:
    assert formality_of(text, language) == formality


def test_the_topic_is_that_of_the_most_probable_problem_present() -> None:
    intents = {"greeting": 0.99, "billing_dispute": 0.7, "delivery_problem": 0.8, "fraud_report": 0.9}
    assert topic_of(intents, ["greeting", "billing_dispute", "delivery_problem"]) == "delivery"
    assert topic_of(intents, ["greeting"]) is None
    assert topic_of(intents, []) is None
    assert topic_of(None, None) is None


def test_labels_of_foreign_models_are_read_by_meaning() -> None:
    assert read_labels(["POS", "NEU", "NEG"], "m").sentiment == ((2,), (1,), (0,))
    assert read_labels(["LABEL_0", "LABEL_1", "LABEL_2"], "m").sentiment == ((0,), (1,), (2,))
    assert read_labels(["LABEL_0", "LABEL_1"], "m").sentiment == ((0,), (), (1,))
    assert read_labels([f"{n} stars" if n > 1 else "1 star" for n in range(1, 6)], "m").sentiment == (
        (0, 1),
        (2,),
        (3, 4),
    )
    emotions = read_labels(["anger", "disgust", "fear", "nervousness", "joy"], "m")
    assert emotions.emotions == {"anger": (0,), "anxiety": (2, 3), "joy": (4,)}
    assert emotions.heads == {"emotions"}
    assert read_labels(["talk_to_human", "other"], "m").heads == {"intents"}


def test_labels_without_meaning_are_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="id2label"):
        read_labels([f"LABEL_{n}" for n in range(7)], "m")
