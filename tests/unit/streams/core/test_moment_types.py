"""Each type of moment by its sentence in product.md M1, with the negative cases that the sentence names."""

from typing import Final

import pytest

from tests.conversations import Play, utterance


def opened(play: Play) -> list[str]:
    return [name for name, phase in play.moments if phase == "opened"]


@pytest.fixture
def play() -> Play:
    return Play()


class TestAngerPeak:
    """anger leads, at intensity 3, shouted or icy; 2 is not a peak. Contempt, an accusation of lying or an ultimatum in cold words is 3, dry irony alone is 2."""  # noqa: E501

    @pytest.mark.parametrize("arousal", [0.1, 0.9])
    def test_anger_at_3_is_a_peak_shouted_or_icy(self, play: Play, arousal: float) -> None:
        play.angry(arousal=arousal)
        assert opened(play) == ["anger_peak"]

    def test_2_is_not_a_peak(self, play: Play) -> None:
        play.angry(intensity=2)
        assert opened(play) == []

    def test_anger_that_does_not_lead_is_none(self, play: Play) -> None:
        play.angry(emotions={"anger": 0.6, "disappointment": 0.8})
        assert opened(play) == []

    @pytest.mark.parametrize("intensity", [1, 2, 3])
    def test_contempt_in_cold_words_is_3(self, play: Play, intensity: int) -> None:
        play.angry(intensity=intensity, arousal=0.2, cues=("contempt_or_ultimatum",), emotions=())
        assert opened(play) == ["anger_peak"]
        assert play.of("cx.moments")[0].severity == 35 + 30

    def test_dry_irony_alone_is_2(self, play: Play) -> None:
        play.angry("Great, third time this week. Congratulations.", arousal=0.3, cues=("sarcasm",))
        assert opened(play) == []

    def test_shouted_sarcasm_stays_3(self, play: Play) -> None:
        play.angry(arousal=0.9, cues=("sarcasm",))
        assert opened(play) == ["anger_peak"]


class TestFrustrationBuildup:
    """the second customer turn at 2 or more with anger, frustration or disappointment in it (anxiety or sadness alone do not count), before any 3."""  # noqa: E501

    @pytest.mark.parametrize("emotion", ["anger", "frustration", "disappointment"])
    def test_the_second_turn_opens_it(self, play: Play, emotion: str) -> None:
        play.upset()
        assert opened(play) == []
        play.customer("calm in between")
        play.upset(emotions=(emotion, "anxiety"))
        assert opened(play) == ["frustration_buildup"]

    @pytest.mark.parametrize("emotion", ["anxiety", "sadness", "confusion"])
    def test_anxiety_or_sadness_alone_do_not_count(self, play: Play, emotion: str) -> None:
        play.upset(emotions=(emotion,))
        play.upset(emotions=(emotion,))
        play.upset()
        assert opened(play) == []

    def test_intensity_1_does_not_count(self, play: Play) -> None:
        play.upset(intensity=1)
        play.upset()
        assert opened(play) == []

    @pytest.mark.parametrize(
        ("text", "language", "opens"),
        [
            ("ya estoy harto de esperar", "es", True),
            ("n'estic ben fart", "ca", True),
            ("this is getting ridiculous", "en", True),
            ("que descaso com o cliente", "pt", True),
            ("I'm waiting for the call", "en", False),
        ],
    )
    def test_words_of_having_had_enough_make_a_1_a_step(
        self, play: Play, text: str, language: str, opens: bool
    ) -> None:
        tone = {"negative": 0.5, "neutral": 0.5, "positive": 0.0}
        play.upset()
        play.upset(text, language=language, intensity=1, sentiment_probabilities=tone)
        assert opened(play) == ["frustration_buildup"] * opens

    def test_such_words_alone_are_none(self, play: Play) -> None:
        play.upset()
        play.customer("this is ridiculous, it is so good", language="en")
        assert opened(play) == []

    def test_not_after_a_3(self, play: Play) -> None:
        play.angry()
        play.upset()
        play.upset()
        assert opened(play) == ["anger_peak"]

    def test_an_anger_peak_as_second_turn_is_only_a_peak(self, play: Play) -> None:
        play.upset()
        play.angry()
        assert opened(play) == ["anger_peak"]

    def test_agents_and_bots_do_not_count(self, play: Play) -> None:
        play.agent(sentiment="negative", intensity=2, emotions=("frustration",))
        play.bot(sentiment="negative", intensity=2, emotions=("frustration",))
        play.upset()
        assert opened(play) == []

    def test_both_turns_are_its_evidence(self, play: Play) -> None:
        play.upset("first")
        play.upset("second")
        assert [each.text for each in play.of("cx.moments")[0].evidence] == ["first", "second"]


