"""Phases of moments by product.md M1: recovered, lost, closed, and conversations that reopen."""

import pytest

from tests.conversations import MINUTE, Play


@pytest.fixture
def play() -> Play:
    return Play()


def last_phases(play: Play) -> dict[str, str]:
    return dict(play.moments)


class TestRecovered:
    """recovered (customer accepts or thanks; for human_request and bot_failure: a person answers)"""

    def test_thanks(self, play: Play) -> None:
        play.customer(cues=("repeat_contact",))
        play.thanks()
        assert last_phases(play) == {"unresolved_repeat": "recovered"}
        assert play.of("cx.moments")[-1].because_code.code == "recovered_accepted"

    def test_acceptance(self, play: Play) -> None:
        play.upset(cues=("leaving",))
        play.customer(cues=("apology_accepted",))
        assert last_phases(play) == {"churn_risk": "recovered"}

    def test_a_bare_closing_phrase_is_no_thanks(self, play: Play) -> None:
        play.customer(cues=("repeat_contact",))
        play.customer("Gracias, adiós", intents=("praise_or_thanks",), cues=("formula",))
        assert last_phases(play) == {"unresolved_repeat": "opened"}

    def test_sarcastic_thanks_recover_nothing(self, play: Play) -> None:
        play.customer(cues=("repeat_contact",))
        play.thanks(cues=("sarcasm",))
        assert last_phases(play) == {"unresolved_repeat": "opened"}

    def test_thanks_with_new_evidence_of_the_same_recover_nothing(self, play: Play) -> None:
        play.customer(cues=("leaving",))
        play.thanks("Thanks, but I am leaving", cues=("leaving",))
        assert last_phases(play) == {"churn_risk": "updated"}

    @pytest.mark.parametrize("how", ["agent", "answered"])
    def test_a_person_answers(self, play: Play, how: str) -> None:
        play.bot(cues=("cannot_help",))
        play.customer()
        play.bot(cues=("cannot_help",))
        play.customer(intents=("talk_to_human",))
        if how == "agent":
            play.agent(agent_id="a1")
        else:
            play.event("answered")
        assert last_phases(play) == {"bot_failure": "recovered", "human_request": "recovered"}

    def test_thanking_the_bot_does_not_end_a_human_request(self, play: Play) -> None:
        play.customer(intents=("talk_to_human",))
        play.bot()
        play.thanks()
        assert last_phases(play) == {"human_request": "opened"}

    def test_the_agent_who_is_asked_for_a_supervisor_is_not_the_answer(self, play: Play) -> None:
        play.agent(agent_id="a1")
        play.customer("Your supervisor, please", intents=("talk_to_human",))
        play.agent(agent_id="a1")
        assert last_phases(play) == {"human_request": "opened"}
        play.agent(agent_id="a2")
        assert last_phases(play) == {"human_request": "recovered"}


class TestLost:
    """lost (confirms leaving, files, abandons, or ends at negative 2 or more)"""

    def test_confirms_leaving(self, play: Play) -> None:
        play.customer(cues=("leaving",))
        play.customer(cues=("leaving", "leaving_confirmed"))
        assert play.moments == [("churn_risk", "opened"), ("churn_risk", "lost")]

    def test_leaving_confirmed_at_once_opens_and_is_lost_at_the_end(self, play: Play) -> None:
        play.customer(cues=("leaving", "leaving_confirmed"))
        play.event("ended")
        assert play.moments == [("churn_risk", "opened"), ("churn_risk", "lost")]
        assert play.of("cx.moments")[-1].because_code.code == "lost_left"

    def test_files(self, play: Play) -> None:
        play.customer("I will go to the ombudsman", intents=("legal_or_regulator_threat",))
        play.customer("I have filed it with the ombudsman", intents=("legal_or_regulator_threat",))
        assert play.moments == [("reputation_risk", "opened"), ("reputation_risk", "lost")]

    def test_announcing_again_is_not_filing(self, play: Play) -> None:
        play.customer("I will go to the ombudsman", intents=("legal_or_regulator_threat",))
        play.customer("I will file it tomorrow", intents=("legal_or_regulator_threat",))
        assert last_phases(play) == {"reputation_risk": "updated"}

    def test_abandons(self, play: Play) -> None:
        play.customer(cues=("repeat_contact",))
        play.event("abandoned")
        assert last_phases(play) == {"unresolved_repeat": "lost"}
        assert play.of("cx.moments")[-1].trigger == "abandoned"

    @pytest.mark.parametrize(("intensity", "phase"), [(1, "closed"), (2, "lost"), (3, "lost")])
    def test_ends_at_negative_2_or_more(self, play: Play, intensity: int, phase: str) -> None:
        play.customer(cues=("repeat_contact",))
        play.customer(sentiment="negative", intensity=intensity, emotions=("sadness",))
        play.customer("bye", cues=("formula",))
        play.event("ended")
        assert last_phases(play) == {"unresolved_repeat": phase}

    def test_human_requests_are_lost_too(self, play: Play) -> None:
        play.upset(intents=("talk_to_human",))
        play.event("ended")
        assert last_phases(play) == {"human_request": "lost"}


