"""Which windows run together: by equal padded length, filled up to a budget of padded tokens.

Windows are only ever batched with windows of the same padded length. In float arithmetic the order of a sum
depends on the length of the row, so padding a text to its neighbours' length moves its logits by about
1e-7, which now and then turns a rounded probability. With a length of its own, taken from a fixed ladder, a
text is computed the same way in any company.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# Steps of 8 where most chat turns lie (little padding), wider ones above (few distinct shapes).
LADDER: Final = (8, 16, 24, 32, 48, 64, 96, 128, 160, 192, 256, 384, 512)
DEFAULT_TOKEN_BUDGET: Final = 1024


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


def plan_batches(padded: Sequence[int], *, token_budget: int = DEFAULT_TOKEN_BUDGET) -> list[BatchPlan]:
    """Group items of equal padded length, short ones first, each batch within `token_budget` padded tokens.

    An item longer than the budget runs alone. The order inside a length is that of arrival, so the same
    input gives the same plan. Raises ValueError for a budget below 1.
    """
    if token_budget < 1:
        message = f"token_budget is {token_budget}; it must be at least 1 padded token"
        raise ValueError(message)
    by_length: dict[int, list[int]] = {}
    for item, length in enumerate(padded):
        by_length.setdefault(length, []).append(item)
    plans: list[BatchPlan] = []
    for length in sorted(by_length):
        items = by_length[length]
        size = max(1, token_budget // max(1, length))
        plans.extend(BatchPlan(tuple(items[at : at + size]), length) for at in range(0, len(items), size))
    return plans
