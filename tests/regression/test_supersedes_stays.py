"""`supersedes` stood on the first record of a superseding hand-off only (product.md A2)."""

from streams.core.state import ConversationState
from tests.conversations import MINUTE, Play


def handoffs(play: Play) -> list[tuple[str, str, str | None]]:
    records = [record for record in play.of("cx.routing") if record.action == "handoff_to_human"]
    return [(record.reason, record.status, record.supersedes) for record in records]


def test_later_records_of_a_stronger_handoff_name_what_it_supersedes() -> None:
    play = Play()
    play.bot()
    play.angry()
    play.customer(intents=("talk_to_human",))
    play.customer("I am leaving then", cues=("leaving",))
    play.agent()
    first = next(record.routing_id for record in play.of("cx.routing") if record.action == "handoff_to_human")
    assert handoffs(play) == [
        ("negative_sentiment", "raised", None),
        ("explicit_request", "raised", first),
        ("explicit_request", "updated", first),
        ("explicit_request", "resolved", first),
    ]


def test_a_handoff_that_stands_again_after_a_correction_is_told_at_once() -> None:
    play = Play(channel="voice")
    play.bot()
    play.angry()
    heard = {"topic": "cx.transcripts", "revision": 0, "is_final": True}
    play.customer("a person", message_id="s1", source=heard, intents=("talk_to_human",))
    play.customer("in person", message_id="s1", source=heard | {"revision": 1})
    first = next(record.routing_id for record in play.of("cx.routing") if record.action == "handoff_to_human")
    assert [(reason, status) for reason, status, _ in handoffs(play)][-2:] == [
        ("explicit_request", "withdrawn"),
        ("negative_sentiment", "updated"),
    ]
    assert play.of("cx.routing")[-1].routing_id == first


def test_what_is_superseded_is_forgotten_with_the_handoff_that_supersedes_it() -> None:
    play = Play()
    for _ in range(12):
        play.bot()
        play.angry()
        play.customer(intents=("talk_to_human",))
        play.agent()
        play.thanks(after_ms=30 * MINUTE)
        play.event("ended")
    state = play.state
    assert isinstance(state, ConversationState)
    assert len(state.told) < 30
