"""A1 (without the customer's value), A2 and A3 of product.md."""

import pytest

from tests.conversations import MINUTE, Play


@pytest.fixture
def play() -> Play:
    return Play()


def handoffs(play: Play) -> list[tuple[str, str]]:
    return [(reason, status) for action, reason, status in play.routing if action == "handoff_to_human"]


class TestHandoff:
    """bot to human, only while a bot speaks, with one of four reasons, strongest first: explicit_request, negative_sentiment, not_understood, task_too_complex (the bot says so or transfers)"""  # noqa: E501

    def test_explicit_request(self, play: Play) -> None:
        play.bot()
        play.customer(intents=("talk_to_human",))
        assert handoffs(play) == [("explicit_request", "raised")]

    @pytest.mark.parametrize("scores", [{"cues": ("leaving",)}, {"emotions": ("anger",), "intensity": 3}])
    def test_negative_sentiment(self, play: Play, scores: dict[str, object]) -> None:
        """negative_sentiment is an open anger_peak, frustration_buildup or churn_risk while the bot speaks"""
        play.bot()
        play.customer(**({"sentiment": "negative", "intensity": 1} | scores))
        assert handoffs(play) == [("negative_sentiment", "raised")]

    @pytest.mark.parametrize("cue", ["repeat_contact", "vulnerability", "critical_event"])
    def test_other_moments_are_no_reason(self, play: Play, cue: str) -> None:
        play.bot()
        play.customer(cues=(cue,))
        assert handoffs(play) == []
        assert play.routing[0][0] == "route"

    def test_not_understood(self, play: Play) -> None:
        play.customer()
        play.bot("I did not understand", cues=("cannot_help",))
        play.customer()
        play.bot("I did not get that", cues=("cannot_help",))
        play.customer()
        assert handoffs(play) == [("not_understood", "raised")]

    def test_the_bot_says_that_it_is_beyond_it(self, play: Play) -> None:
        play.customer()
        play.bot("Lo siento, no puedo hacer ese cambio.", cues=("cannot_help",), language="es")
        assert handoffs(play) == [("task_too_complex", "raised")]

    def test_one_misreading_is_not_too_complex(self, play: Play) -> None:
        play.customer()
        play.bot("Perdona, no te he entendido. Un agente puede ayudarte.", cues=("cannot_help",), language="es")
        assert handoffs(play) == []

    def test_the_bot_transfers(self, play: Play) -> None:
        play.customer()
        play.bot()
        play.event("transferred")
        assert handoffs(play) == [("task_too_complex", "raised")]

    def test_an_agents_transfer_is_none(self, play: Play) -> None:
        play.agent()
        play.event("transferred")
        assert handoffs(play) == []

    def test_only_while_a_bot_speaks(self, play: Play) -> None:
        play.agent()
        play.angry(intents=("talk_to_human",))
        assert handoffs(play) == []

    def test_a_request_made_before_the_bot_speaks_is_handed_over_when_it_does(self, play: Play) -> None:
        play.customer(intents=("talk_to_human",))
        play.bot()
        assert handoffs(play) == [("explicit_request", "raised")]

    def test_the_button(self, play: Play) -> None:
        play.bot()
        play.event("human_requested")
        assert handoffs(play) == [("explicit_request", "raised")]

    def test_a_stronger_reason_later_supersedes_the_first(self, play: Play) -> None:
        """The first in time is emitted at once, a stronger one later emits a new record with `supersedes`"""
        play.bot()
        play.angry()
        play.customer(intents=("talk_to_human",))
        assert handoffs(play) == [("negative_sentiment", "raised"), ("explicit_request", "raised")]
        first, second = (record for record in play.of("cx.routing") if record.action == "handoff_to_human")
        assert second.supersedes == first.routing_id
        assert first.supersedes is None
        assert second.priority >= first.priority
        assert set(first.moment_ids) < set(second.moment_ids)

    def test_a_weaker_reason_later_says_nothing(self, play: Play) -> None:
        play.bot()
        play.customer(intents=("talk_to_human",))
        play.angry()
        assert {reason for reason, _ in handoffs(play)} == {"explicit_request"}
        assert [status for _, status in handoffs(play)] == ["raised", "updated"]

    def test_a_person_answering_resolves_it(self, play: Play) -> None:
        play.bot()
        play.customer(intents=("talk_to_human",))
        play.agent()
        assert handoffs(play) == [("explicit_request", "raised"), ("explicit_request", "resolved")]

    def test_the_end_of_the_contact_resolves_it(self, play: Play) -> None:
        play.bot()
        play.angry()
        play.event("abandoned")
        assert [status for _, status in handoffs(play)] == ["raised", "resolved"]

    def test_nobody_asks_twice(self, play: Play) -> None:
        """With the facts that the bot has collected and what was expected against what happened"""
        play.bot()
        play.customer(
            "I want a refund for order 88-1234",
            intents=("refund_request",),
            topic="refund",
            case_refs=[{"kind": "order", "value": "88-1234", "begin": 24, "end": 31}],
        )
        play.bot("I did not understand", cues=("cannot_help",))
        play.angry()
        handoff = next(record for record in play.of("cx.routing") if record.action == "handoff_to_human")
        context = handoff.context
        assert context.facts == {"intents": ["refund_request"], "bad_answers": 1}
        assert (context.expected, context.happened) == ("refund", "bad answers of the bot: 1")
        assert context.case_refs[0].value == "88-1234"
        assert context.summary == "Order 88-1234, refund: the customer's anger is at its peak"

    @pytest.mark.parametrize("topic", ["cx.routing", "cx.escalations"])
    def test_health_details_stay_off(self, play: Play, topic: str) -> None:
        """Health details stay off routing summaries."""
        play.bot()
        play.upset(
            "My mother's cancer",
            cues=("vulnerability", "critical_event"),
            intents=("bereavement_or_illness",),
            topic="life_event",
        )
        play.angry()
        for record in play.of(topic):
            text = record.context.encode().decode() if hasattr(record.context, "encode") else repr(record.context)
            assert "cancer" not in text
            assert "illness" not in text
            assert "life_event" not in text
            assert "vulnerable" not in record.context.summary


