"""What a line of the catalogue asks of an utterance: probabilities, wordings, and their agreement."""

import pytest

from streams.core.catalogue import Catalogue, CatalogueError, parse_catalogue
from tests.conversations import Play, catalogue_files


def catalogue_with(when: str) -> Catalogue:
    """The shipped catalogue in which churn_risk opens by these lines alone."""
    files = catalogue_files()
    text = files["moments.yaml"]
    start = text.index("    when:", text.index("  churn_risk:"))
    end = text.index("    probability: cues.leaving")
    lines = "".join(f"      - {line}\n" for line in when.split("\n"))
    return parse_catalogue(files | {"moments.yaml": f"{text[:start]}    when:\n{lines}{text[end:]}"})


def opens(when: str, text: str = "text", **scores: object) -> bool:
    play = Play(catalogue=catalogue_with(when))
    play.customer(text, **scores)
    return ("churn_risk", "opened") in play.moments


@pytest.mark.parametrize(("chance", "holds"), [(0.59, False), (0.6, True)])
def test_a_floor_asks_for_a_probability_of_its_own(chance: float, holds: bool) -> None:
    assert opens("{cues: leaving, floor: 0.6}", cues={"leaving": chance}) is holds


def test_below_the_scorers_threshold_a_low_floor_still_counts() -> None:
    scores = {"cues": {"leaving": 0.2}, "cues_present": []}
    assert opens("{cues: leaving, floor: 0.15}", **scores)
    assert not opens("{cues: leaving}", **scores)


def test_a_floor_is_for_every_kind_of_label_in_the_line() -> None:
    line = "{cues: leaving, intents: [complaint, cancel_service], floor: 0.4}"
    assert opens(line, cues={"leaving": 0.5}, intents={"complaint": 0.1, "cancel_service": 0.4})
    assert not opens(line, cues={"leaving": 0.5}, intents={"complaint": 0.3})


@pytest.mark.parametrize(("chance", "holds"), [(0.3, True), (0.2, False)])
def test_a_turn_that_is_neutral_may_still_sound_dissatisfied_enough(chance: float, holds: bool) -> None:
    scores = {"sentiment": "neutral", "sentiment_probabilities": {"negative": chance, "neutral": 1 - chance}}
    assert opens("{negative_from: 0.25}", **scores) is holds
    assert opens("{negative_from: 0.25, cues: leaving, floor: 0.4}", **scores, cues={"leaving": 0.5}) is holds


def test_a_missing_score_does_not_hold() -> None:
    assert not opens("{cues: leaving, floor: 0.1}", cues=None)
    assert not opens("{negative_from: 0.1}", sentiment_probabilities=None)
    assert not opens("{said: leaving, without: deny}", "I'm leaving", language="en", intents=None)


@pytest.mark.parametrize(("chance", "holds"), [(0.3, True), (0.1, False)])
def test_a_wording_and_a_score_may_have_to_agree(chance: float, holds: bool) -> None:
    line = "{said: leaving, cues: leaving, floor: 0.2}"
    assert opens(line, "I'm going elsewhere then", language="en", cues={"leaving": chance}) is holds
    assert not opens(line, "I'm going home then", language="en", cues={"leaving": chance})


def test_a_wording_may_be_one_that_must_not_be_there() -> None:
    line = "{said: leaving, lacks: wants_person}"
    assert opens(line, "I'm going elsewhere", language="en")
    assert not opens(line, "I'm going elsewhere unless I speak to a manager", language="en")


@pytest.mark.parametrize(("text", "holds"), [("No, no", False), ("no, la tarjeta ya la tengo", True)])
def test_a_line_may_ask_for_more_than_a_bare_word(text: str, holds: bool) -> None:
    assert opens("{intents: deny, long_words: 2}", text, intents={"deny": 0.9}, intents_present=["deny"]) is holds


def test_without_takes_cues_and_intents() -> None:
    line = "{said: leaving, without: [sarcasm, praise_or_thanks]}"
    assert opens(line, "I'm going elsewhere", language="en")
    assert not opens(line, "I'm going elsewhere", language="en", intents=("praise_or_thanks",))
    assert not opens(line, "I'm going elsewhere", language="en", cues=("sarcasm",))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{cues: leaving, floor: 0.05}", "write a number from 0.1 to 1"),
        ("{sentiment: negative, floor: 0.5}", "a floor is for emotions, intents, cues"),
        ("{floor: 0.5}", "a condition needs at least one of"),
        ("{said: leavin}", "did you mean leaving?"),
    ],
)
def test_a_line_that_cannot_be_meant_is_an_error(line: str, says: str) -> None:
    with pytest.raises(CatalogueError, match=r"^moments.yaml:\d+: ") as raised:
        catalogue_with(line)
    assert says in str(raised.value)


class TestCriticalEvents:
    """`heard` stands for itself; what is only hinted at needs an entry whose wording or intent fits."""

    @pytest.fixture
    def play(self) -> Play:
        return Play(more={"industry": "airline", "language": "en"})

    def test_a_hint_alone_is_none(self, play: Play) -> None:
        play.customer("My seat is by the window", cues={"critical_event": 0.2}, intents=("complaint",))
        assert play.moments == []

    def test_a_hint_and_the_wording_of_an_entry_are_one(self, play: Play) -> None:
        play.customer("My flight has been cancelled", cues={"critical_event": 0.37})
        assert play.moments == [("critical_event", "opened")]

    def test_the_wording_alone_is_none(self, play: Play) -> None:
        play.customer("I cancelled my newsletter", cues={"critical_event": 0.02})
        assert play.moments == []

    def test_what_the_events_go_by_must_be_told(self) -> None:
        files = catalogue_files()
        broken = files["moments.yaml"].replace("    catalogue: critical ", "    when: [{cues: critical_event}]  # ", 1)
        with pytest.raises(CatalogueError, match="write both, or neither"):
            parse_catalogue(files | {"moments.yaml": broken})