class TestChurnRisk:
    """says or implies leaving by choice; not a need that ended, one returned item, or a denial."""

    def test_leaving_by_choice(self, play: Play) -> None:
        play.customer(cues=("leaving",))
        assert opened(play) == ["churn_risk"]

    def test_naming_a_competitor_to_go_to(self, play: Play) -> None:
        play.customer(intents=("switch_to_competitor",))
        assert opened(play) == ["churn_risk"]

    @pytest.mark.parametrize(("negative", "opens"), [(0.4, True), (0.1, False)])
    def test_a_hint_counts_in_a_dissatisfied_tone(self, play: Play, negative: float, opens: bool) -> None:
        tone = {"negative": negative, "neutral": 1 - negative, "positive": 0.0}
        text = "what does it cost to take it elsewhere?"
        play.customer(text, language="en", cues={"leaving": 0.25}, cues_present=[], sentiment_probabilities=tone)
        assert opened(play) == ["churn_risk"] * opens

    @pytest.mark.parametrize(
        "intents", [("cancel_service",), ("refund_request",), ("deny",)], ids=["need ended", "returned item", "denial"]
    )
    def test_a_need_that_ended_a_returned_item_and_a_denial_are_none(
        self, play: Play, intents: tuple[str, ...]
    ) -> None:
        play.customer(intents=intents)
        assert opened(play) == []

    @pytest.mark.parametrize(
        ("text", "language", "opens"),
        [
            ("Hemos vendido la casa y nos mudamos: den de baja la luz", "es", False),
            ("ja no hi visc, voldria donar-ho de baixa", "ca", False),
            ("we're moving abroad, please cancel it", "en", False),
            ("me voy a otra compañía", "es", True),
            ("tanqueu-me el compte", "ca", True),
            ("I'm moving to another provider", "en", True),
        ],
    )
    def test_who_has_no_use_for_it_any_more_does_not_leave_by_choice(
        self, play: Play, text: str, language: str, opens: bool
    ) -> None:
        play.customer(text, language=language, cues=("leaving",))
        assert (opened(play) == ["churn_risk"]) is opens


class TestReputationRisk:
    """announces regulator, ombudsman, lawyer, press or a public post; complaining in public is not enough."""

    @pytest.mark.parametrize("intent", ["legal_or_regulator_threat", "public_exposure_threat"])
    def test_an_announcement(self, play: Play, intent: str) -> None:
        play.customer(intents=(intent,))
        assert opened(play) == ["reputation_risk"]

    def test_complaining_in_public_is_not_enough(self) -> None:
        play = Play(channel="social")
        play.upset(intents=("complaint",))
        assert opened(play) == []


class TestVulnerableCustomer:
    """bereavement, illness, disability, frailty, job loss or debt, of the customer or of someone who depends on the outcome, that makes this matter harder or dangerous now. Hints count; age or a pension alone, or an easy matter told calmly, does not."""  # noqa: E501

    def test_a_hint_counts(self, play: Play) -> None:
        play.customer("I cannot get down the stairs", cues=("vulnerability",))
        assert opened(play) == ["vulnerable_customer"]

    def test_illness_with_a_stake(self, play: Play) -> None:
        play.customer(intents=("bereavement_or_illness",), cues=("high_stakes",))
        assert opened(play) == ["vulnerable_customer"]

    def test_an_easy_matter_told_calmly_is_none(self, play: Play) -> None:
        play.customer(intents=("bereavement_or_illness", "information_request"))
        assert opened(play) == []


