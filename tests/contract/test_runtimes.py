"""One suite over every runtime: what any of them promises to the scorer."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from models.errors import ArtifactError, UnsupportedModelError
from models.protocol import HEADS
from models.registry import ScorerSettings, load_scorer
from models.score import Request, Score
from models.scorer import Scorer
from schemas.labels import CUES, EMOTIONS, INTENTS, LANGUAGES, SENTIMENTS
from tests.extras import needs_openvino
from tests.tiny_models import write_onnx_artifact, write_torch_model

FIELDS_OF_HEAD = {
    "intensity": ("intensity",),
    "arousal": ("arousal",),
    "emotions": ("emotions", "emotions_present"),
    "intents": ("intents", "intents_present"),
    "cues": ("cues", "cues_present"),
    "sketch": ("sketch",),
}
TEXTS = [
    "Hola, no funciona",
    "estoy harto de vosotros",
    "thank you, great service",
    "bon dia, no va res",
    "muito obrigado, isto está mal",
    "gracias",
    "Ja n'estic fart, això és una vergonya",
    "no estoy enfadado, de verdad que no",
    "😀",
    "",
    "que és " * 60,
    "a b c d e f g , no va ! " * 12,
]
Make = Callable[[Path], Scorer]


def shipped_like(folder: Path) -> Scorer:
    return load_scorer(ScorerSettings("onnx", str(write_onnx_artifact(folder)), threads=1))


def with_a_branch(folder: Path) -> Scorer:
    return load_scorer(ScorerSettings("onnx", str(write_onnx_artifact(folder, branch=True)), threads=1))


def two_heads_only(folder: Path) -> Scorer:
    path = write_onnx_artifact(folder, heads=("sentiment_tweets", "emotions"))
    return load_scorer(ScorerSettings("onnx", str(path), threads=1))


def through_openvino(folder: Path) -> Scorer:
    return load_scorer(ScorerSettings("openvino", str(write_onnx_artifact(folder)), threads=1))


def through_openvino_with_a_branch(folder: Path) -> Scorer:
    return load_scorer(ScorerSettings("openvino", str(write_onnx_artifact(folder, branch=True)), threads=1))


def torch_sentiment(folder: Path) -> Scorer:
    path = write_torch_model(folder, {0: "NEGATIVE", 1: "neutral", 2: "Positive"})
    return load_scorer(ScorerSettings("torch", str(path), threads=1))


def torch_stars(folder: Path) -> Scorer:
    labels = {at: f"{at + 1} star{'s' if at else ''}" for at in range(5)}
    return load_scorer(ScorerSettings("torch", str(write_torch_model(folder, labels)), threads=1))


def torch_emotions(folder: Path) -> Scorer:
    path = write_torch_model(folder, {0: "anger", 1: "joy", 2: "fear", 3: "love"}, multi_label=True)
    return load_scorer(ScorerSettings("torch", str(path), threads=1))


def lexicon(_: Path) -> Scorer:
    return load_scorer(ScorerSettings("lexicon"))


@pytest.fixture(
    scope="module",
    params=[
        shipped_like,
        with_a_branch,
        two_heads_only,
        pytest.param(through_openvino, marks=needs_openvino),
        pytest.param(through_openvino_with_a_branch, marks=needs_openvino),
        torch_sentiment,
        torch_stars,
        torch_emotions,
        lexicon,
    ],
)
def scorer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    make: Make = request.param
    return make(tmp_path_factory.mktemp("model"))


def scores_of(scorer: Scorer, texts: list[str], hint: str | None = None) -> list[Score]:
    return scorer.score([Request(text, hint) for text in texts])


def test_it_names_its_heads_and_an_identity_of_name_digest_runtime_and_precision(scorer: Scorer) -> None:
    assert scorer.runtime.heads <= set(HEADS)
    assert scorer.runtime.heads
    name, digest, runtime, precision = scorer.identity.replace("@", "/").split("/")
    assert all((name, runtime, precision))
    assert len(digest) == 12
    assert int(digest, 16) >= 0


def test_a_head_that_it_lacks_gives_none_in_every_score(scorer: Scorer) -> None:
    for score in scores_of(scorer, TEXTS):
        for head, fields in FIELDS_OF_HEAD.items():
            if head not in scorer.runtime.heads:
                assert all(getattr(score, field) is None for field in fields), head


def test_without_a_sentiment_head_the_sentiment_is_none_and_the_score_abstains(scorer: Scorer) -> None:
    for head in ("service", "tweets"):
        if f"sentiment_{head}" in scorer.runtime.heads:
            continue
        for score in scorer.score([Request(text, head=head) for text in TEXTS]):
            assert (score.sentiment, score.sentiment_probabilities, score.valence, score.confidence) == (None,) * 4
            assert score.abstain


def test_values_lie_in_their_ranges_with_four_decimals(scorer: Scorer) -> None:
    for score in scores_of(scorer, TEXTS):
        assert score.language in LANGUAGES
        if score.sentiment is not None and score.sentiment_probabilities is not None:
            assert tuple(score.sentiment_probabilities) == SENTIMENTS
            assert sum(score.sentiment_probabilities.values()) == pytest.approx(1, abs=2e-4)
            assert score.sentiment == max(score.sentiment_probabilities, key=score.sentiment_probabilities.__getitem__)
        assert score.valence is None or -1 <= score.valence <= 1
        assert score.arousal is None or 0 <= score.arousal <= 1
        assert score.intensity is None or score.intensity in range(4)
        for names, values, present in (
            (EMOTIONS, score.emotions, score.emotions_present),
            (INTENTS, score.intents, score.intents_present),
            (CUES, score.cues, score.cues_present),
        ):
            assert (values is None) == (present is None)
            if values is not None and present is not None:
                assert list(values) == [name for name in names if name in values]
                assert all(0 <= value <= 1 and round(value, 4) == value for value in values.values())
                assert set(present) <= set(values)
        if score.sketch is not None:
            assert len(score.sketch) == 64
            assert all(-127 <= value <= 127 for value in score.sketch)


def test_an_empty_text_is_neutral_in_the_heads_it_has_and_abstains(scorer: Scorer) -> None:
    for score in scores_of(scorer, ["", "   ", "\n\t"], hint="es"):
        assert score.abstain
        assert score.language == "und"
        assert score.confidence in {0.0, None}
        assert score.sentiment in {"neutral", None}
        assert not score.emotions_present
        assert not score.spans


def test_a_score_does_not_depend_on_its_batch_mates_their_number_or_order(scorer: Scorer) -> None:
    alone = [scores_of(scorer, [text])[0] for text in TEXTS]
    chance = random.Random(1)
    for _ in range(8):
        order = [chance.randrange(len(TEXTS)) for _ in range(chance.randint(1, 25))]
        batch = scorer.score([Request(TEXTS[at]) for at in order], token_budget=chance.choice([1, 64, 300, 4096]))
        assert batch == [alone[at] for at in order]


def test_the_tweets_head_answers_alike_alone_and_beside_those_who_do_not_ask_for_it(scorer: Scorer) -> None:
    alone = [scorer.score([Request(text, head="tweets")])[0] for text in TEXTS]
    both = scorer.score([Request(text, head=head) for text in TEXTS for head in ("service", "tweets")])
    assert both[1::2] == alone
    assert both[::2] == scores_of(scorer, TEXTS)
    if "sentiment_tweets" in scorer.runtime.heads:
        assert any(score.sentiment for score in alone)


def test_the_three_phases_driven_by_hand_give_what_score_gives(scorer: Scorer) -> None:
    prepared = [*scorer.prepare([Request(text) for text in TEXTS[:5]]), *scorer.prepare([Request(TEXTS[10])])]
    batches = scorer.plan(prepared, 128)
    assert all(len(batch.windows) == 1 or len(batch.windows) * batch.padded <= 128 for batch in batches)
    by_hand = scorer.finish(prepared, batches, [scorer.forward(batch) for batch in batches])
    assert by_hand == scores_of(scorer, [*TEXTS[:5], TEXTS[10]])


def test_no_requests_give_no_scores(scorer: Scorer) -> None:
    assert scorer.score([]) == []


def test_personal_data_does_not_reach_the_answer_but_a_case_reference_does(scorer: Scorer) -> None:
    text = "reclamo 3322: mi tarjeta 4111 1111 1111 1111 y mi correo ana.puig@correo.es"
    score = scores_of(scorer, [text])[0]
    assert score.masked_text == "reclamo 3322: mi tarjeta [CARD] y mi correo [EMAIL]"
    assert score.case_refs == [{"kind": "claim", "value": "3322", "begin": 8, "end": 12}]


def test_a_very_long_text_is_cut_at_eight_thousand_code_points_and_says_so(scorer: Scorer) -> None:
    whole, cut = scores_of(scorer, ["é" * 8_000, "no va " * 2_000])
    assert (whole.truncated, cut.truncated) == (False, True)
    assert len(cut.masked_text) == 8_000


def test_broken_unicode_is_survived(scorer: Scorer) -> None:
    score = scores_of(scorer, ["hola \ud83d no funciona\x00"])[0]
    assert score.masked_text.encode("utf-8")


def test_the_lexicon_says_that_it_is_degraded_and_models_do_not(scorer: Scorer) -> None:
    score = scores_of(scorer, ["hola"])[0]
    assert score.degraded == scorer.identity.endswith("/lexicon/rules")
    assert score.model == scorer.identity


def test_star_ratings_become_three_sentiments(tmp_path: Path) -> None:
    assert torch_stars(tmp_path).runtime.heads == {"sentiment_service", "sentiment_tweets"}


def test_a_classifier_with_labels_of_no_head_is_refused_with_its_labels(tmp_path: Path) -> None:
    path = write_torch_model(tmp_path, {0: "spam", 1: "ham", 2: "eggs"})
    with pytest.raises(UnsupportedModelError, match="spam, ham, eggs"):
        load_scorer(ScorerSettings("torch", str(path), threads=1))


def test_a_folder_that_holds_no_model_is_refused(tmp_path: Path) -> None:
    for runtime in ("onnx", "openvino"):
        with pytest.raises(ArtifactError, match=r"model\.onnx is missing"):
            load_scorer(ScorerSettings(runtime, str(tmp_path)))  # type: ignore[arg-type]
    with pytest.raises(ArtifactError, match="cannot be loaded"):
        load_scorer(ScorerSettings("torch", str(tmp_path)))
