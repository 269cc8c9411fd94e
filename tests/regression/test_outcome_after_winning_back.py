"""What was lost before the customer came back or accepted stuck to the closing summary for good (product.md C1)."""

import pytest

from tests.conversations import Play


@pytest.fixture
def play() -> Play:
    return Play()


def test_who_leaves_in_a_second_turn_and_is_won_back_is_neither_lost_nor_churn(play: Play) -> None:
    play.customer("I am thinking of leaving", cues=("leaving",))
    play.customer("Cancel it, I am leaving", cues=("leaving", "leaving_confirmed"))
    play.customer("All right, I will stay", cues=("apology_accepted",))
    play.event("ended")
    assert (play.summaries[0].outcome, play.summaries[0].churn) == ("resolved", False)


def test_who_leaves_again_after_having_been_won_back_is_lost(play: Play) -> None:
    play.customer(cues=("leaving",))
    play.customer(cues=("leaving", "leaving_confirmed"))
    play.customer(cues=("apology_accepted",))
    play.customer(cues=("leaving",))
    play.customer(cues=("leaving", "leaving_confirmed"))
    play.event("ended")
    assert (play.summaries[0].outcome, play.summaries[0].churn) == ("lost", True)


def test_a_conversation_that_reopens_and_ends_well_is_resolved(play: Play) -> None:
    play.angry()
    play.event("ended")
    play.agent("We have put it right.")
    play.thanks(intensity=2)
    play.thanks("You have been very kind.", intensity=2)
    play.event("ended")
    assert [(each.revision, each.outcome, each.advocate) for each in play.summaries] == [
        (1, "lost", False),
        (2, "resolved", True),
    ]


def test_what_was_left_open_is_resolved_once_the_customer_comes_back_and_accepts(play: Play) -> None:
    play.customer(cues=("repeat_contact",))
    play.event("ended")
    play.thanks()
    play.event("ended")
    assert [each.outcome for each in play.summaries] == ["unresolved", "resolved"]


def test_a_loss_before_the_reopening_stays_unresolved_until_the_customer_accepts(play: Play) -> None:
    play.customer(cues=("leaving",))
    play.customer(cues=("leaving", "leaving_confirmed"))
    play.event("ended")
    play.customer("What are your opening hours?")
    play.event("ended")
    assert [(each.outcome, each.churn) for each in play.summaries] == [("lost", True), ("unresolved", True)]


def test_a_new_loss_after_the_reopening_counts(play: Play) -> None:
    play.angry()
    play.event("ended")
    play.angry()
    play.event("ended")
    assert [each.outcome for each in play.summaries] == ["lost", "lost"]
