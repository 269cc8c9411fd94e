"""M6 of product.md: evidence on every moment, and the reason in the conversation's language."""

import pytest

from streams.core.texts import spoken
from tests.conversations import Play, shipped

SPANS = [
    {"begin": 3, "end": 11, "text": "is awful", "polarity": "negative", "negated": False},
    {"begin": 12, "end": 16, "text": "good", "polarity": "positive", "negated": False},
]


def test_charged_words_of_the_right_sign_are_the_evidence() -> None:
    play = Play()
    play.angry("It is awful good", spans=SPANS, intents=("talk_to_human",))
    anger, request = play.of("cx.moments")
    assert [(each.begin, each.end, each.text) for each in anger.evidence] == [(3, 11, "is awful")]
    assert [each.text for each in request.evidence] == ["It is awful good"]


def test_a_negated_phrase_counts_with_the_other_sign() -> None:
    play = Play()
    play.angry(
        "not good at all", spans=[{"begin": 4, "end": 8, "text": "good", "polarity": "positive", "negated": True}]
    )
    assert play.of("cx.moments")[0].evidence[0].text == "good"


def test_spans_beyond_the_text_are_left_out() -> None:
    play = Play()
    play.angry("short", spans=[{"begin": 3, "end": 90, "text": "x", "polarity": "negative", "negated": False}])
    assert play.of("cx.moments")[0].evidence[0].text == "short"


@pytest.mark.parametrize("letter", ["a", "ñ", "😡"])
def test_evidence_is_cut_at_280_code_points(letter: str) -> None:
    play = Play()
    play.angry("  " + letter * 5_000)
    evidence = play.of("cx.moments")[0].evidence[0]
    assert (evidence.begin, evidence.end, evidence.text) == (2, 282, letter * 280)


def test_case_context_comes_first() -> None:
    play = Play()
    play.customer(
        "Third time I write about claim 3322",
        cues=("repeat_contact",),
        topic="refund",
        case_refs=[{"kind": "claim", "value": "3322", "begin": 31, "end": 35}],
    )
    moment = play.of("cx.moments")[0]
    assert moment.because == (
        "Claim 3322, refund: third time the customer contacts about this and the earlier ones failed"
    )
    assert moment.because_code.code == "unresolved_repeat_3"
    assert moment.because_code.values == {"case": "3322", "case_kind": "claim", "topic": "refund", "times": 3}
    assert moment.case_refs[0].value == "3322"


@pytest.mark.parametrize(
    ("languages", "begins"),
    [
        (("es", "es", "ca"), "El enfado"),
        (("ca", "ca", "es"), "L'enuig"),
        (("es", "ca"), "L'enuig"),
        (("mixed",), "El enfado"),
        (("und", "pt", "und"), "A raiva"),
        (("und",), "The customer's"),
    ],
    ids=["majority es", "majority ca", "tie: the last", "mixed in Spanish", "und says nothing", "und in English"],
)
def test_the_reason_is_told_in_the_conversations_language(languages: tuple[str, ...], begins: str) -> None:
    play = Play()
    for language in languages[:-1]:
        play.customer(language=language)
    play.angry(language=languages[-1])
    assert play.of("cx.moments")[0].because.startswith(begins)


def test_every_reason_is_one_line_in_every_language() -> None:
    texts = shipped().texts
    values = {"turns": 2, "event": "x", "times": 4, "answers": 2, "case": "7", "case_kind": "order"}
    for code in texts.because:
        for language in ("es", "ca", "en", "pt"):
            line = texts.because_line(code, values, spoken(language))
            assert "\n" not in line
            assert 10 < len(line) < 160
            assert line[0].isupper()


def test_abstain_degraded_confidence_and_model_are_carried() -> None:
    play = Play()
    play.angry(degraded=True, confidence=0.61, model="lexicon@0")
    moment = play.of("cx.moments")[0]
    assert (moment.degraded, moment.abstain, moment.confidence, moment.model) == (True, False, 0.61, "lexicon@0")


def test_probability_is_that_of_the_label_behind_the_type() -> None:
    play = Play()
    play.angry(emotions={"anger": 0.83})
    assert play.of("cx.moments")[0].probability == 0.83


def test_tenant_industry_channel_customer_and_catalogue_stand_on_moments() -> None:
    play = Play(channel="app", more={"tenant": "acme", "industry": "retail", "customer_id": "u1"})
    play.angry()
    moment = play.of("cx.moments")[0]
    assert (moment.tenant, moment.industry, moment.channel, moment.customer_id, moment.catalogue) == (
        "acme",
        "retail",
        "app",
        "u1",
        shipped().digest,
    )
