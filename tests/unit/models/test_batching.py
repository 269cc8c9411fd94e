"""Windows run with their like, within a budget of padded tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.batching import LADDER, padded_length, plan_batches

LENGTHS = st.lists(st.sampled_from(LADDER[:9]), max_size=80)


@given(LENGTHS, st.integers(1, 2000), st.integers(0, 300))
def test_every_item_runs_once_within_the_budget_or_alone(lengths: list[int], budget: int, merge: int) -> None:
    plans = plan_batches(lengths, token_budget=budget, merge_below=merge)
    assert sorted(item for plan in plans for item in plan.items) == list(range(len(lengths)))
    for plan in plans:
        assert plan.padded_tokens <= budget or len(plan.items) == 1
        assert plan.padded == max(lengths[item] for item in plan.items)


@given(LENGTHS, st.integers(1, 2000))
def test_without_merging_only_equal_lengths_run_together(lengths: list[int], budget: int) -> None:
    for plan in plan_batches(lengths, token_budget=budget):
        assert {lengths[item] for item in plan.items} == {plan.padded}


def test_small_batches_of_near_lengths_are_merged_and_large_ones_are_not() -> None:
    assert len(plan_batches([8, 16, 16, 8], token_budget=1024, merge_below=256)) == 1
    assert len(plan_batches([8, 160], token_budget=1024, merge_below=256)) == 2
    assert len(plan_batches([16] * 40 + [24] * 20, token_budget=1024, merge_below=256)) == 2


def test_a_window_gets_the_next_rung_of_the_ladder_up_to_the_models_limit() -> None:
    assert [padded_length(tokens, limit=160) for tokens in (1, 8, 9, 33, 129, 160)] == [8, 8, 16, 48, 160, 160]
    assert padded_length(150, limit=152) == 152


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        plan_batches([8], token_budget=0)
