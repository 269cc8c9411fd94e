import orjson
import pytest

from schemas.times import rfc3339
from streams.core.analysis import Analysis
from streams.core.service import Service
from streams.core.state import STATE_LIMIT, StateError, decode_state, encode_state
from tests.conversations import MINUTE, Play


def long_id(number: int, letter: str) -> str:
    return f"{number:05d}" + letter * 507


@pytest.mark.parametrize("letter", ["x", "ñ", "😡", "\x01"], ids=["plain", "two bytes", "four bytes", "escaped"])
@pytest.mark.parametrize("events", [40, 450])
def test_a_state_stays_below_its_limit_whatever_comes(letter: str, events: int) -> None:
    ident = letter * 500
    everything = {
        "intents": ("talk_to_human", "fraud_report", "legal_or_regulator_threat", "complaint", "refund_request"),
        "topic": ident,
        "customer_id": ident,
        "tenant": ident,
        "industry": ident,
        "model": ident,
        "case_refs": [
            {"kind": ident, "value": f"{index}{ident}", "begin": index, "end": index + 1} for index in range(9)
        ],
        "spans": [
            {"begin": index, "end": index + 900, "text": letter, "polarity": "negative", "negated": False}
            for index in range(9)
        ],
        "sketch": [-128] * 256,
    }
    play = Play(conversation=ident, more=everything, thorough=False)
    largest = 0
    for number in range(events):
        text = letter * 8_000
        identity = long_id(number, letter)
        match number % 5:
            case 0:
                play.angry(text, message_id=identity, cues=("leaving", "critical_event", "repeat_contact"))
            case 1:
                play.bot(text, message_id=identity, cues=("cannot_help",))
            case 2:
                play.agent(text, message_id=identity, agent_id=long_id(number, letter))
            case 3:
                play.thanks(text, message_id=identity, intensity=2, valence=0.9)
            case _:
                play.event("human_requested", event_id=identity)
        if number % 30 == 29:
            largest = max(largest, len(encode_state(play.state)))  # type: ignore[arg-type]
            assert largest <= STATE_LIMIT
    assert largest > 0
    assert decode_state(encode_state(play.state)) == play.state  # type: ignore[arg-type]


def test_a_typical_state_is_small() -> None:
    play = Play()
    for _ in range(5):
        play.bot("How can I help you?")
        play.upset("My order 88-1234 has not arrived and nobody answers")
        play.agent("I am looking into it")
        play.thanks()
    assert play.state is not None
    assert len(encode_state(play.state)) < 16_000


def test_two_hundred_turns_are_kept_for_corrections() -> None:
    play = Play(channel="voice")
    for number in range(230):
        play.customer(f"An ordinary sentence number {number} about an ordinary matter.", sketch=[3] * 64)
    assert play.state is not None
    assert len(play.state.entries) == 200


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (b"", "not JSON"),
        (b"[]", "version None"),
        (b'{"v": 5}', "version 5"),
        (b'{"v": 4, "clock_ms": "noon"}', "damaged"),
    ],
)
def test_bytes_that_are_no_state_are_refused_and_say_what_to_do(payload: bytes, says: str) -> None:
    with pytest.raises(StateError, match=says):
        decode_state(payload)


def test_a_state_of_version_3_is_read_as_one_without_doubtful_answers() -> None:
    play = Play()
    play.customer("my son's photo is refused")
    play.bot("Photos are square.")
    assert play.state is not None
    value = orjson.loads(encode_state(play.state)) | {"v": 3}
    for analysis in (value["base"], value["now"]):
        if analysis is not None:
            service = analysis[Analysis._fields.index("service")]
            assert len(service) == len(Service._fields)
            service.pop()
    assert decode_state(orjson.dumps(value)) == play.state


def test_errors_hold_no_personal_data() -> None:
    play = Play()
    play.customer("My name is Montserrat")
    assert play.state is not None
    value = orjson.loads(encode_state(play.state))
    value["clock_ms"] = "Montserrat"
    with pytest.raises(StateError) as raised:
        decode_state(orjson.dumps(value))
    assert "Montserrat" not in str(raised.value)


def test_next_due_and_expiry() -> None:
    play = Play()
    play.customer()
    state = play.state
    assert state is not None
    assert state.next_due_ms == state.clock_ms + 60 * MINUTE
    assert state.expires_ms is None
    play.event("ended")
    assert play.state is not None
    assert play.state.next_due_ms is None
    assert play.state.expires_ms == play.state.clock_ms + 30 * 24 * 60 * MINUTE
    assert rfc3339(play.state.clock_ms) == play.summaries[0].ended_at
