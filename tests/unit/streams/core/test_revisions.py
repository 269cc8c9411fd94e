"""A newer revision replaces the utterance and is judged again: update or retraction (product.md U8, Phases)."""

from typing import Any

import pytest

from streams.core.history import ENTRIES_KEPT
from tests.conversations import MINUTE, Play


def source(revision: int, *, final: bool = True) -> dict[str, Any]:
    return {"topic": "cx.transcripts", "revision": revision, "is_final": final}


@pytest.fixture
def play() -> Play:
    return Play(channel="voice")


def test_a_moment_that_loses_its_ground_is_retracted_and_what_it_caused_withdrawn(play: Play) -> None:
    """What a retracted moment caused is withdrawn."""
    play.bot()
    play.angry(message_id="s1", source=source(0))
    play.customer("fine", message_id="s1", source=source(1))
    assert play.moments == [("anger_peak", "opened"), ("anger_peak", "retracted")]
    opened, retracted = play.of("cx.moments")
    assert (retracted.moment_id, retracted.evidence) == (opened.moment_id, ())
    assert retracted.message_id == "s1"
    assert play.escalations == [("supervisor", "raised"), ("supervisor", "withdrawn")]
    assert sorted(play.routing) == [
        ("handoff_to_human", "negative_sentiment", "raised"),
        ("handoff_to_human", "negative_sentiment", "withdrawn"),
        ("route", "anger_peak", "raised"),
        ("route", "anger_peak", "withdrawn"),
    ]


def test_an_older_revision_changes_nothing(play: Play) -> None:
    play.angry(message_id="s1", source=source(3))
    before = play.state
    assert play.customer(message_id="s1", source=source(2)) == []
    assert (play.notes[-1], play.state) == ("duplicate", before)


def test_a_moment_that_still_stands_is_updated_under_its_id(play: Play) -> None:
    play.angry("I am so angry", message_id="s1", source=source(0))
    play.angry("I am so very angry", message_id="s1", source=source(1), cues=("high_stakes",))
    opened, updated = play.of("cx.moments")
    assert (updated.phase, updated.moment_id) == ("updated", opened.moment_id)
    assert [each.text for each in updated.evidence] == ["I am so very angry"]
    assert updated.severity == 75


def test_a_correction_that_changes_nothing_of_a_moment_is_silent(play: Play) -> None:
    play.angry("I am so angri", message_id="s1", source=source(0))
    play.customer("a note", message_id="s2", source=source(0))
    outputs = play.customer("a nota", message_id="s2", source=source(1))
    assert outputs == []
    assert play.notes[-1] == "applied"


def test_a_moment_whose_first_ground_falls_keeps_its_id_by_its_other_grounds(play: Play) -> None:
    """Moment ids stay the same for what still stands."""
    play.angry(message_id="s1", source=source(0))
    play.angry(message_id="s2", source=source(0))
    play.customer(message_id="s1", source=source(1))
    assert [phase for _, phase in play.moments] == ["opened", "updated", "updated"]
    assert len({moment.moment_id for moment in play.of("cx.moments")}) == 1
    assert len({record.escalation_id for record in play.of("cx.escalations")}) == 1
    assert "withdrawn" not in {status for _, status in play.escalations}
    play.thanks()
    assert play.moments[-1] == ("anger_peak", "recovered")
    assert len({moment.moment_id for moment in play.of("cx.moments")}) == 1


def test_a_correction_may_open_what_was_not_heard(play: Play) -> None:
    play.customer(message_id="s1", source=source(0))
    play.agent()
    play.angry(message_id="s1", source=source(1))
    assert play.moments == [("anger_peak", "opened")]


def test_a_correction_far_back_changes_what_followed_from_it(play: Play) -> None:
    play.upset(message_id="s1", source=source(0))
    play.agent()
    play.upset(message_id="s2", source=source(0))
    play.agent()
    play.customer(message_id="s1", source=source(1))
    assert play.moments == [("frustration_buildup", "opened"), ("frustration_buildup", "retracted")]


def test_a_partial_that_asked_for_a_person_and_a_final_that_does_not(play: Play) -> None:
    play.bot()
    play.customer(message_id="s1", source=source(0, final=False), intents=("talk_to_human",))
    play.customer(message_id="s1", source=source(1))
    assert play.moments == [("human_request", "opened"), ("human_request", "retracted")]
    assert [status for _, _, status in play.routing] == ["raised", "withdrawn"]


def test_partials_that_agree_are_one_moment(play: Play) -> None:
    for revision in range(3):
        play.customer(message_id="s1", source=source(revision, final=False), intents=("talk_to_human",))
    play.customer(message_id="s1", source=source(3), intents=("talk_to_human",))
    assert play.moments[0] == ("human_request", "opened")
    assert len({moment.moment_id for moment in play.of("cx.moments")}) == 1
    assert "retracted" not in {phase for _, phase in play.moments}


def test_a_correction_after_the_end_sends_the_summary_again_and_does_not_reopen(play: Play) -> None:
    play.angry(message_id="s1", source=source(0))
    play.event("ended")
    play.customer(message_id="s1", source=source(1))
    assert [phase for _, phase in play.moments] == ["opened", "lost", "retracted"]
    assert [(summary.revision, summary.outcome, summary.moments) for summary in play.summaries] == [
        (1, "lost", (play.of("cx.moments")[0].moment_id,)),
        (2, "unknown", ()),
    ]
    assert play.summaries[0].ended_at == play.summaries[1].ended_at
    assert play.state is not None
    assert play.state.closed


def test_a_correction_after_the_end_that_changes_nothing_sends_nothing(play: Play) -> None:
    play.customer(message_id="s1", source=source(0))
    play.event("ended")
    assert play.customer("other words", message_id="s1", source=source(1)) == []


def test_a_final_after_the_end_whose_partial_came_before_reopens(play: Play) -> None:
    play.customer(message_id="s1", source=source(0, final=False))
    play.event("ended")
    play.angry(message_id="s1", source=source(1))
    assert play.moments == [("anger_peak", "opened")]
    assert play.escalations == [("supervisor", "raised")]
    play.tick(10 * MINUTE)
    assert [summary.revision for summary in play.summaries] == [1, 2]


def test_a_revision_of_a_turn_too_long_ago_is_ignored(play: Play) -> None:
    play.customer(message_id="s1", source=source(0))
    for number in range(ENTRIES_KEPT):
        play.customer(message_id=f"more {number}")
    before = play.state
    assert play.angry(message_id="s1", source=source(1)) == []
    assert (play.notes[-1], play.state) == ("ignored", before)
    play.customer(message_id="s1", source=source(0))
    assert (play.notes[-1], play.state) == ("duplicate", before)


def test_a_retraction_gives_back_what_the_moment_had_kept_from_opening(play: Play) -> None:
    play.angry(message_id="s1", source=source(0))
    play.thanks(message_id="s2", intensity=3)
    assert ("recovery", "opened") in play.moments
    play.customer(message_id="s1", source=source(1))
    assert [pair for pair in play.moments if pair[1] == "retracted"] == [
        ("anger_peak", "retracted"),
        ("recovery", "retracted"),
    ]
    assert ("delight", "opened") in play.moments
