import pytest

from streams.runtime.dead_letters import DlqLimit, FailureRate, dead_letter_headers
from streams.runtime.failures import Halt
from streams.runtime.log import LogRecord, TopicPartition


def test_headers_keep_the_records_own_and_say_what_happened() -> None:
    record = LogRecord(TopicPartition("cx.messages", 2), 41, b"k", b"{", (("traceparent", b"00-1"),), 1_000)
    headers = dead_letter_headers(record, ValueError("not JSON"), "VALUE_CONVERTER")
    assert headers[0] == ("traceparent", b"00-1")
    told = dict(headers)
    assert told["__connect.errors.topic"] == b"cx.messages"
    assert told["__connect.errors.partition"] == b"2"
    assert told["__connect.errors.offset"] == b"41"
    assert told["__connect.errors.stage"] == b"VALUE_CONVERTER"
    assert told["__connect.errors.exception.message"] == b"not JSON"


def test_halts_when_nearly_everything_fails() -> None:
    rate = FailureRate("cx.messages", DlqLimit(max_ratio=0.9, window=20, minimum=10))
    rate.good()
    for _ in range(8):
        rate.bad()
    with pytest.raises(Halt, match=r"9 of the last 10 records of cx\.messages"):
        rate.bad()


def test_single_bad_records_never_halt() -> None:
    rate = FailureRate("cx.messages", DlqLimit(max_ratio=0.9, window=20, minimum=10))
    for _ in range(500):
        rate.bad()
        rate.good()


def test_only_the_window_counts() -> None:
    rate = FailureRate("cx.messages", DlqLimit(max_ratio=0.9, window=20, minimum=10))
    for _ in range(9):
        rate.bad()
    for _ in range(20):
        rate.good()
    for _ in range(17):
        rate.bad()
    with pytest.raises(Halt):
        rate.bad()
