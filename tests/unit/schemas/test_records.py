from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.inputs import JourneyEvent, Message
from schemas.record import DecodeError
from schemas.scored import Scored
from schemas.topics import RECORD_TYPES

MESSAGE: dict[str, Any] = {
    "message_id": "m1",
    "conversation_id": "c1",
    "channel": "webchat",
    "role": "customer",
    "text": "hola",
    "sent_at": "2026-03-02T09:00:00Z",
}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1, max_size=8).filter(lambda name: name not in Message.model_fields), JSON))
def test_unknown_fields_survive_a_round_trip(unknown: dict[str, Any]) -> None:
    given_record = MESSAGE | unknown
    assert orjson.loads(Message.decode(orjson.dumps(given_record)).encode()) == given_record


def test_unknown_fields_survive_inside_nested_objects() -> None:
    value = {
        "kind": "journey",
        "catalogue": "cat0",
        "conversation_id": "c1",
        "at": "2026-03-02T09:00:00Z",
        "source": {"topic": "cx.journey", "shard": 7},
        "event_id": "e1",
        "journey": {"kind": "queued", "colour": "red"},
    }
    assert orjson.loads(Scored.from_value(value).encode()) == value


def test_absent_optional_fields_stay_absent_and_null_ones_stay_null() -> None:
    assert b"customer_id" not in Message.decode(orjson.dumps(MESSAGE)).encode()
    assert orjson.loads(Message.decode(orjson.dumps(MESSAGE | {"customer_id": None})).encode())["customer_id"] is None


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"text": 5}, "text"),
        ({"message_id": None}, "message_id"),
        ({"message_id": ""}, "message_id"),
        ({"role": "robot"}, "role"),
        ({"channel": "voice"}, "channel"),
        ({"sent_at": "2026-03-02"}, "sent_at"),
        ({"sent_at": "2026-03-02T09:00:00"}, "sent_at"),
        ({"sent_at": "2026-13-02T09:00:00Z"}, "sent_at"),
        ({"attributes": []}, "attributes"),
    ],
)
def test_known_fields_are_strict_and_the_error_names_them(change: dict[str, Any], named: str) -> None:
    with pytest.raises(DecodeError, match=named) as caught:
        Message.decode(orjson.dumps(MESSAGE | change))
    assert caught.value.reason == "invalid"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b'{"a":"\\ud800"}', "not_json"),
        (b"NaN", "not_json"),
        (b"[]", "not_an_object"),
    ],
)
def test_what_is_no_json_object_is_refused(payload: bytes, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        Message.decode(payload)
    assert caught.value.reason == reason


def test_errors_never_quote_the_content() -> None:
    with pytest.raises(DecodeError) as caught:
        Message.decode(orjson.dumps(MESSAGE | {"role": "Anna Puig", "sent_at": "ES9121000418450200051332"}))
    assert "Anna" not in str(caught.value)
    assert "ES91" not in str(caught.value)


def test_records_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Message.decode(orjson.dumps(MESSAGE)).text = "other"  # type: ignore[misc]


def test_an_utterance_needs_what_makes_it_one() -> None:
    with pytest.raises(DecodeError, match="a utterance needs message_id, role"):
        Scored.from_value(
            {
                "kind": "utterance",
                "catalogue": "cat0",
                "conversation_id": "c1",
                "at": "2026-03-02T09:00:00Z",
                "source": {"topic": "cx.messages"},
            }
        )


def test_a_changed_copy_is_checked_like_any_other_record() -> None:
    event = JourneyEvent.from_value({"event_id": "e1", "kind": "queued", "at": "2026-03-02T09:00:00Z"})
    assert event.changed(kind="ended").kind == "ended"
    with pytest.raises(ValidationError):
        event.changed(kind="nonsense")


@given(st.sampled_from(sorted(RECORD_TYPES)), st.binary(max_size=200))
def test_no_bytes_whatever_raise_anything_but_a_decode_error(topic: str, payload: bytes) -> None:
    with suppress(DecodeError):
        RECORD_TYPES[topic].decode(payload)
