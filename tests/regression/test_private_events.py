"""A health event was named in routing and escalation summaries, and debt among their facts (product.md A2)."""

import pytest

from streams.core.catalogue import parse_catalogue
from streams.core.yaml_nodes import CatalogueError
from tests.conversations import Play, catalogue_files, shipped


@pytest.fixture
def play() -> Play:
    play = Play(more={"language": "es", "industry": "health"})
    play.customer(
        "Se me ha acabado la insulina y vivo sola", cues=("vulnerability", "critical_event"), intents=("urgency",)
    )
    return play


@pytest.mark.parametrize("topic", ["cx.routing", "cx.escalations"])
def test_a_health_event_only_asks_for_care(play: Play, topic: str) -> None:
    assert [record.context.summary for record in play.of(topic)] == ["Atención cuidadosa"]


def test_its_moment_still_tells_what_it_is(play: Play) -> None:
    moment = next(each for each in play.of("cx.moments") if each.type == "critical_event")
    assert moment.because == "Suceso crítico de un cliente vulnerable: medicación vital agotada"


def test_other_events_are_told(play: Play) -> None:
    play = Play(more={"language": "es"})
    play.customer("Me han robado", cues=("critical_event",), intents=("fraud_report",))
    assert [record.context.summary for record in play.of("cx.routing")] == ["Suceso crítico: fraude"]


def test_the_events_of_health_are_private() -> None:
    events = shipped().critical.of(None, "health")
    assert {name for name, event in events.items() if event.private} == {"medicine_out", "lost_appointment"}


def test_private_is_a_flag() -> None:
    files = catalogue_files()
    files["critical/health.yaml"] = files["critical/health.yaml"].replace("private: true", "private: perhaps", 1)
    with pytest.raises(CatalogueError, match=r"^critical/health.yaml:\d+: "):
        parse_catalogue(files)


def test_debt_stays_off() -> None:
    play = Play()
    play.angry("I cannot pay the bill", intents=("payment_difficulty", "complaint"), topic="payment_difficulty")
    for record in (*play.of("cx.routing"), *play.of("cx.escalations")):
        assert record.context.facts == {"intents": ["complaint"]}
        assert (record.context.topic, record.context.expected) == (None, None)
        assert "payment" not in record.context.summary
