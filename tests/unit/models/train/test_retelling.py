"""Written rows in other spelling."""

import random

from models.train.retelling import hasty, respell, retell, spoken
from models.train.rows import Example


def test_speech_has_neither_capitals_nor_punctuation() -> None:
    assert spoken("¿Hola? Llevo DOS horas... l'àvia, 12 €!") == "hola llevo dos horas l'àvia 12 €"
    assert spoken("???") == "???"


def test_haste_keeps_letters_that_nobody_leaves_out() -> None:
    told = {hasty("¡Mañana sí! Això, ação.", random.Random(seed)) for seed in range(40)}

    assert all("manana" not in text.lower() and "¡" not in text for text in told)
    assert any("si!" in text.lower() for text in told)
    assert len(told) > 10


def test_only_a_share_of_written_rows_is_told_otherwise_and_the_same_seed_tells_the_same() -> None:
    rows = [Example("Hola, ¿qué tal estáis todos?", "es", "written", 1.0, {}, {})] * 400
    public = [Example("¡Hola, Mundo!", "es", "umsab_es_train", 1.0, {}, {})] * 50

    told = retell([*rows, *public], 0.5, seed=3)

    changed = sum(row.text != rows[0].text for row in told[:400])
    assert 120 < changed < 240
    assert [row.text for row in told[400:]] == ["¡Hola, Mundo!"] * 50
    assert told == retell([*rows, *public], 0.5, seed=3)


def test_masks_stay_whole() -> None:
    chooser = random.Random(1)
    assert {respell("Mi tarjeta es [card].", 1.0, chooser) for _ in range(20)} == {"Mi tarjeta es [card]."}
