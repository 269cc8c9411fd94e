from hypothesis import given
from hypothesis import strategies as st

from streams.runtime.deadlines import Deadlines


def test_only_the_latest_plan_of_a_key_counts() -> None:
    deadlines = Deadlines()
    deadlines.plan("a", 100)
    deadlines.plan("a", 300)
    deadlines.plan("b", 200)
    assert deadlines.next_ms() == 200
    assert deadlines.due(250, 10) == ["b"]
    assert deadlines.due(300, 10) == ["b", "a"]


def test_a_removed_plan_is_never_due() -> None:
    deadlines = Deadlines()
    deadlines.plan("a", 100)
    deadlines.plan("a", None)
    assert deadlines.due(1_000, 10) == []
    assert deadlines.next_ms() is None


def test_due_is_limited_and_keeps_what_it_tells() -> None:
    deadlines = Deadlines()
    for number in range(10):
        deadlines.plan(str(number), number)
    assert deadlines.due(100, 3) == ["0", "1", "2"]
    assert deadlines.due(100, 3) == ["0", "1", "2"]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.none() | st.integers(0, 100)), max_size=300))
def test_agrees_with_a_plain_dictionary(plans: list[tuple[str, int | None]]) -> None:
    deadlines, plain = Deadlines(), {}
    for key, due_ms in plans:
        deadlines.plan(key, due_ms)
        plain.pop(key, None)
        if due_ms is not None:
            plain[key] = due_ms
    assert set(deadlines.due(50, 1_000)) == {key for key, due_ms in plain.items() if due_ms <= 50}
    assert deadlines.next_ms() == min(plain.values(), default=None)