class TestCriticalEvent:
    """at once, even told calmly: fraud, lost card, cancelled trip, no room on arrival, water damage, vital medicine out; from the first turn that says or implies the event. Other faults only once a stake is said."""  # noqa: E501

    @pytest.mark.parametrize(
        ("industry", "text", "intents", "cues", "event"),
        [
            (None, "There are charges I never made", ("fraud_report",), (), "fraud"),
            ("banking", "I lost my card", ("lost_or_stolen",), (), "lost_card"),
            (
                "airline",
                "My flight has been cancelled",
                ("travel_disruption",),
                ("critical_event",),
                "cancelled_flight",
            ),
            ("airline", "Han cancel·lat el vol", ("travel_disruption",), ("critical_event",), "cancelled_flight"),
            ("hospitality", "They say there is no room for us", ("complaint",), ("critical_event",), "no_room"),
            ("insurance", "Hi ha una fuita d’aigua al pis", ("urgency",), ("critical_event",), "water_damage"),
            ("health", "Se me acabó la medicación", (), ("critical_event",), "medicine_out"),
            ("retail", "something nobody listed", (), ("critical_event",), "other"),
        ],
    )
    def test_at_once_even_told_calmly(
        self, industry: str | None, text: str, intents: tuple[str, ...], cues: tuple[str, ...], event: str
    ) -> None:
        play = Play(more={"industry": industry})
        play.customer(text, intents=intents, cues=cues, language="mixed")
        assert opened(play) == ["critical_event"]
        assert play.of("cx.moments")[0].because_code.values["event"] == event

    def test_other_faults_only_once_a_stake_is_said(self, play: Play) -> None:
        play.customer(intents=("product_fault",))
        assert opened(play) == []
        play.customer("the insulin is in it", intents=("product_fault",), cues=("high_stakes",))
        assert opened(play) == ["critical_event"]

    def test_a_lost_phone_charger_in_a_shop_is_none(self) -> None:
        play = Play(more={"industry": "retail"})
        play.customer(intents=("lost_or_stolen",))
        assert opened(play) == []

    def test_a_described_event_takes_the_place_of_an_undescribed_one(self) -> None:
        play = Play(more={"industry": "banking"})
        play.customer(cues=("critical_event",))
        play.customer(intents=("fraud_report",), cues=("critical_event",))
        last = play.of("cx.moments")[-1]
        assert (last.phase, last.because_code.values["event"]) == ("updated", "fraud")


class TestUnresolvedRepeat:
    """an earlier contact, submission or repair on this matter, before this conversation, failed (a promise past its date and an unanswered submission are failures); not a status question, not repeating to a bot."""  # noqa: E501

    def test_an_earlier_contact_failed(self, play: Play) -> None:
        play.customer(cues=("repeat_contact",))
        assert opened(play) == ["unresolved_repeat"]

    def test_a_status_question_is_none(self, play: Play) -> None:
        play.customer(intents=("case_status",))
        assert opened(play) == []

    def test_repeating_to_a_bot_is_none(self, play: Play) -> None:
        sketch = [5] * 64
        play.customer("my order", sketch=sketch)
        play.bot("Choose a number")
        play.customer("my order", sketch=sketch)
        assert opened(play) == []


