"""A delight from before the anger was updated by the turn that opened recovery (product.md M1)."""

from tests.conversations import Play


def test_anger_closes_an_open_delight() -> None:
    play = Play()
    play.thanks(intensity=3)
    play.angry()
    assert play.moments == [("delight", "opened"), ("delight", "closed"), ("anger_peak", "opened")]
    closed = play.of("cx.moments")[1]
    assert (closed.because_code.code, closed.message_id) == ("closed_anger", "m2")
    assert [each.message_id for each in closed.evidence] == ["m1"]


def test_a_turn_of_recovery_says_nothing_of_delight() -> None:
    """recovery: positive at 2 or more, or an accepted apology, after an anger peak; delight does not open too."""
    play = Play()
    play.thanks(intensity=3)
    play.angry()
    before = len(play.moments)
    play.thanks(intensity=3)
    assert play.moments[before:] == [("anger_peak", "recovered"), ("recovery", "opened")]
