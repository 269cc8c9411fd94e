"""A lost frustration_buildup opened again with one further turn at 2 (product.md M1)."""

import pytest

from tests.conversations import Play


def leaves(play: Play) -> None:
    play.upset("I am cancelling", cues=("leaving_confirmed",))


def hangs_up(play: Play) -> None:
    play.event("ended")


@pytest.mark.parametrize("ends", [leaves, hangs_up])
def test_a_new_incident_needs_two_new_turns(ends: object) -> None:
    assert callable(ends)
    play = Play()

    def buildups() -> list[str]:
        return [phase for kind, phase in play.moments if kind == "frustration_buildup"]

    play.upset()
    play.upset()
    ends(play)
    assert buildups() == ["opened", "lost"]
    play.upset()
    assert buildups() == ["opened", "lost"]
    play.upset()
    assert buildups() == ["opened", "lost", "opened"]


def test_a_turn_before_the_end_still_counts_if_nothing_had_built_up() -> None:
    play = Play()
    play.upset()
    play.event("ended")
    play.upset()
    assert play.moments[-1] == ("frustration_buildup", "opened")