class TestBotFailure:
    """the first customer turn after the second bad answer (no match, loop, need ignored, a true but useless status); one corrected misreading is none."""  # noqa: E501

    def test_cannot_help_twice(self, play: Play) -> None:
        play.customer()
        play.bot(cues=("cannot_help",))
        play.customer()
        play.bot(cues=("cannot_help",))
        assert opened(play) == []
        play.customer("and now?")
        assert opened(play) == ["bot_failure"]
        assert play.of("cx.moments")[0].message_id == "m5"

    def test_one_corrected_misreading_is_none(self, play: Play) -> None:
        play.customer()
        play.bot(cues=("cannot_help",))
        for _ in range(3):
            play.customer()
            play.bot()
        assert opened(play) == []

    def test_two_no_matches(self, play: Play) -> None:
        play.bot()
        play.event("bot_no_match")
        play.event("bot_no_match")
        play.customer()
        assert opened(play) == ["bot_failure"]

    def test_a_no_match_and_the_bots_words_about_it_are_one_bad_answer(self, play: Play) -> None:
        play.customer()
        play.event("bot_no_match")
        play.bot(cues=("cannot_help",))
        play.customer()
        assert opened(play) == []

    def test_a_loop_by_words(self, play: Play) -> None:
        for _ in range(4):
            play.bot("Choose 1, 2 or 3.")
            play.customer()
        assert opened(play) == ["bot_failure"]
        assert play.of("cx.moments")[0].message_id == "m6"

    def test_an_answer_that_the_bot_can_only_repeat_was_of_no_help_either(self, play: Play) -> None:
        play.customer("my reading is 4417")
        play.bot("Send a number of six digits.")
        play.customer("my meter has five")
        play.bot("Send a number of six digits.")
        assert opened(play) == []
        play.customer("it has five!")
        assert opened(play) == ["bot_failure"]

    def test_an_answer_that_helped_may_be_given_again(self, play: Play) -> None:
        play.customer("when does it arrive?")
        play.bot("In three days.")
        play.customer("great", intents=("affirm",))
        play.bot("In three days.")
        play.customer("and the other one?")
        assert opened(play) == []

    def test_needs_that_were_ignored(self, play: Play) -> None:
        play.customer("a new badge")
        play.bot("You can buy one.")
        play.customer("No, I want to renew it", intents=("deny",))
        play.bot("Upload a photo.")
        assert opened(play) == []
        play.customer("no, that is what fails", intents=("deny",))
        assert opened(play) == ["bot_failure"]

    @pytest.mark.parametrize(
        ("doubt", "negative", "moments"),
        [(0.5, 0.4, ["bot_failure"]), (0.1, 0.4, []), (0.5, 0.1, [])],
        ids=["both", "a plain answer", "a content reply"],
    )
    def test_of_a_doubtful_answer_a_dissatisfied_tone_says_that_it_was_bad(
        self, play: Play, doubt: float, negative: float, moments: list[str]
    ) -> None:
        tone = {"negative": negative, "neutral": 1 - negative, "positive": 0.0}
        play.customer("my son's photo is refused")
        for answer, reply in (("Photos are square.", "it is square"), ("A badge costs ten.", "the photo, I said")):
            play.bot(answer, cues={"cannot_help": doubt})
            play.customer(reply, sentiment="neutral", sentiment_probabilities=tone)
        assert opened(play) == moments

    @pytest.mark.parametrize("reply", ["No, no", "not now", "no need, really"])
    def test_a_bare_no_answers_a_question(self, play: Play, reply: str) -> None:
        for question in ("Shall I book it?", "A window seat?", "Anything else today?"):
            play.customer(reply, language="en", intents=("deny",))
            play.bot(question)
        play.customer(reply, language="en", intents=("deny",))
        assert opened(play) == []

    @pytest.mark.parametrize(
        ("reply", "language"), [("No, no es eso", "es"), ("això no", "ca"), ("no, not that", "en")]
    )
    def test_short_words_can_say_that_it_was_not_what_was_asked(self, play: Play, reply: str, language: str) -> None:
        for number in range(3):
            play.customer(reply, language=language, intents=("deny",))
            play.bot(f"Answer {number}")
        assert opened(play) == ["bot_failure"]

    @pytest.mark.parametrize(
        ("reply", "language"),
        [
            ("Ninguna de las dos, lo que necesito es el duplicado", "es"),
            ("cap de les dues, vull el resultat", "ca"),
            ("none of those. what I'm asking is where it is", "en"),
            ("foi isso que perguntei", "pt"),
        ],
    )
    def test_who_puts_the_need_right_rejects_the_answer(self, play: Play, reply: str, language: str) -> None:
        play.customer("where is my parcel?", language=language)
        for number in range(2):
            play.bot(f"Answer {number}")
            play.customer(f"{reply} {number}", language=language)
        assert opened(play) == ["bot_failure"]

    def test_who_thanks_rejects_nothing_whatever_the_words(self, play: Play) -> None:
        for number in range(3):
            play.bot(f"Answer {number}")
            play.customer("what I need is exactly that, thanks", language="en", intents=("praise_or_thanks",))
        assert opened(play) == []

    def test_who_complains_after_a_greeting_rejects_nothing(self, play: Play) -> None:
        play.bot("How can I help?")
        play.customer(sentiment="negative", intensity=1, intents=("complaint",))
        play.bot("Your balance is 20.")
        assert opened(play) == []
        play.customer(sentiment="negative", intensity=1, intents=("complaint",))
        assert opened(play) == []

    def test_no_thanks_is_no_rejection(self, play: Play) -> None:
        for _ in range(3):
            play.customer("no, thank you", intents=("deny", "praise_or_thanks"))
            play.bot()
        play.customer("no", intents=("deny",), cues=("formula",))
        assert opened(play) == []

    def test_a_loop_by_sketch(self, play: Play) -> None:
        for number in range(3):
            play.bot(f"Please choose one of these, {number}", sketch=[*([9] * 63), number])
            play.customer()
        assert opened(play) == ["bot_failure"]

    def test_a_need_ignored_twice(self, play: Play) -> None:
        for number in range(3):
            play.customer("I need my invoice", sketch=[*([9] * 63), number])
            play.bot()
        assert opened(play) == ["bot_failure"]

    def test_like_sketches_without_shared_words_are_no_repeat(self, play: Play) -> None:
        for said, answered in (("my invoice", "one moment"), ("since March", "thanks"), ("the blue house", "found")):
            play.customer(said, sketch=[9] * 64)
            play.bot(answered, sketch=[9] * 64)
        play.customer("well then", sketch=[9] * 64)
        assert opened(play) == []

    def test_none_when_a_person_has_taken_over(self, play: Play) -> None:
        play.bot(cues=("cannot_help",))
        play.customer()
        play.bot(cues=("cannot_help",))
        play.agent()
        play.customer()
        assert opened(play) == []


