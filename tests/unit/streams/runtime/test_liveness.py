import threading
from collections.abc import Callable

from streams.runtime.liveness import FreezeGuard, PartitionProgress, Progress, StallDetector, Watchdog
from streams.runtime.log import TopicPartition


class Clock:
    def __init__(self) -> None:
        self.ms = 1_000

    def __call__(self) -> int:
        return self.ms


def test_a_process_that_stood_still_for_more_than_half_a_session_leaves_before_it_applies_anything() -> None:
    clock, left = Clock(), []
    guard = FreezeGuard(40.0, left.append, clock)
    clock.ms += 60_000
    guard.check()
    assert left == [], "starting may take as long as it takes"
    clock.ms += 20_000
    guard.check()
    assert left == []
    clock.ms += 20_001
    guard.check()
    assert len(left) == 1
    assert "stood still for 20 s" in left[0]


def look(
    acked: int | None = None,
    committed: int | None = None,
    *,
    member: bool = True,
    in_flight: int = 0,
    assigned: int = 4,
) -> Progress:
    seen = PartitionProgress(acked, committed, in_flight)
    return Progress(member, {TopicPartition("cx.scored", number): seen for number in range(assigned)})


def test_acknowledgements_without_commits_are_a_stall() -> None:
    detector = StallDetector(60.0)
    assert detector.look(look(), 0.0) is None
    for second in range(1, 61):
        assert detector.look(look(acked=second), float(second)) is None
    assert "no commit" in (detector.look(look(acked=99), 62.0) or "")


def test_commits_keep_a_busy_stage_alive() -> None:
    detector = StallDetector(60.0)
    for second in range(300):
        assert detector.look(look(acked=second, committed=second - second % 10, in_flight=5), float(second)) is None


def test_an_idle_stage_is_healthy_whose_last_record_was_done_and_committed_between_two_looks() -> None:
    detector = StallDetector(60.0)
    detector.look(look(), 0.0)
    for second in range(2, 300, 2):
        assert detector.look(look(acked=10, committed=10), float(second)) is None


def test_an_idle_stage_is_healthy() -> None:
    detector = StallDetector(60.0)
    for second in range(300):
        assert detector.look(look(acked=10, committed=10), float(second)) is None


def test_records_in_flight_that_never_end_are_a_stall() -> None:
    detector = StallDetector(60.0)
    detector.look(look(in_flight=3), 0.0)
    assert detector.look(look(in_flight=3), 59.0) is None
    assert "3 records in flight" in (detector.look(look(in_flight=3), 61.0) or "")


def test_one_stuck_partition_is_seen_among_many_that_go_on() -> None:
    detector = StallDetector(60.0)
    reasons = []
    for second in range(63):
        busy = PartitionProgress(done=second, committed=second, in_flight=1)
        stuck = PartitionProgress(done=7, committed=7, in_flight=1)
        both = {TopicPartition("cx.scored", 0): busy, TopicPartition("cx.scored", 1): stuck}
        reasons.append(detector.look(Progress(True, both), float(second)))
    assert reasons[60] is None
    assert reasons[61] == "cx.scored[1]: 1 records in flight and none done for 61 s"


def test_a_journey_event_may_wait_long_for_the_words_before_it() -> None:
    detector = StallDetector(60.0)
    for second in range(300):
        words = PartitionProgress(done=second, committed=second, in_flight=50)
        waiting = PartitionProgress(done=None, committed=None, in_flight=9)
        both = {TopicPartition("cx.messages", 2): words, TopicPartition("cx.journey", 2): waiting}
        assert detector.look(Progress(True, both), float(second)) is None


def test_no_member_of_the_group_any_more_is_a_stall() -> None:
    detector = StallDetector(60.0)
    detector.look(look(), 0.0)
    assert detector.look(look(member=False), 59.0) is None
    assert "no member" in (detector.look(look(member=False), 61.0) or "")


def test_a_surplus_worker_without_partitions_is_healthy() -> None:
    detector = StallDetector(60.0)
    for second in range(300):
        assert detector.look(look(assigned=0), float(second)) is None


def watched(look: Callable[[], Progress]) -> tuple[list[str], Watchdog]:
    left: list[str] = []
    ended = threading.Event()

    def leave(reason: str) -> None:
        left.append(reason)
        ended.set()

    dog = Watchdog({"score": look}, stall_s=0.05, interval_s=0.01, leave=leave)
    dog.start()
    assert ended.wait(5), "the watchdog did not bark"
    dog.stop()
    dog.join(5)
    return left, dog


def test_the_watchdog_ends_a_process_whose_stage_is_stuck_and_the_probe_can_tell_why() -> None:
    left, dog = watched(lambda: look(member=False))
    assert "stage score: no member of its consumer group" in left[0]
    assert "no member" in dog.trouble["score"]


def test_a_stage_that_cannot_be_looked_at_counts_as_stuck() -> None:
    def broken() -> Progress:
        raise RuntimeError("gone")

    left, _ = watched(broken)
    assert "cannot be seen (RuntimeError: gone)" in left[0]
