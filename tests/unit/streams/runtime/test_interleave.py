from streams.runtime.interleave import interleave
from streams.runtime.recording import Recorded


def records(name: str, *times: int) -> list[Recorded]:
    return [Recorded(name, None, b"{}", time) for time in times]


def order(*recordings: list[Recorded]) -> list[tuple[str, int]]:
    return [(record.topic, record.timestamp_ms) for record in interleave(recordings)]


def test_records_of_all_come_in_the_order_of_time() -> None:
    assert order(records("a", 1, 4), records("b", 2, 3)) == [("a", 1), ("b", 2), ("b", 3), ("a", 4)]


def test_within_a_recording_the_order_stays_whatever_times_say() -> None:
    assert order(records("a", 5, 1, 6), records("b", 2, 7)) == [("b", 2), ("a", 5), ("a", 1), ("a", 6), ("b", 7)]


def test_equal_times_come_in_the_order_of_the_recordings() -> None:
    assert order(records("a", 1), records("b", 1)) == [("a", 1), ("b", 1)]
    assert order() == []
