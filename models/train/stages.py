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
    token_budget: int = 1024
    max_tokens: int = 96
    head_factor: float = 5.0
    decay: float = 0.01
    dropout: float = 0.0
    """Inside the encoder; of what the heads read a tenth is always dropped, token by token."""
    averaging: float | None = None
    """Decay of the running average of the weights; None: the last weights are the result."""
    token_dropout: float = 0.0
    """Share of tokens that are hidden (<unk>), anew each time a row is seen: few rows are not learned by heart."""
    retold: float = 0.0
    """Share of written rows in other spelling, anew each time: see ``retelling``."""
    frozen_embeddings: bool = False
    """Whether words, positions and their norm stay as they are."""
    branch: int = 0
    """How many of the last layers the tweets head gets to itself; the stage then teaches them and nothing else."""
    afresh: bool = False
    """Whether the branch begins as the base, its head fitted on it, and not as the stage before left those layers."""
    runs: int = 1
    """Seeds that the stage is run with, each from the same start; the mean of their weights is its result."""


ALL: Final = Stage(
    name="all",
    passes={
        "umsab": 2.0,
        "umsab_fr": 0.5,
        "umsab_it": 0.5,
        "silver_umsab": 0.4,
        "goemotions": 0.4,
        "xed": 0.05,
        "silver_xed": 0.05,
        "brighter": 1.0,
        "silver_brighter": 0.5,
        "banking77": 0.7,
        "clinc150_train": 0.3,
        "clinc150_oos": 1.0,
        "nlupp": 1.0,
        "multidogo": 0.18,
        "graded": 2.0,
        "bitext": 0.1,
        "aina": 2.0,
        "agents": 0.7,
        "silver_agents": 0.3,
        "written": 4.2,
        "silver_written": 0.4,
        "silver_written_es_pt": 0.4,
        "own": 5.0,
        "silver_own": 0.7,
    },
    rate=1e-4,
    final_rate=2e-6,
    warmup=0.06,
    smoothing=0.02,
    averaging=0.99,
    token_dropout=0.12,
    retold=0.35,
    frozen_embeddings=True,
)
TWEETS: Final = replace(
    ALL,
    name="tweets",
    # The first stage unlearns some of what the base knows of many languages and topics; tweets need that.
    branch=9,
    afresh=True,
    rate=6e-5,
    runs=2,
    passes={
        # French and Italian too: the convention is one.
        "umsab": 2.2,
        "silver_umsab": 0.4,
        "read": 1.0,
        "read_goemotions": 0.6,
        # Of the same tweets: a fifth of what is taught there is what the second reader says.
        "read_umsab": 0.5,
        "read_posts": 1.0,
        "read_posts_ca": 2.0,
        "read_posts_en": 0.4,
        "silver_read": 0.4,
        "silver_read_umsab": 0.0,
        "written": 0.3,
        "own": 0.35,
    },
)
STAGES: Final = (ALL, TWEETS)


def passes_of(stage: Stage, source: str) -> float:
    """How often the stage sees a source: by the longest beginning of its name that the stage lists, else never."""
    matching = [prefix for prefix in stage.passes if source.startswith(prefix)]
    return stage.passes[max(matching, key=len)] if matching else 0.0
