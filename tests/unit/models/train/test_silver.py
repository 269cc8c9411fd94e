"""Machine-translated rows, by a translator that only turns words round."""

import pytest

from models.train import corpus, silver
from models.train.errors import TrainingError
from models.train.rows import Example
from models.train.silver import SPANISH_CATALAN, SPANISH_PORTUGUESE, translate


@pytest.fixture(autouse=True)
def backwards(monkeypatch):
    calls = []

    def translate(texts, pair):
        calls.append(pair.mode)
        return [" ".join(reversed(text.split())) for text in texts]

    monkeypatch.setattr(silver, "is_available", lambda: True)
    monkeypatch.setattr(silver, "translate", translate)
    return calls


def row(text: str, language: str = "es") -> Example:
    return Example(text, language, "written", 1.0, {"sentiment_service": 0}, {"intents": {"complaint": 1.0}})


def test_twins_keep_targets_at_a_discount_and_are_marked():
    (twin,) = silver.silver([row("no funciona nada"), row("res de res", "ca")], SPANISH_CATALAN)

    assert (twin.text, twin.language, twin.source, twin.weight) == ("nada funciona no", "ca", "written_ca", 0.7)
    assert twin.silver
    assert (twin.classes, twin.multi) == ({"sentiment_service": 0}, {"intents": {"complaint": 1.0}})


def test_masked_texts_are_not_translated():
    assert silver.silver([row("mi tarjeta [CARD] no va")], SPANISH_CATALAN) == []


def test_twins_are_made_once_for_the_same_rows_and_pair(tmp_path, backwards):
    rows = [row("no funciona nada")]

    first = corpus._silver("written_es", rows, SPANISH_PORTUGUESE, tmp_path)
    again = corpus._silver("written_es", rows, SPANISH_PORTUGUESE, tmp_path)
    corpus._silver("written_es", [*rows, row("otra cosa")], SPANISH_PORTUGUESE, tmp_path)

    assert first == again
    assert backwards == ["es-pt_BR", "es-pt_BR"]


def test_a_translator_that_fails_is_told_with_the_packages_and_its_words(monkeypatch, tmp_path):
    program = tmp_path / "apertium"
    program.write_text("#!/bin/sh\necho 'no such mode' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(silver, "PROGRAM", str(program))

    with pytest.raises(TrainingError, match=r"apertium-es-pt.*no such mode"):
        translate(["no va"], SPANISH_PORTUGUESE)
