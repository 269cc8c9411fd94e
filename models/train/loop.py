"""Runs one stage: bfloat16 autocast, warm-up and cosine, checkpoints that a killed run resumes from."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import torch

from models.protocol import TWEETS
from models.train.batches import Batch, collate, draw, encode, hide_tokens, plan
from models.train.errors import CheckpointError
from models.train.losses import total_loss
from models.train.network import EMBEDDINGS
from models.train.retelling import retell
from models.train.rows import Example
from models.train.stages import Stage, passes_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tokenizers import Tokenizer
    from torch import Tensor

    from models.train.network import MultiHeadEncoder

log = logging.getLogger(__name__)

CHECKPOINT_SECONDS: Final = 240
PROGRESS_SECONDS: Final = 30
CLIP: Final = 1.0
STEPS_APART: Final = 1_000_003
"""Between the draws of one seed and the next: more than a stage has steps."""
VIEW_FACTOR: Final = 0.4
"""Rate of the labels' attention beside that of their values."""


def learning_rate(stage: Stage, step: int, steps: int) -> float:
    """The encoder's learning rate at a step: linear warm-up, then a cosine from rate to final_rate."""
    warm = max(1, round(stage.warmup * steps))
    if step < warm:
        return stage.rate * (step + 1) / warm
    progress = (step - warm) / max(1, steps - warm)
    return stage.final_rate + (stage.rate - stage.final_rate) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


