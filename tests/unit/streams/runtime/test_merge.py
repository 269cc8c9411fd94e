import random

from hypothesis import given
from hypothesis import strategies as st

from streams.runtime.merge import TimestampMerge

WORDS, JOURNEY = "cx.messages", "cx.journey"


def merge() -> TimestampMerge[str]:
    made: TimestampMerge[str] = TimestampMerge((WORDS, JOURNEY), frozenset({JOURNEY}))
    made.start(WORDS, 0)
    made.start(JOURNEY, 0)
    return made


def test_a_journey_event_waits_for_words_that_are_older_but_read_later() -> None:
    lanes = merge()
    lanes.ends({WORDS: 1, JOURNEY: 1}, lanes.mark())
    lanes.push(JOURNEY, "ended", offset=0, time_ms=200)
    assert lanes.take() == []
    lanes.push(WORDS, "last words", offset=0, time_ms=100)
    assert lanes.take() == ["last words"]
    lanes.ends({WORDS: 1, JOURNEY: 1}, lanes.mark())
    assert lanes.take() == ["ended"]


def test_a_journey_event_wants_an_end_that_was_looked_up_after_it_was_read() -> None:
    lanes = merge()
    before = lanes.mark()
    lanes.push(JOURNEY, "ended", offset=0, time_ms=200)
    lanes.ends({WORDS: 0, JOURNEY: 0}, before)
    assert lanes.take() == []
    lanes.ends({WORDS: 0, JOURNEY: 1}, lanes.mark())
    assert lanes.take() == ["ended"]


def test_words_go_on_at_once_when_the_journey_is_read_to_its_known_end() -> None:
    lanes = merge()
    lanes.ends({WORDS: 0, JOURNEY: 0}, lanes.mark())
    lanes.push(WORDS, "hello", offset=0, time_ms=100)
    assert lanes.take() == ["hello"]


def test_at_equal_times_words_go_before_what_follows_them() -> None:
    lanes = merge()
    lanes.push(JOURNEY, "ended", offset=0, time_ms=100)
    lanes.push(WORDS, "bye", offset=0, time_ms=100)
    lanes.ends({WORDS: 1, JOURNEY: 1}, lanes.mark())
    assert lanes.take() == ["bye", "ended"]


def test_within_a_topic_offsets_rule_whatever_the_times_say() -> None:
    lanes = merge()
    lanes.push(WORDS, "first", offset=0, time_ms=500)
    lanes.push(WORDS, "second", offset=1, time_ms=100)
    lanes.ends({WORDS: 2, JOURNEY: 0}, lanes.mark())
    assert lanes.take() == ["first", "second"]


def test_offsets_without_records_are_passed() -> None:
    lanes = merge()
    lanes.ends({WORDS: 1, JOURNEY: 1}, lanes.mark())
    lanes.push(JOURNEY, "ended", offset=0, time_ms=100)
    lanes.ends({WORDS: 1, JOURNEY: 1}, lanes.mark())
    assert lanes.take() == []
    lanes.passed(WORDS, 1)
    assert lanes.take() == ["ended"]


@given(
    words=st.lists(st.integers(0, 50), max_size=20),
    journey=st.lists(st.integers(0, 50), max_size=20),
    seed=st.integers(0, 2**16),
)
def test_a_backlog_comes_out_by_time_in_whatever_order_it_was_read(
    words: list[int], journey: list[int], seed: int
) -> None:
    words, journey = sorted(words), sorted(journey)
    lanes: TimestampMerge[tuple[int, str, int]] = TimestampMerge((WORDS, JOURNEY), frozenset({JOURNEY}))
    lanes.start(WORDS, 0)
    lanes.start(JOURNEY, 0)
    ends = {WORDS: len(words), JOURNEY: len(journey)}
    lanes.ends(ends, lanes.mark())
    pending = {WORDS: list(enumerate(words)), JOURNEY: list(enumerate(journey))}
    order = random.Random(seed)
    out: list[tuple[int, str, int]] = []
    while any(pending.values()):
        lane = order.choice([name for name, left in pending.items() if left])
        offset, time_ms = pending[lane].pop(0)
        lanes.push(lane, (time_ms, lane, offset), offset=offset, time_ms=time_ms)
        out += lanes.take()
    lanes.ends(ends, lanes.mark())
    out += lanes.take()
    rank = {WORDS: 0, JOURNEY: 1}
    expected = [(t, WORDS, n) for n, t in enumerate(words)] + [(t, JOURNEY, n) for n, t in enumerate(journey)]
    assert out == sorted(expected, key=lambda entry: (entry[0], rank[entry[1]], entry[2]))