class TestHumanRequest:
    """asks for a person or a supervisor, irony included, or presses the button."""

    def test_asking(self, play: Play) -> None:
        play.customer(intents=("talk_to_human",))
        assert opened(play) == ["human_request"]

    def test_irony_included(self, play: Play) -> None:
        play.customer("Is there a human being left?", intents=("talk_to_human",), cues=("sarcasm",))
        assert opened(play) == ["human_request"]

    def test_the_button_names_the_customers_last_utterance_and_the_trigger(self, play: Play) -> None:
        play.customer("hello")
        play.bot()
        play.event("human_requested")
        moment = play.of("cx.moments")[0]
        assert (moment.type, moment.message_id, moment.trigger) == ("human_request", "m1", "human_requested")
        assert moment.evidence[0].text == "hello"

    def test_the_button_before_any_word_names_none_and_has_no_evidence(self, play: Play) -> None:
        play.event("human_requested")
        moment = play.of("cx.moments")[0]
        assert (moment.type, moment.message_id, moment.evidence) == ("human_request", None, ())

    def test_the_button_opens_it_though_the_words_abstain(self, play: Play) -> None:
        play.customer("???", abstain=True, degraded=True)
        play.event("human_requested")
        moment = play.of("cx.moments")[0]
        assert (moment.type, moment.abstain, moment.degraded) == ("human_request", True, True)


class TestDelightAndRecovery:
    """delight: positive at 3 with no anger peak before. recovery: positive at 2 or more, or an accepted apology, after an anger peak; delight does not open too."""  # noqa: E501

    def test_delight(self, play: Play) -> None:
        play.thanks(intensity=3)
        assert opened(play) == ["delight"]
        assert play.of("cx.moments")[0].polarity == "positive"

    def test_positive_at_2_is_no_delight(self, play: Play) -> None:
        play.thanks(intensity=2)
        assert opened(play) == []

    @pytest.mark.parametrize("intensity", [2, 3])
    def test_recovery_after_an_anger_peak_and_no_delight_too(self, play: Play, intensity: int) -> None:
        play.angry()
        play.thanks(intensity=intensity)
        assert opened(play) == ["anger_peak", "recovery"]

    def test_an_accepted_apology_recovers(self, play: Play) -> None:
        play.angry()
        play.customer(cues=("apology_accepted",))
        assert opened(play) == ["anger_peak", "recovery"]

    def test_plain_thanks_after_anger_are_no_recovery(self, play: Play) -> None:
        play.angry()
        play.thanks(intensity=1)
        assert opened(play) == ["anger_peak"]

    def test_no_recovery_without_an_anger_peak(self, play: Play) -> None:
        play.upset()
        play.customer(cues=("apology_accepted",))
        assert opened(play) == []


