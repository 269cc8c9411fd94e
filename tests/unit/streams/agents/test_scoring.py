"""The scorer as the score stage uses it: notes are masked whatever their language, spans fit the record."""

import pytest

from models.registry import ScorerSettings, load_scorer
from schemas.inputs import JourneyEvent
from schemas.scored import Scored
from streams.agents.scoring import LoadedScorer
from streams.runtime.scored_log import LogContext, ScoreRequest, scored_journey


@pytest.fixture(scope="module")
def scorer() -> LoadedScorer:
    return LoadedScorer(load_scorer(ScorerSettings("lexicon")))


@pytest.mark.parametrize(
    ("note", "masked"),
    [
        ("La clienta pide que la llamen al 612 345 678", "La clienta pide que la llamen al [PHONE]"),
        ("llamó desde el +34 93 412 34 56, sin respuesta", "llamó desde el [PHONE], sin respuesta"),
        ("móvil seis doce treinta y cuatro cincuenta y seis setenta y ocho", "móvil [PHONE]"),
        ("devolver a ES91 2100 0418 4502 0005 1332 hoy", "devolver a [IBAN] hoy"),
        ("paga con la 4111 1111 1111 1111, cvv 123", "paga con la [CARD], cvv [CVV]"),
        ("dice que su tarjeta 4111 1111 1111 1112 no va", "dice que su tarjeta [CARD] no va"),
        ("escribe a ana.puig@correo.es o a ana arroba correo punto es", "escribe a [EMAIL] o a [EMAIL]"),
        ("titular con DNI 12345678Z", "titular con DNI [ID]"),
        ("vol que la truquin al 612345678", "vol que la truquin al [PHONE]"),
        ("reclamo 3322, expediente 2025/00123", "reclamo 3322, expediente 2025/00123"),
    ],
)
def test_a_note_of_a_journey_event_is_masked_though_nobody_says_its_language(
    scorer: LoadedScorer, note: str, masked: str
) -> None:
    event = JourneyEvent.from_value(
        {
            "event_id": "e1",
            "conversation_id": "c1",
            "kind": "agent_note",
            "at": "2026-03-02T09:00:05Z",
            "attributes": {"note": note, "history": [{"said": note}]},
        }
    )
    entry = scored_journey(event, LogContext("cat0", {}), scorer.mask)
    assert entry.journey is not None
    assert entry.journey.attributes == {"note": masked, "history": [{"said": masked}]}


def test_spans_carry_their_polarity_after_negation(scorer: LoadedScorer) -> None:
    texts = ["Esto es una vergüenza, qué desastre", "no estoy contento"]
    scores = scorer.score([ScoreRequest(text, "es") for text in texts])
    entries = [
        Scored.from_value({"kind": "utterance", "catalogue": "cat0", "conversation_id": "c1", "message_id": "m1",
                           "role": "customer", "channel": "webchat", "at": "2026-03-02T09:00:00Z",
                           "source": {"topic": "cx.messages"}, **score})
        for score in scores
    ]  # fmt: skip
    spans = [span for entry in entries for span in entry.spans or ()]
    assert spans
    assert [span.polarity for span in spans] == ["negative"] * len(spans)
    assert any(span.negated for span in spans)
