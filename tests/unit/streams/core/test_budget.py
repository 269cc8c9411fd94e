"""M7 of product.md: hysteresis and cooldown, in event time."""

import pytest

from schemas.times import epoch_ms
from tests.conversations import MINUTE, Play


@pytest.fixture
def play() -> Play:
    return Play()


def test_a_second_incident_of_the_lane_waits_for_the_cooldown_and_is_released(play: Play) -> None:
    """Which then go to `cx.suppressed`"""
    play.angry()
    play.thanks()
    play.angry()
    held = [record for record in play.suppressed if record.topic == "cx.escalations"]
    assert [(record.reason, record.record["status"]) for record in held] == [("cooldown", "raised")]
    resolved_at = play.of("cx.escalations")[-1].at
    assert epoch_ms(held[0].until) == epoch_ms(resolved_at) + 5 * MINUTE
    assert [status for _, status in play.escalations] == ["raised", "resolved"]
    play.tick(10 * MINUTE)
    assert [status for _, status in play.escalations] == ["raised", "resolved", "raised"]
    released = play.of("cx.escalations")[-1]
    assert released.at == held[0].until
    assert released.escalation_id == held[0].record["escalation_id"]
    assert released.record_id != held[0].record["record_id"]


def test_what_no_longer_stands_is_not_released(play: Play) -> None:
    play.angry()
    play.thanks()
    play.angry()
    play.thanks()
    play.tick(10 * MINUTE)
    assert [status for _, status in play.escalations] == ["raised", "resolved"]


def test_what_is_held_back_when_the_conversation_ends_unsolved_is_raised_then(play: Play) -> None:
    play.angry()
    play.thanks()
    play.angry()
    play.event("ended")
    assert [status for _, status in play.escalations] == ["raised", "resolved", "raised"]
    assert play.state is not None
    assert play.state.next_due_ms is None


def test_a_small_rise_waits_and_a_large_one_does_not(play: Play) -> None:
    """Hysteresis"""
    play.customer(cues=("leaving",))
    play.customer(cues=("leaving",), sentiment="negative", intensity=1)
    assert [record.priority for record in play.of("cx.routing")] == [40, 50]
    play.upset(cues=("repeat_contact",))
    assert [status for _, _, status in play.routing] == ["raised", "updated", "updated"]
    play.customer(intents=("legal_or_regulator_threat",))
    held = [record for record in play.suppressed if record.topic == "cx.routing"]
    assert [record.reason for record in held] == ["hysteresis"]


def test_a_higher_band_is_told_at_once(play: Play) -> None:
    play.angry()
    play.angry(cues=("high_stakes",))
    assert play.suppressed == []
    assert [status for _, status in play.escalations] == ["raised", "updated"]


def test_moments_are_always_published(play: Play) -> None:
    for _ in range(4):
        play.angry()
        play.thanks()
    assert len(play.moments) == 8


class TestNeverHeldBack:
    """never a human_request, fraud or danger"""

    def test_a_human_request(self, play: Play) -> None:
        for _ in range(3):
            play.bot()
            play.customer(intents=("talk_to_human",))
            play.agent()
        assert [status for _, _, status in play.routing] == ["raised", "resolved"] * 3
        assert play.suppressed == []

    def test_fraud(self, play: Play) -> None:
        play.customer(cues=("critical_event",))
        play.thanks()
        play.customer(intents=("fraud_report",))
        assert [status for _, _, status in play.routing] == ["raised", "resolved", "raised"]
        assert play.suppressed == []

    def test_danger(self, play: Play) -> None:
        play.angry(cues=("high_stakes", "repeat_contact"), intents=("legal_or_regulator_threat",))
        play.thanks()
        play.angry(intents=("legal_or_regulator_threat",))
        dangerous = [record for record in play.suppressed if record.record.get("severity", 0) >= 90]
        assert dangerous == []
        relations = [status for area, status in play.escalations if area == "customer_relations"]
        assert relations == ["raised", "resolved", "raised"]
