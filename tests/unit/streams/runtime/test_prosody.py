"""The voice moves arousal only where it may, and by how much the formula says (product.md U8)."""

import math
from typing import Any

import pytest

from schemas.inputs import Message, Prosody, TranscriptSegment
from streams.runtime.prosody import LIMIT, PULL, Use, activation, fused, usable
from streams.runtime.scored_log import LogContext, scored_utterance

LOUD = {"pitch": 2.0, "energy": 3.0, "rate": 1.0}
SCORE: dict[str, Any] = {
    "text": "no puede ser",
    "language": "es",
    "model": "m",
    "abstain": False,
    "degraded": False,
    "arousal": 0.3,
}


def segment(role: str = "customer", prosody: dict[str, float] | None = LOUD) -> TranscriptSegment:
    return TranscriptSegment.from_value(
        {
            "segment_id": "s1",
            "conversation_id": "c1",
            "channel": "voice",
            "role": role,
            "text": "no puede ser",
            "is_final": True,
            "revision": 0,
            "begin_ms": 0,
            "end_ms": 900,
            "started_at": "2026-03-02T09:00:00Z",
            "prosody": prosody,
        }
    )


def entry(record: TranscriptSegment | Message, use: Use) -> tuple[float | None, bool | None]:
    scored = scored_utterance(record, SCORE, LogContext("cat0", {}, use), lambda text: text)
    return scored.arousal, None if scored.source is None else scored.source.prosody


def test_it_is_off_unless_switched_on() -> None:
    assert entry(segment(), "off") == (0.3, None)


def test_a_loud_customer_is_more_aroused_and_the_entry_says_why() -> None:
    expected = 1 / (1 + math.exp(-(math.log(0.3 / 0.7) + PULL * 2.0)))
    assert entry(segment(), "customer") == (round(expected, 4), True)


@pytest.mark.parametrize("role", ["agent", "bot"])
def test_the_voice_of_an_agent_or_bot_is_never_used(role: str) -> None:
    assert entry(segment(role), "customer") == (0.3, None)


def test_without_features_the_words_stand_alone() -> None:
    assert entry(segment(prosody=None), "customer") == (0.3, None)
    assert entry(segment(prosody={}), "customer") == (0.3, None)


def test_a_written_message_has_no_voice() -> None:
    message = Message.from_value(
        {
            "message_id": "m1",
            "conversation_id": "c1",
            "channel": "webchat",
            "role": "customer",
            "text": "no",
            "sent_at": "2026-03-02T09:00:00Z",
            "prosody": LOUD,
        }
    )
    assert usable(message, "customer") is None


def test_the_speakers_own_baseline_changes_nothing() -> None:
    assert fused(0.42, Prosody(pitch=0.0, energy=0.0)) == 0.42


@pytest.mark.parametrize("arousal", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_arousal_stays_a_probability_and_rises_with_the_voice(arousal: float) -> None:
    values = [fused(arousal, Prosody(energy=energy)) for energy in (-1e9, -1.0, 0.0, 1.0, 1e9)]
    assert values == sorted(values)
    assert all(0.0 <= value <= 1.0 for value in values)


def test_a_fault_of_the_microphone_does_not_shout() -> None:
    assert activation(Prosody(pitch=400.0)) == LIMIT
