"""The stages of training as data: how often each source is seen, how fast the weights move."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage.

    passes: how often a source's rows are seen, by the beginning of its name (the longest that fits; a user's own files
    are named ``own_*``); rate: peak learning rate of the encoder (heads take head_factor times it).
    """

    name: str
    passes: Mapping[str, float]
    rate: float
    final_rate: float
    warmup: float
    smoothing: float
    token_budget: int = 2048
    max_tokens: int = 96
    head_factor: float = 8.0
    decay: float = 0.01
    dropout: float = 0.0
    """Inside the encoder; the pooled vector always has a tenth of it dropped."""
    averaging: float | None = None
    """Decay of the running average of the weights; None: the last weights are the result."""
    after: str | None = None
    """The stage whose weights it starts from; None: the base encoder."""
    token_dropout: float = 0.0
    """Share of tokens that are hidden (<unk>), anew each time a row is seen: few rows are not learned by heart."""
    frozen_words: bool = False
    """Whether the word embeddings stay as they are."""


STAGE_A: Final = Stage(
    name="a",
    passes={
        "umsab": 1.0,
        "umsab_fr": 0.7,
        "umsab_it": 0.7,
        "goemotions": 1.0,
        "xed": 0.4,
        "xed_en": 0.6,
        "xed_neutral_en": 0.4,
        "brighter": 1.5,
        "banking77": 1.5,
        "clinc150_train": 0.5,
        "clinc150_oos": 1.0,
        "nlupp": 2.0,
        "multidogo": 0.5,
        "bitext": 0.5,
        "aina": 3.0,
        "agents": 1.0,
        "written": 2.0,
        "own": 2.0,
    },
    rate=1.5e-4,
    final_rate=4e-5,
    warmup=0.06,
    smoothing=0.02,
)
STAGE_B: Final = Stage(
    name="b",
    passes={
        "umsab": 2.0,
        "umsab_fr": 0.3,
        "umsab_it": 0.3,
        "goemotions": 0.35,
        "xed": 0.05,
        "brighter": 0.7,
        "banking77": 0.7,
        "clinc150_train": 0.15,
        "clinc150_oos": 1.0,
        "nlupp": 1.2,
        "multidogo": 0.12,
        "bitext": 0.1,
        "aina": 2.0,
        "agents": 1.0,
        "written": 4.0,
        "own": 4.0,
    },
    rate=1e-4,
    final_rate=2e-6,
    warmup=0.05,
    smoothing=0.04,
    averaging=0.99,
    after="a",
)
STAGE_C: Final = replace(
    STAGE_B, name="c", token_dropout=0.12, frozen_words=True, head_factor=15.0, rate=1.2e-4, smoothing=0.02
)
STAGES: Final = (STAGE_A, STAGE_B, STAGE_C)
AVERAGED: Final = ("b", "c")
"""The stages whose mean weights are the result: two ways from one start, of which each forgets something else."""


def passes_of(stage: Stage, source: str) -> float:
    """How often the stage sees a source: by the longest beginning of its name that the stage lists, else never."""
    matching = [prefix for prefix in stage.passes if source.startswith(prefix)]
    return stage.passes[max(matching, key=len)] if matching else 0.0
