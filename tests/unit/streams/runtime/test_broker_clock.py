from streams.runtime.broker_clock import BrokerClock


class Steady:
    ms = 0

    def __call__(self) -> int:
        return self.ms


def test_goes_by_the_broker_and_never_by_this_machine() -> None:
    steady = Steady()
    clock = BrokerClock(steady)
    assert clock.now_ms() is None
    clock.written(5_000_000)
    steady.ms = 250
    assert clock.now_ms() == 5_000_250


def test_old_records_of_a_backlog_do_not_set_it_back() -> None:
    steady = Steady()
    clock = BrokerClock(steady)
    clock.seen(9_000)
    clock.seen(2_000)
    assert clock.now_ms() == 9_000


def test_a_write_tells_the_time_also_when_the_brokers_clock_was_set_back() -> None:
    clock = BrokerClock(Steady())
    clock.seen(9_000)
    clock.written(4_000)
    assert clock.now_ms() == 4_000


def test_is_fresh_only_after_a_write() -> None:
    steady = Steady()
    clock = BrokerClock(steady)
    clock.seen(1_000)
    assert not clock.fresh(30_000)
    clock.written(1_000)
    assert clock.fresh(30_000)
    steady.ms = 30_001
    assert not clock.fresh(30_000)