class StageRun:
    """The stage over one model. Rows, order and every draw follow from seed and step: a resumed run is the same run.

    ``bfloat16`` runs the matrix products in bfloat16 (weights stay float32): only faster where the processor has it.
    ``compiled`` fuses what lies between the products (needs a C++ compiler; about twice as fast with AMX).
    """

    def __init__(
        self,
        model: MultiHeadEncoder,
        tokenizer: Tokenizer,
        stage: Stage,
        sources: Mapping[str, Sequence[Example]],
        *,
        prefix: str,
        seed: int,
        bfloat16: bool,
        compiled: bool = False,
    ) -> None:
        self.model = model
        self.stage = stage
        self.seed = seed
        self.bfloat16 = bfloat16
        self.compiled = compiled
        if stage.branch:
            sources = {name: _of_tweets(rows) for name, rows in sources.items()}
        drawn = draw(sources, {name: passes_of(stage, name) for name in sources}, seed)
        self.examples = retell(drawn, stage.retold, seed)
        self.ids = encode(tokenizer, [example.text for example in self.examples], prefix, stage.max_tokens)
        self.order = plan([len(ids) for ids in self.ids], stage.token_budget, seed)
        self.key = self._key(tokenizer)
        self.step = 0
        self.average: dict[str, Tensor] | None = None

    def run(self, checkpoint: Path, origin: Mapping[str, Tensor]) -> None:
        """Trains to the end of the stage; resumes from ``checkpoint`` when it is there, which stays.

        A stage with a branch gives the tweets head layers of its own first, and moves nothing else: those of
        ``origin``, what training began with, if the stage says so.

        Raises CheckpointError when the checkpoint is of another run (see ``key``).
        """
        self._prepare(origin)
        if checkpoint.exists():
            self._load(checkpoint)
        steps = len(self.order)
        self.model.set_dropout(self.stage.dropout)
        self.model.train()
        saved = shown = started = time.monotonic()
        tokens, losses = 0, {}
        for batch in self._batches():
            tokens += int(batch.mask.sum())
            losses = self._step(batch, steps)
            now = time.monotonic()
            if now - shown > PROGRESS_SECONDS:
                shown = now
                rate = tokens / (now - started)
                parts = " ".join(f"{head}={value:.3f}" for head, value in losses.items())
                log.info("stage %s step %d/%d, %.0f tokens/s, %s", self.stage.name, self.step, steps, rate, parts)
            if now - saved > CHECKPOINT_SECONDS:
                saved = now
                self._save(checkpoint)
        self._save(checkpoint)
        if self.average is not None:
            self.model.load_state_dict(self.average, strict=False)
        log.info("stage %s done: %d steps, %.0f s", self.stage.name, steps, time.monotonic() - started)

    def _prepare(self, origin: Mapping[str, Tensor]) -> None:
        stage, model = self.stage, self.model
        if stage.branch:
            model.branch_off(stage.branch, origin if stage.afresh else None)
        for name, parameter in model.named_parameters():
            if stage.branch:
                frozen = not name.startswith("tweets.")
            else:
                frozen = stage.frozen_embeddings and name.startswith(EMBEDDINGS)
            parameter.requires_grad_(not frozen)
        forward = model.forward_tweets if stage.branch else model
        # One graph for all lengths: a batch of another shape must not be compiled anew.
        self.forward = torch.compile(forward, dynamic=True) if self.compiled else forward
        self.optimizer = self._optimizer()

    def _batches(self) -> Iterator[Batch]:
        share = self.stage.token_dropout
        for chosen in self.order[self.step :]:
            draws = self.seed * STEPS_APART + self.step
            torch.manual_seed(draws)
            batch = collate([self.examples[index] for index in chosen], [self.ids[index] for index in chosen])
            yield hide_tokens(batch, share, torch.Generator().manual_seed(draws)) if share else batch

    def _step(self, batch: Batch, steps: int) -> dict[str, float]:
        rate = learning_rate(self.stage, self.step, steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["factor"]
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            logits = self.forward(batch.ids, batch.mask)
        logits = {head: value.float() for head, value in logits.items()}
        loss, parts = total_loss(logits, batch.targets, self.stage.smoothing)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self._accumulate()
        return parts

    def _accumulate(self) -> None:
        if self.stage.averaging is None:
            return
        state = {name: value.detach() for name, value in self.model.named_parameters() if value.requires_grad}
        if self.average is None:
            self.average = {name: value.clone() for name, value in state.items()}
            return
        # A young average trusts the newest weights more, so that the start of the stage does not linger in it.
        keep = min(self.stage.averaging, (1 + self.step) / (10 + self.step))
        for name, value in state.items():
            self.average[name].lerp_(value, 1 - keep)

    def _optimizer(self) -> torch.optim.AdamW:
        plain, decayed, values, views = [], [], [], []
        for name, parameter in self.model.named_parameters():
            if not parameter.requires_grad:
                continue
            if "values." in name:
                values.append(parameter)
            elif "views." in name:
                views.append(parameter)
            elif parameter.dim() < 2 or name.startswith(("word.", "position.")):
                plain.append(parameter)
            else:
                decayed.append(parameter)
        groups: list[dict[str, Any]] = [
            {"params": plain, "weight_decay": 0.0, "factor": 1.0},
            {"params": decayed, "weight_decay": self.stage.decay, "factor": 1.0},
            {"params": values, "weight_decay": self.stage.decay, "factor": self.stage.head_factor},
            {"params": views, "weight_decay": 0.0, "factor": self.stage.head_factor * VIEW_FACTOR},
        ]
        return torch.optim.AdamW(groups, lr=self.stage.rate, fused=True)

    def _key(self, tokenizer: Tokenizer) -> str:
        """Twelve hex digits of what the result follows from beside its start: stage, seed, pieces, rows in order."""
        pieces = sorted(tokenizer.get_vocab().items())
        told = [self._recipe(), self.seed, pieces, [asdict(row) for row in self.examples]]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]

    def _recipe(self) -> dict[str, Any]:
        recipe = asdict(self.stage)
        del recipe["runs"]  # how many others there are does not change one run
        return recipe

    def _save(self, checkpoint: Path) -> None:
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        partial = checkpoint.with_suffix(".partial")
        torch.save(
            {
                "key": self.key,
                "step": self.step,
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "average": self.average,
            },
            partial,
        )
        partial.replace(checkpoint)

    def _load(self, checkpoint: Path) -> None:
        state = torch.load(checkpoint, weights_only=True)
        if state["key"] != self.key:
            raise CheckpointError(
                f"{checkpoint.name} is of another run (rows, seed or stage): delete it, or give another --work folder"
            )
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.average = state["average"]
        self.step = int(state["step"])
        log.info("stage %s resumes at step %d", self.stage.name, self.step)


def _of_tweets(rows: Sequence[Example]) -> list[Example]:
    """The rows that teach the tweets head, and only that: made anew, so that no other target comes along."""
    return [
        Example(row.text, row.language, row.source, row.weight, {TWEETS: row.classes[TWEETS]}, {}, silver=row.silver)
        for row in rows
        if TWEETS in row.classes
    ]
