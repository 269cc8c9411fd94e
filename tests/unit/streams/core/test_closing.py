"""C1 of product.md: peak-end, predicted satisfaction, effort, outcome, advocate / churn flag."""

import pytest

from tests.conversations import Play


@pytest.fixture
def play() -> Play:
    return Play()


class TestOutcome:
    def test_abandoned(self, play: Play) -> None:
        play.customer()
        play.event("abandoned")
        assert play.summaries[0].outcome == "abandoned"

    def test_lost(self, play: Play) -> None:
        play.angry()
        play.event("ended")
        assert play.summaries[0].outcome == "lost"

    def test_resolved_by_thanks(self, play: Play) -> None:
        play.angry()
        play.thanks()
        play.customer("bye", cues=("formula",))
        play.event("ended")
        assert play.summaries[0].outcome == "resolved"

    def test_unresolved_when_a_moment_is_left_open(self, play: Play) -> None:
        play.customer(cues=("repeat_contact",))
        play.event("ended")
        assert play.summaries[0].outcome == "unresolved"

    def test_unresolved_in_negative_words(self, play: Play) -> None:
        play.customer(sentiment="negative", intensity=1)
        play.event("ended")
        assert play.summaries[0].outcome == "unresolved"

    def test_unknown(self, play: Play) -> None:
        play.customer()
        play.event("ended")
        assert play.summaries[0].outcome == "unknown"


def test_an_advocate_ends_glad_after_a_delight_or_a_recovery(play: Play) -> None:
    play.thanks(intensity=3)
    play.event("ended")
    assert play.summaries[0].advocate is True


@pytest.mark.parametrize("last", [{"intensity": 1}, {"sentiment": "negative", "intensity": 2, "emotions": ("anger",)}])
def test_no_advocate_otherwise(play: Play, last: dict[str, object]) -> None:
    play.thanks(intensity=3)
    play.customer()
    play.customer(**last)
    play.event("ended")
    assert play.summaries[0].advocate is False


@pytest.mark.parametrize(("thanks", "churn"), [(False, True), (True, False)])
def test_churn_is_a_risk_that_was_not_recovered(play: Play, thanks: bool, churn: bool) -> None:
    play.customer(cues=("leaving",))
    if thanks:
        play.thanks()
    play.event("ended")
    assert play.summaries[0].churn is churn


def test_who_leaves_and_is_won_back_is_no_churn(play: Play) -> None:
    play.customer(cues=("leaving", "leaving_confirmed"))
    play.customer("All right, I will stay", cues=("apology_accepted",))
    play.event("ended")
    assert play.summaries[0].churn is False


def test_effort_counts_turns_repeats_and_transfers(play: Play) -> None:
    play.customer(cues=("repeat_contact",))
    play.agent(agent_id="a1")
    play.event("transferred")
    play.agent(agent_id="a2")
    play.customer()
    play.event("ended")
    record = play.summaries[0]
    assert (record.effort.turns, record.effort.repeats, record.effort.transfers) == (2, 1, 1)
    assert record.agent_ids == ("a1", "a2")


def test_the_summary_names_its_moments_once(play: Play) -> None:
    play.angry()
    play.thanks(intensity=2)
    play.event("ended")
    assert play.summaries[0].moments == tuple(dict.fromkeys(moment.moment_id for moment in play.of("cx.moments")))
