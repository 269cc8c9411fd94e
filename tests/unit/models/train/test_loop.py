"""A stopped and resumed run is the same run."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

from models.train import loop
from models.train.errors import CheckpointError
from models.train.loop import StageRun
from models.train.network import EncoderShape, MultiHeadEncoder, rows_of
from models.train.rows import Example
from models.train.stages import Stage
from tests.tiny_models import write_tokenizer

STAGE = Stage(
    name="tiny", passes={"written": 2.0}, rate=1e-3, final_rate=1e-4, warmup=0.1, smoothing=0.02, token_budget=24,
    dropout=0.1, averaging=0.9, token_dropout=0.2, retold=0.3, frozen_embeddings=True,
)  # fmt: skip
ROWS = [
    Example(text, "es", "written", 1.0, {"sentiment_service": at % 3}, {"intents": {"greeting": float(at % 2)}}, 0.3)
    for at, text in enumerate(
        ("hola no funciona", "gracias", "bon dia no va", "estoy harto de vosotros", "que és", "res")
    )
]


class StoppedError(Exception):
    pass


def a_run(folder: Path, rows: list[Example] = ROWS, stage: Stage = STAGE) -> StageRun:
    size = write_tokenizer(folder / "tokenizer.json")
    torch.manual_seed(1)
    model = MultiHeadEncoder(EncoderShape(vocabulary=size, hidden=24, layers=1, heads=2, feed_forward=32, positions=64))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return StageRun(model, tokenizer, stage, {"written_es": rows}, prefix="query: ", seed=4, bfloat16=False)


def stop_at_the_third_step(run: StageRun, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", -1)
    step = run._step

    def until_the_third(batch, steps):
        if run.step == 3:
            raise StoppedError
        return step(batch, steps)

    monkeypatch.setattr(run, "_step", until_the_third)
    with pytest.raises(StoppedError):
        run.run(checkpoint, {})


def test_a_resumed_run_ends_where_an_uninterrupted_one_ends(tmp_path, monkeypatch):
    whole = a_run(tmp_path)
    whole.run(tmp_path / "none.pt", {})

    stop_at_the_third_step(a_run(tmp_path), tmp_path / "checkpoint.pt", monkeypatch)
    resumed = a_run(tmp_path)
    resumed.run(tmp_path / "checkpoint.pt", {})

    assert len(whole.order) > 3
    for name, value in whole.model.state_dict().items():
        torch.testing.assert_close(resumed.model.state_dict()[name], value, msg=name)


def test_a_checkpoint_of_other_rows_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", -1)
    a_run(tmp_path).run(tmp_path / "checkpoint.pt", {})

    with pytest.raises(CheckpointError, match="another run"):
        a_run(tmp_path, ROWS[:-1]).run(tmp_path / "checkpoint.pt", {})


def test_what_trains_is_in_one_group_and_frozen_embeddings_in_none(tmp_path):
    run = a_run(tmp_path)
    run.run(tmp_path / "checkpoint.pt", {})

    optimised = [id(parameter) for group in run.optimizer.param_groups for parameter in group["params"]]
    trained = {name: id(value) for name, value in run.model.named_parameters() if value.requires_grad}

    assert sorted(optimised) == sorted(trained.values())
    assert "word.weight" not in trained


def test_a_branch_learns_and_all_else_stays_bit_by_bit(tmp_path):
    counted = {"negative": 0.7, "neutral": 0.3}  # its shares must not teach what a branch has no logits for
    rows = [
        replace(row, classes={**row.classes, "sentiment_tweets": at % 3}, service=counted)
        for at, row in enumerate(ROWS)
    ]
    run = a_run(tmp_path, [*rows, ROWS[0]], replace(STAGE, branch=1))
    before = {name: value.clone() for name, value in run.model.state_dict().items()}
    run.run(tmp_path / "checkpoint.pt", {})

    after = run.model.state_dict()
    assert all(set(row.classes) == {"sentiment_tweets"} and not row.multi for row in run.examples)
    for name, value in before.items():
        assert torch.equal(after[name], value), name
    assert not torch.equal(after["tweets.layers.0.up.weight"], before["layers.0.up.weight"])
    assert not torch.equal(after["tweets.values.weight"], before["values.weight"][rows_of("sentiment_tweets")])


def test_a_branch_may_begin_as_training_began(tmp_path):
    rows = [replace(row, classes={"sentiment_tweets": at % 3}) for at, row in enumerate(ROWS)]
    run = a_run(tmp_path, rows, replace(STAGE, branch=1, afresh=True, rate=0.0, final_rate=0.0))
    origin = {name: value + 1 for name, value in run.model.state_dict().items()}
    run.run(tmp_path / "checkpoint.pt", origin)

    torch.testing.assert_close(run.model.tweets.layers[0].up.weight, origin["layers.0.up.weight"])
    taught = rows_of("sentiment_tweets")
    torch.testing.assert_close(run.model.tweets.values.bias, origin["values.bias"][taught])


def test_every_number_of_a_stage_is_in_the_name_of_its_runs(tmp_path):
    keys = {
        a_run(tmp_path, stage=stage).key for stage in (STAGE, replace(STAGE, afresh=True), replace(STAGE, rate=1e-2))
    }

    assert len(keys) == 3


def test_a_resumed_branch_ends_where_an_uninterrupted_one_ends(tmp_path, monkeypatch):
    rows = [replace(row, classes={"sentiment_tweets": at % 3}) for at, row in enumerate(ROWS)]
    stage = replace(STAGE, branch=1)
    whole = a_run(tmp_path, rows, stage)
    whole.run(tmp_path / "none.pt", {})
    stop_at_the_third_step(a_run(tmp_path, rows, stage), tmp_path / "checkpoint.pt", monkeypatch)

    resumed = a_run(tmp_path, rows, stage)
    resumed.run(tmp_path / "checkpoint.pt", {})

    for name, value in whole.model.state_dict().items():
        torch.testing.assert_close(resumed.model.state_dict()[name], value, msg=name)
