"""The stages of training as data: what each sees, how long, how fast."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage.

    rows: how many examples it sees; rate: peak learning rate of the encoder (heads take head_factor times it).
    """

    name: str
    rows: int
    rate: float
    final_rate: float
    warmup: float
    smoothing: float
    token_budget: int = 1024
    max_tokens: int = 96
    head_factor: float = 8.0
    decay: float = 0.01
    dropout: float = 0.1
    """Inside the encoder, one mask for all tokens of a text; the pooled vector always has a tenth of it dropped."""
    averaging: float | None = None
    """Decay of the running average of the weights; None: the last weights are the result."""
    emphasis: Mapping[str, float] = field(default_factory=dict)


# Families of sources, by the beginning of their name; `emphasis` multiplies size^0.5.
STAGE_A: Final = Stage(
    name="a",
    rows=50_000,
    rate=1.5e-4,
    final_rate=3e-5,
    warmup=0.06,
    smoothing=0.02,
    emphasis={
        "umsab": 1.6,
        "umsab_fr": 0.8,
        "umsab_it": 0.8,
        "goemotions": 1.3,
        "xed": 0.7,
        "multidogo": 0.4,
        "clinc150_train": 0.6,
        "clinc150_oos": 0.3,
        "bitext": 0.5,
        "written": 2.0,
        "written_und": 0.5,
        "written_mixed": 1.2,
    },
)
STAGE_B: Final = Stage(
    name="b",
    rows=26_000,
    rate=1.2e-4,
    final_rate=2e-6,
    warmup=0.05,
    smoothing=0.05,
    averaging=0.98,
    emphasis={
        "umsab": 3.0,
        "umsab_fr": 0.5,
        "umsab_it": 0.5,
        "goemotions": 1.3,
        "xed": 0.25,
        "multidogo": 0.15,
        "clinc150": 0.2,
        "nlupp": 0.7,
        "banking77": 0.5,
        "bitext": 0.2,
        "written": 6.0,
        "written_und": 1.5,
        "written_mixed": 4.0,
    },
)
# Dropout with one mask for all tokens slows learning a lot (history in models/CARD.md): the last stage has none.
STAGE_C: Final = Stage(
    name="c",
    rows=40_000,
    rate=1e-4,
    final_rate=2e-6,
    warmup=0.05,
    smoothing=0.03,
    dropout=0.0,
    averaging=0.98,
    emphasis={
        "umsab": 3.0,
        "umsab_fr": 0.6,
        "umsab_it": 0.6,
        "goemotions": 1.5,
        "xed": 0.35,
        "multidogo": 0.3,
        "clinc150": 0.4,
        "clinc150_oos": 0.2,
        "nlupp": 0.8,
        "banking77": 0.8,
        "bitext": 0.3,
        "written": 5.0,
        "written_und": 1.5,
        "written_mixed": 4.0,
    },
)
# Written rows above all: the heads that only they teach were still learning at the end of stage C.
STAGE_D: Final = Stage(
    name="d",
    rows=26_000,
    rate=8e-5,
    final_rate=2e-6,
    warmup=0.05,
    smoothing=0.04,
    head_factor=15.0,
    dropout=0.0,
    averaging=0.98,
    emphasis={
        "umsab": 2.0,
        "umsab_fr": 0.3,
        "umsab_it": 0.3,
        "goemotions": 0.6,
        "xed": 0.1,
        "multidogo": 0.1,
        "clinc150": 0.2,
        "clinc150_oos": 0.2,
        "nlupp": 0.5,
        "banking77": 0.4,
        "bitext": 0.1,
        "brighter": 0.6,
        "written": 9.0,
        "written_und": 2.0,
        "written_mixed": 7.0,
    },
)
STAGES: Final = (STAGE_A, STAGE_B, STAGE_C, STAGE_D)


def emphasis_of(stage: Stage, source: str) -> float:
    """The emphasis of a source: that of the longest beginning of its name that the stage lists, else 1."""
    matching = [prefix for prefix in stage.emphasis if source.startswith(prefix)]
    return stage.emphasis[max(matching, key=len)] if matching else 1.0