class TestClosed:
    """`ended`, `abandoned` and silence close the conversation and with it every open moment."""

    def test_closed_is_anything_else(self, play: Play) -> None:
        play.customer(cues=("repeat_contact",))
        play.customer("ok")
        play.event("ended")
        assert last_phases(play) == {"unresolved_repeat": "closed"}
        moment = play.of("cx.moments")[-1]
        assert (moment.message_id, moment.trigger) == ("m2", "ended")

    def test_positive_moments_close_also_on_a_bad_end(self, play: Play) -> None:
        play.thanks(intensity=3)
        play.event("abandoned")
        assert last_phases(play) == {"delight": "closed"}

    @pytest.mark.parametrize(
        ("channel", "minutes"),
        [
            ("voice", 10),
            ("branch", 10),
            ("webchat", 60),
            ("app", 60),
            ("whatsapp", 72 * 60),
            ("sms", 72 * 60),
            ("social", 72 * 60),
            ("email", 7 * 24 * 60),
        ],
    )
    def test_silence(self, channel: str, minutes: int) -> None:
        """Voice and branch 10 min; webchat and app 60 min; whatsapp, sms and social 72 h; e-mail 7 days."""
        play = Play(channel=channel)
        play.customer(cues=("repeat_contact",))
        assert play.tick(minutes * MINUTE - 1) == []
        play.tick(1)
        assert last_phases(play) == {"unresolved_repeat": "closed"}
        assert play.of("cx.moments")[-1].trigger == "silence"
        assert play.summaries[0].ended_at == play.of("cx.moments")[-1].at


class TestReopened:
    """What comes later reopens the conversation (revision + 1); a new incident is a new moment."""

    def test_a_later_message_reopens_it(self, play: Play) -> None:
        play.angry()
        play.event("ended")
        assert play.state is not None
        assert play.state.closed
        assert play.state.next_due_ms is None
        play.angry()
        assert not play.state.closed
        play.event("ended")
        assert [summary.revision for summary in play.summaries] == [1, 2]
        assert len(set(play.summaries[1].moments)) == 2
        assert [phase for _, phase in play.moments] == ["opened", "lost", "opened", "lost"]

    @pytest.mark.parametrize("kind", ["ended", "abandoned"])
    def test_a_second_end_changes_nothing(self, play: Play, kind: str) -> None:
        play.customer()
        play.event("ended")
        assert play.event(kind, event_id="e9") == []
        assert play.notes[-1] == "ignored"
        assert play.state is not None
        assert play.state.closed
        play.customer("one more thing")
        play.event(kind, event_id="e9")
        assert play.notes[-1] == "duplicate"
        assert not play.state.closed

    @pytest.mark.parametrize("kind", ["agent_note", "case_closed", "purchase"])
    def test_office_work_neither_reopens_nor_keeps_open(self, play: Play, kind: str) -> None:
        play.customer()
        play.event(kind, after_ms=59 * MINUTE)
        assert play.tick(MINUTE) != []
        assert play.event(kind) == []
        assert play.state is not None
        assert play.state.closed

    def test_after_the_marker_the_id_starts_a_new_conversation(self, play: Play) -> None:
        play.angry()
        play.event("ended")
        play.customer("hello", after_ms=30 * 24 * 60 * MINUTE)
        play.event("ended")
        assert [summary.revision for summary in play.summaries] == [1, 1]
        assert play.summaries[1].moments == ()