class TestWhoOpens:
    """Customer utterances open them; quoted, joking, negated, hypothetical or third-party feelings open none."""

    EVERYTHING = (
        "leaving", "vulnerability", "critical_event", "repeat_contact", "contempt_or_ultimatum", "high_stakes",
    )  # fmt: skip

    @pytest.mark.parametrize("role", ["agent", "bot"])
    def test_agents_and_bots_open_none(self, play: Play, role: str) -> None:
        play._say(role, "text", sentiment="negative", intensity=3, emotions=("anger",), cues=self.EVERYTHING)
        assert opened(play) == []

    def test_what_is_not_about_the_company_opens_none(self, play: Play) -> None:
        for _ in range(2):
            play.angry(cues=(*self.EVERYTHING, "not_about_company"), intents=("talk_to_human", "fraud_report"))
        assert opened(play) == []

    def test_an_abstaining_utterance_opens_none(self, play: Play) -> None:
        for _ in range(2):
            play.angry(cues=self.EVERYTHING, intents=("talk_to_human", "fraud_report"), abstain=True)
        assert opened(play) == []

    def test_a_rule_whose_scores_are_missing_skips(self, play: Play) -> None:
        missing = utterance("m1", sentiment=None, intensity=None, emotions=None, intents=None, cues=None)
        play.put(missing)
        play.put(utterance("m2", sentiment="negative", intensity=None, emotions=("anger",), cues=None))
        assert opened(play) == []

    def test_unknown_labels_are_ignored(self, play: Play) -> None:
        play.put(
            utterance("m1", intents_present=["talk_to_martian"], emotions_present=["ennui"], cues_present=["novelty"])
        )
        assert opened(play) == []


PARTIAL: Final = {"topic": "cx.transcripts", "revision": 0, "is_final": False}
FINAL: Final = {"topic": "cx.transcripts", "revision": 1, "is_final": True}


class TestPartialTranscripts:
    """ASR partials are scored and may open only human_request and critical_event; every other type waits for is_final."""  # noqa: E501

    def test_partials_open_only_these_two(self) -> None:
        play = Play(channel="voice")
        play.angry(
            source=PARTIAL,
            intents=("talk_to_human", "fraud_report", "legal_or_regulator_threat"),
            cues=("leaving", "vulnerability", "repeat_contact"),
        )
        assert opened(play) == ["critical_event", "human_request"]

    def test_the_final_opens_the_rest_and_is_one_turn(self) -> None:
        play = Play(channel="voice")
        play.angry(source=PARTIAL, message_id="s1")
        assert opened(play) == []
        play.angry(source=FINAL, message_id="s1")
        play.event("ended")
        assert opened(play) == ["anger_peak"]
        assert play.summaries[0].effort.turns == 1


def test_one_incident_is_one_moment_not_six_alerts(play: Play) -> None:
    """While one is open, new evidence updates it: one incident is one moment, not six alerts."""
    for _ in range(6):
        play.angry()
    assert play.moments == [("anger_peak", "opened")] + [("anger_peak", "updated")] * 5
    assert len({moment.moment_id for moment in play.of("cx.moments")}) == 1


def test_a_new_incident_is_a_new_moment(play: Play) -> None:
    play.angry()
    play.thanks()
    play.angry()
    ids = [moment.moment_id for moment in play.of("cx.moments") if moment.phase == "opened"]
    assert len(ids) == 2 == len(set(ids))
