"""Which windows run together: by equal padded length, filled up to a budget of padded tokens.

A score must not depend on its batch-mates, but in float arithmetic the order of a sum may depend on the
length of the row: padding a text to its neighbours' length can move its logits by about 1e-7, which now and
then turns a rounded probability. So each window has a padded length of its own, taken from a fixed ladder,
and runs with windows of that length. A runtime whose results are known not to depend on padding lets short
batches of different lengths be merged, because a small batch costs what it costs to read the weights,
however few its tokens.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# Steps of 8 where most chat turns lie (little padding), wider ones above (few distinct shapes).
LADDER: Final = (8, 16, 24, 32, 48, 64, 96, 128, 160, 192, 256, 384, 512)
DEFAULT_TOKEN_BUDGET: Final = 1024
SMALL_BATCH: Final = 256
"""Padded tokens below which reading the weights, not arithmetic, is the cost of a batch."""


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """Positions of the items that run together, and the length to which each is padded."""

    items: tuple[int, ...]
    padded: int

    @property
    def padded_tokens(self) -> int:
        """Cost of the batch: items x padded length."""
        return len(self.items) * self.padded


def padded_length(tokens: int, *, limit: int) -> int:
    """The rung of the ladder for a window of so many tokens, never above `limit` (the model's longest
    input).
    """
    rung = LADDER[bisect_left(LADDER, tokens)] if tokens <= LADDER[-1] else tokens
    return min(rung, limit) if tokens <= limit else tokens


def plan_batches(
    padded: Sequence[int], *, token_budget: int = DEFAULT_TOKEN_BUDGET, merge_below: int = 0
) -> list[BatchPlan]:
    """Group items by padded length, short ones first, each batch within `token_budget` padded tokens.

    An item longer than the budget runs alone. Lengths are merged while the batch so far has fewer than
    `merge_below` padded tokens and the longer length is at most twice the shorter (0: never). The order
    inside a length is that of arrival, so the same input gives the same plan. Raises ValueError for a
    budget below 1.
    """
    if token_budget < 1:
        raise ValueError(f"token_budget is {token_budget}; it must be at least 1 padded token")
    plans: list[BatchPlan] = []
    held: list[int] = []
    for item in sorted(range(len(padded)), key=padded.__getitem__):
        length = padded[item]
        if held and not _fits(held, length, padded, token_budget, merge_below):
            plans.append(BatchPlan(tuple(held), padded[held[-1]]))
            held = []
        held.append(item)
    if held:
        plans.append(BatchPlan(tuple(held), padded[held[-1]]))
    return plans


def _fits(held: Sequence[int], length: int, padded: Sequence[int], token_budget: int, merge_below: int) -> bool:
    if (len(held) + 1) * length > token_budget:
        return False
    longest = padded[held[-1]]
    return length == longest or (len(held) * longest < merge_below and length <= 2 * padded[held[0]])
