import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.runtime.recording import Recorded
from streams.runtime.time_shift import TimeShift, shift_to

NOW = 1_800_000_000_000
FIRST = 1_700_000_000_123


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2026-02-28T23:59:59Z", "2026-03-01T00:00:59Z"),
        ("2026-03-01T09:30:00.5Z", "2026-03-01T09:31:00.5Z"),
        ("2026-03-01T09:30:00.123456789+01:00", "2026-03-01T09:31:00.123456789+01:00"),
        ("2026-03-01 09:30:00z", "2026-03-01 09:31:00z"),
    ],
)
def test_a_time_moves_and_keeps_its_spelling(before: str, after: str) -> None:
    assert TimeShift(60).text(before) == after


@pytest.mark.parametrize("text", ["yesterday", "", "2026-13-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-03-01"])
def test_what_is_no_time_or_leaves_the_calendar_stays(text: str) -> None:
    assert TimeShift(60).text(text) == text


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("cx.messages", "sent_at"),
        ("cx.transcripts", "started_at"),
        ("cx.journey", "at"),
        ("cx.feedback", "at"),
        ("cx.scored", "at"),
    ],
)
def test_record_time_and_the_time_inside_move_together(topic: str, name: str) -> None:
    value = orjson.dumps({"a": 1, name: "2026-03-01T09:30:00Z", "z": 2})
    moved = TimeShift(-60)(Recorded(topic, b"c", value, NOW))
    assert moved.timestamp_ms == NOW - 60_000
    assert moved.value == value.replace(b"09:30:00", b"09:29:00")


@pytest.mark.parametrize("value", [None, b"\xff", b"[]", b'{"sent_at":7}', b'{"at":"2026-03-01T09:30:00Z"}'])
def test_bad_input_is_replayed_as_it_is(value: bytes | None) -> None:
    assert TimeShift(60)(Recorded("cx.messages", None, value, NOW)).value == value


@given(span=st.integers(0, 10**9), speed=st.sampled_from([0, 0.5, 1, 2, 60]), part=st.floats(0, 1))
def test_no_record_is_sent_before_its_own_time(span: int, speed: float, part: float) -> None:
    at = FIRST + int(span * part)
    shift = shift_to(NOW, FIRST, FIRST + span, speed)
    sent = NOW + (0 if speed == 0 else (at - FIRST) / speed)
    assert at + shift.seconds * 1000 <= sent + 1


def test_at_original_speed_the_first_record_is_now() -> None:
    shift = shift_to(NOW, FIRST, FIRST + 600_000, 1)
    assert NOW - 1000 < FIRST + shift.seconds * 1000 <= NOW


def test_without_waiting_the_last_record_is_now() -> None:
    shift = shift_to(NOW, FIRST, FIRST + 600_000, 0)
    assert NOW - 1000 < FIRST + 600_000 + shift.seconds * 1000 <= NOW
