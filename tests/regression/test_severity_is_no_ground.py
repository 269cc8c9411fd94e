"""A stake told in other words became the evidence and the message of whatever was open (product.md M6)."""

from tests.conversations import Play


def test_a_stake_told_later_raises_an_open_moment_without_becoming_its_evidence() -> None:
    play = Play(more={"language": "es"})
    play.angry("¡Es una vergüenza!")
    play.customer("mañana vence el plazo de la hipoteca", cues=("high_stakes",))
    opened, updated = play.of("cx.moments")
    assert (updated.phase, updated.severity - opened.severity) == ("updated", 10)
    assert updated.message_id == opened.message_id == "m1"
    assert updated.evidence == opened.evidence
    assert (updated.confidence, updated.probability) == (opened.confidence, opened.probability)
    assert updated.at > opened.at
    assert updated.record_id != opened.record_id


def test_vulnerability_told_later_is_the_reason_but_not_the_words() -> None:
    play = Play()
    play.customer("They stole my card", cues=("critical_event",))
    play.customer("I have cancer", cues=("vulnerability",))
    event = [moment for moment in play.of("cx.moments") if moment.type == "critical_event"][-1]
    assert event.because_code.code == "critical_event_vulnerable"
    assert [each.text for each in event.evidence] == ["They stole my card"]


def test_a_turn_that_is_evidence_itself_still_is() -> None:
    play = Play()
    play.angry("Outrageous!")
    play.angry("And my mortgage is due tomorrow!", cues=("high_stakes",))
    updated = play.of("cx.moments")[-1]
    assert (updated.message_id, updated.severity) == ("m2", 75)
    assert [each.message_id for each in updated.evidence] == ["m1", "m2"]
