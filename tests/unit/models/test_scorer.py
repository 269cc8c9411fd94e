"""The shipped model through the scorer, and how windows of a long text are put together."""

import random

import numpy as np
import pytest

from models.combination import combine, likely_intensity
from models.protocol import HEADS, HeadScores
from models.registry import load_scorer
from models.score import Request
from models.scorer import Scorer

TEXTS = (
    "ok",
    "Gracias!",
    "No em funciona el router",
    "¿En qué estado está mi reclamación 3322?",
    "Sou uns pocavergonyes, demà mateix em dono de baixa",
    "thank you so much, you saved my holiday",
    "Já liguei três vezes e ninguém resolve, isto é uma vergonha",
    "Le agradecería que dejara de mentirme.",
    "Me han robado el bolso con la tarjeta dentro, qué hago ahora, estoy en la calle y no tengo dinero ni móvil",
    "Buenos días. " + "El pedido llegó tarde y nadie contesta. " * 30,
)


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return load_scorer()


def test_the_shipped_model_has_every_head(scorer: Scorer) -> None:
    assert scorer.runtime.heads == set(HEADS)


def test_its_scores_are_equal_bit_by_bit_in_any_company(scorer: Scorer) -> None:
    requests = [Request(text) for text in TEXTS]
    alone = [scorer.score([request])[0] for request in requests]
    chance = random.Random(2)
    for budget in (64, 300, 1024):
        order = chance.sample(range(len(requests)), len(requests))
        assert scorer.score([requests[at] for at in order], token_budget=budget) == [alone[at] for at in order]


def test_valence_is_the_lean_times_expected_intensity(scorer: Scorer) -> None:
    prepared = scorer.prepare([Request(TEXTS[4])])
    (batch,) = scorer.plan(prepared, 1024)
    logits = scorer.forward(batch)
    (heads,) = scorer.runtime.finish(batch, logits, [prepared[0].language])
    (score,) = scorer.finish(prepared, [batch], [logits])
    assert heads.sentiment_service is not None
    assert heads.intensity is not None
    expected = sum(level * p for level, p in enumerate(heads.intensity))
    lean = heads.sentiment_service[2] - heads.sentiment_service[0]
    assert score.valence == pytest.approx(lean * expected / 3, abs=1e-4)
    assert score.intensity == likely_intensity(heads.intensity)


def test_the_likely_intensity_is_the_median_level() -> None:
    assert likely_intensity((0.4, 0.2, 0.25, 0.15)) == 1
    assert likely_intensity((0.45, 0.0, 0.15, 0.4)) == 2
    assert likely_intensity((0.5, 0.5, 0.0, 0.0)) == 0
    assert likely_intensity((0.1, 0.1, 0.1, 0.1999)) == 3


def test_the_tweets_head_answers_when_asked(scorer: Scorer) -> None:
    service, tweets = scorer.score([Request("No me funciona el router", head=head) for head in ("service", "tweets")])
    assert service.sentiment_probabilities != tweets.sentiment_probabilities
    assert service.emotions == tweets.emotions


def test_an_undetermined_language_abstains(scorer: Scorer) -> None:
    score = scorer.score([Request("Wo ist mein Paket? Ich warte seit drei Wochen darauf.")])[0]
    assert (score.language, score.abstain) == ("und", True)
    assert score.sentiment is not None


def test_windows_combine_by_peak_for_labels_and_by_feeling_for_sentiment() -> None:
    calm = HeadScores(
        sentiment_service=(0.1, 0.8, 0.1),
        intensity=(1.0, 0.0, 0.0, 0.0),
        arousal=0.1,
        emotions={"anger": 0.1},
        cues={"formula": 0.9, "leaving": 0.1},
        emotions_present=(),
        cues_present=("formula",),
        sketch=np.array([10.0], np.float32),
    )
    furious = HeadScores(
        sentiment_service=(0.9, 0.1, 0.0),
        intensity=(0.0, 0.0, 0.0, 1.0),
        arousal=0.9,
        emotions={"anger": 0.8},
        cues={"formula": 0.0, "leaving": 0.7},
        emotions_present=("anger",),
        cues_present=("leaving",),
        sketch=np.array([40.0], np.float32),
    )
    whole = combine([calm, furious], [200, 100])
    assert whole.sentiment_service is not None
    assert whole.sentiment_service[0] == pytest.approx((0.1 * 50 + 0.9 * 325) / 375, abs=1e-4)
    assert (whole.intensity, whole.arousal) == (furious.intensity, 0.9)
    assert (whole.emotions, whole.emotions_present) == ({"anger": 0.8}, ("anger",))
    assert (whole.cues, whole.cues_present) == ({"formula": 0.0, "leaving": 0.7}, ("leaving",))
    assert whole.intents is None
    assert whole.sketch is not None
    assert whole.sketch.tolist() == [20.0]