class TestRoute:
    """route to agents with emotional skill, language, department; priority from severity, value and wait; routine contacts get no delay"""  # noqa: E501

    def test_routine_contacts_are_not_routed(self, play: Play) -> None:
        play.customer(intents=("information_request",))
        play.upset()
        play.event("ended")
        assert play.routing == []

    def test_skills_language_and_department(self, play: Play) -> None:
        play.customer(cues=("leaving", "vulnerability"), language="ca")
        record = play.of("cx.routing")[0]
        assert record.required_skills == ("retention", "vulnerable_customers")
        assert (record.language, record.department) == ("ca", "retention")

    def test_priority_is_severity_and_wait(self, play: Play) -> None:
        play.event("queued")
        play.angry(after_ms=7 * MINUTE)
        assert play.of("cx.routing")[0].priority == 65 + 7

    def test_waiting_adds_no_more_than_the_limit(self, play: Play) -> None:
        play.event("queued")
        play.angry(after_ms=55 * MINUTE)
        assert play.of("cx.routing")[0].priority == 65 + 20

    def test_a_request_for_a_person_is_routed_where_no_bot_hands_over(self, play: Play) -> None:
        play.agent()
        play.customer(intents=("talk_to_human",))
        assert play.routing == [("route", "human_request", "raised")]

    def test_resolved_when_nothing_is_open(self, play: Play) -> None:
        play.angry()
        play.thanks()
        assert play.routing == [("route", "anger_peak", "raised"), ("route", "anger_peak", "resolved")]

    @pytest.mark.parametrize(
        ("cues", "free"), [(("repeat_contact",), False), (("vulnerability",), True), (("critical_event",), True)]
    )
    def test_script_and_handle_time_flags(self, play: Play, cues: tuple[str, ...], free: bool) -> None:
        """A3: `script_override_allowed`, `aht_exempt`"""
        play.customer(cues=cues)
        record = play.of("cx.routing")[0]
        assert (record.script_override_allowed, record.aht_exempt) == (free, free)

    def test_a_high_severity_frees_from_script_and_handle_time(self, play: Play) -> None:
        play.angry(cues=("high_stakes",))
        assert play.of("cx.routing")[0].aht_exempt is True
