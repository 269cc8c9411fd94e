"""A6 of product.md."""

import pytest

from schemas.times import epoch_ms
from tests.conversations import MINUTE, Play


@pytest.fixture
def play() -> Play:
    return Play()


class TestWhatEscalates:
    """opens on anger_peak, frustration_buildup, churn_risk, reputation_risk, unresolved_repeat, and on critical_event together with vulnerable_customer (either alone only routes)"""  # noqa: E501

    @pytest.mark.parametrize(
        ("scores", "area", "minutes"),
        [
            ({"sentiment": "negative", "intensity": 3, "emotions": ("anger",)}, "supervisor", 5),
            ({"cues": ("leaving",)}, "retention", 15),
            ({"intents": ("public_exposure_threat",)}, "customer_relations", 30),
            ({"cues": ("repeat_contact",)}, "case_owner", 60),
            ({"cues": ("critical_event", "vulnerability")}, "operations", 10),
        ],
    )
    def test_these_do(self, play: Play, scores: dict[str, object], area: str, minutes: int) -> None:
        play.customer(**scores)
        assert play.escalations == [(area, "raised")]
        record = play.of("cx.escalations")[0]
        assert epoch_ms(record.due_at) - epoch_ms(record.at) == minutes * MINUTE

    def test_frustration(self, play: Play) -> None:
        play.upset()
        play.upset()
        assert play.escalations == [("supervisor", "raised")]

    @pytest.mark.parametrize("cue", ["critical_event", "vulnerability"])
    def test_either_alone_only_routes(self, play: Play, cue: str) -> None:
        play.customer(cues=(cue,))
        assert play.escalations == []
        assert [action for action, _, _ in play.routing] == ["route"]

    def test_the_pair_may_come_in_two_turns(self, play: Play) -> None:
        play.customer(cues=("vulnerability",))
        play.customer(cues=("critical_event",))
        record = play.of("cx.escalations")[0]
        assert (record.target_area, record.reason, len(record.moment_ids)) == ("operations", "critical_event", 2)

    def test_the_catalogue_names_the_area_of_a_critical_event(self) -> None:
        play = Play(more={"industry": "banking"})
        play.customer(intents=("lost_or_stolen",), cues=("vulnerability",))
        assert play.escalations == [("card_services", "raised")]

    @pytest.mark.parametrize("scores", [{"intents": ("talk_to_human",)}, {"sentiment": "positive", "intensity": 3}])
    def test_these_do_not(self, play: Play, scores: dict[str, object]) -> None:
        play.customer(**scores)
        assert play.escalations == []

    def test_severity_bands_decide_no_escalation(self, play: Play) -> None:
        """The bands set priority and display, A6 alone decides escalation"""
        play.customer(cues=("critical_event", "high_stakes", "repeat_contact"), sentiment="negative", intensity=3)
        severe = play.of("cx.moments")[0]
        assert (severe.type, severe.severity) == ("critical_event", 95)
        assert play.escalations == [("case_owner", "raised")]


class TestOneForEachArea:
    """one escalation per conversation and target area, then updated, withdrawn or resolved"""

    def test_a_second_moment_in_the_area_updates_it(self, play: Play) -> None:
        play.upset()
        play.upset()
        play.angry()
        assert play.escalations == [("supervisor", "raised"), ("supervisor", "updated")]
        first, second = play.of("cx.escalations")
        assert first.escalation_id == second.escalation_id
        assert (second.reason, len(second.moment_ids)) == ("anger_peak", 2)

    def test_it_is_never_due_later_than_it_was(self, play: Play) -> None:
        play.upset()
        play.upset()
        play.angry(after_ms=MINUTE)
        play.angry(after_ms=6 * MINUTE, cues=("high_stakes",))
        due = [record.due_at for record in play.of("cx.escalations")]
        assert due[1] < due[0]
        assert due[2] == due[1]

    def test_areas_apart(self, play: Play) -> None:
        play.angry(cues=("leaving",))
        assert sorted(play.escalations) == [("retention", "raised"), ("supervisor", "raised")]

    def test_resolved_when_all_its_moments_recovered(self, play: Play) -> None:
        play.angry()
        play.thanks()
        assert play.escalations == [("supervisor", "raised"), ("supervisor", "resolved")]

    @pytest.mark.parametrize("kind", ["ended", "abandoned"])
    def test_what_nobody_solved_stays_due_after_the_end(self, play: Play, kind: str) -> None:
        play.customer(cues=("repeat_contact",))
        play.event(kind)
        assert play.escalations == [("case_owner", "raised"), ("case_owner", "updated")]
        assert play.of("cx.escalations")[-1].context.happened is not None

    def test_a_new_incident_joins_what_is_still_due(self, play: Play) -> None:
        play.angry()
        play.event("ended")
        play.angry(after_ms=20 * MINUTE)
        assert [status for _, status in play.escalations] == ["raised", "updated", "updated"]
        assert len({record.escalation_id for record in play.of("cx.escalations")}) == 1

    def test_after_a_resolved_one_a_new_incident_is_a_new_escalation(self, play: Play) -> None:
        play.angry()
        play.thanks()
        play.angry(after_ms=20 * MINUTE)
        assert [status for _, status in play.escalations] == ["raised", "resolved", "raised"]
        assert len({record.escalation_id for record in play.of("cx.escalations")}) == 2
