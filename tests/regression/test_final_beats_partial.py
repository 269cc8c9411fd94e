"""A final segment with the revision of its partial was dropped as a duplicate, its words lost (product.md U8)."""

from typing import Any

from tests.conversations import Play


def source(revision: int, *, final: bool) -> dict[str, Any]:
    return {"topic": "cx.transcripts", "revision": revision, "is_final": final}


def test_a_final_segment_replaces_a_partial_of_the_same_revision() -> None:
    play = Play(channel="voice")
    play.angry("this is outra", message_id="s1", source=source(1, final=False))
    assert play.moments == []
    play.angry("this is outrageous", message_id="s1", source=source(1, final=True))
    assert (play.notes[-1], play.moments) == ("applied", [("anger_peak", "opened")])


def test_what_both_of_them_tell_has_two_record_ids() -> None:
    play = Play(channel="voice")
    play.customer("a person", message_id="s1", source=source(0, final=True), intents=("talk_to_human",))
    play.customer("a person", message_id="s2", source=source(1, final=False), intents=("talk_to_human",))
    play.customer(
        "a person, now",
        message_id="s2",
        source=source(1, final=True),
        intents=("talk_to_human",),
        cues=("high_stakes",),
    )
    records = play.of("cx.moments")
    assert [record.phase for record in records] == ["opened", "updated", "updated"]
    assert len({record.record_id for record in records}) == 3


def test_repeats_of_either_change_nothing_then() -> None:
    play = Play(channel="voice")
    play.angry(message_id="s1", source=source(1, final=False))
    play.angry(message_id="s1", source=source(1, final=True))
    before = play.state
    for final in (True, False):
        assert play.angry(message_id="s1", source=source(1, final=final)) == []
        assert (play.notes[-1], play.state) == ("duplicate", before)
