"""The whole of training over its stages, on a network of two small layers."""

import json
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.export.graph import write_graphs
from models.runtimes.graph import BRANCH_FILE, GRAPH_FILE
from models.train import run as training
from models.train.averaging import mean
from models.train.corpus import Corpus
from models.train.errors import TrainingError
from models.train.loop import StageRun
from models.train.network import EncoderShape, MultiHeadEncoder
from models.train.rows import Example
from models.train.run import Settings, run
from models.train.shipped import read_shipped
from models.train.stages import Stage
from models.train.trained import load, moved_in
from tests.tiny_models import write_tokenizer

FIRST = Stage(
    name="first", passes={"written": 2.0}, rate=1e-3, final_rate=1e-4, warmup=0.1, smoothing=0.02, token_budget=24,
    averaging=0.9, frozen_embeddings=True,
)  # fmt: skip
SECOND = replace(FIRST, name="second", branch=1)
SHAPE = EncoderShape(vocabulary=51, hidden=24, layers=2, heads=2, feed_forward=32, positions=64)
ROWS = [
    Example(
        text,
        "es",
        "written",
        1.0,
        {"sentiment_service": at % 3, "sentiment_tweets": at % 3},
        {"intents": {"greeting": float(at % 2)}},
        0.3,
    )
    for at, text in enumerate(("hola no funciona", "gracias", "bon dia no va", "estoy harto de vosotros", "res"))
]


class StoppedError(Exception):
    pass


@pytest.fixture
def fitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Puts small things in the place of base, vocabulary and rows; every fitting of heads is noted here."""
    noted: list[int] = []
    tokenizer_file = tmp_path / "tokenizer.json"
    assert write_tokenizer(tokenizer_file) == SHAPE.vocabulary

    def fresh(base: Path, tokenizer: Path, seed: int) -> MultiHeadEncoder:
        torch.manual_seed(seed)
        return MultiHeadEncoder(SHAPE)

    corpus = Corpus({"written_es": ROWS}, {"written": ROWS})
    monkeypatch.setattr(training, "gather", lambda *_: corpus)
    monkeypatch.setattr(training, "base_folder", lambda *_: tmp_path)
    monkeypatch.setattr(training, "trimmed_vocabulary", lambda *_: tokenizer_file)
    monkeypatch.setattr(training, "initial_model", fresh)
    monkeypatch.setattr(training, "bfloat16_pays", lambda _: False)
    monkeypatch.setattr(training, "fit_heads", lambda *_, **__: noted.append(1))
    monkeypatch.setattr(training, "STAGES", (FIRST, SECOND))
    return noted


def settings(work: Path) -> Settings:
    return Settings(data=work, written=work, work=work)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load(folder)[0].state_dict()


def test_both_stages_run_and_what_is_done_is_not_done_again(tmp_path, fitted, monkeypatch):
    folder = run(settings(tmp_path / "work"))

    assert load(folder)[0].shape.tweets_layers == SECOND.branch
    assert fitted == [1]
    monkeypatch.setattr(StageRun, "run", lambda *_: pytest.fail("trained again"))
    assert run(settings(tmp_path / "work")) == folder


def test_what_a_branch_began_with_is_kept_beside_it(tmp_path, fitted, monkeypatch):
    monkeypatch.setattr(training, "STAGES", (FIRST, replace(SECOND, afresh=True)))
    folder = run(settings(tmp_path / "work"))

    began = training.initial_model(tmp_path, tmp_path, 1).layers[1]
    now = weights(folder)
    moved = moved_in(folder)
    assert len(moved) == 4
    torch.testing.assert_close(moved[0][1], began.get_parameter("down.weight"))
    torch.testing.assert_close(moved[0][0], now["tweets.layers.0.down.weight"])
    assert not torch.equal(*moved[0])


def test_without_a_branch_that_begins_afresh_nothing_is_kept(tmp_path, fitted):
    assert moved_in(run(settings(tmp_path / "work"))) == []


def test_a_run_stopped_in_its_second_stage_goes_on_from_the_end_of_the_first(tmp_path, fitted, monkeypatch):
    whole = weights(run(settings(tmp_path / "whole")))
    stage_run = StageRun.run
    begun: list[str] = []

    def until_the_second(runner: StageRun, checkpoint: Path, origin: dict[str, torch.Tensor]) -> None:
        begun.append(runner.stage.name)
        if runner.stage.name == SECOND.name:
            raise StoppedError
        stage_run(runner, checkpoint, origin)

    with monkeypatch.context() as stopping:
        stopping.setattr(StageRun, "run", until_the_second)
        with pytest.raises(StoppedError):
            run(settings(tmp_path / "work"))
    resumed = weights(run(settings(tmp_path / "work")))

    assert begun == ["first", "second"]
    assert fitted == [1, 1]  # once for each folder: not again where the first stage was done
    for name, value in whole.items():
        torch.testing.assert_close(resumed[name], value, msg=name)


def test_another_second_stage_begins_at_the_end_of_the_same_first(tmp_path, fitted, monkeypatch):
    one = run(settings(tmp_path))
    monkeypatch.setattr(training, "STAGES", (FIRST, replace(SECOND, rate=1e-2)))

    other = run(settings(tmp_path))

    assert other != one
    assert fitted == [1]
    assert torch.equal(weights(other)["layers.0.up.weight"], weights(one)["layers.0.up.weight"])
    assert not torch.equal(weights(other)["tweets.values.weight"], weights(one)["tweets.values.weight"])


def test_a_stage_of_several_runs_ends_with_the_mean_of_their_weights(tmp_path, fitted, monkeypatch):
    ends: list[dict[str, torch.Tensor]] = []
    stage_run = StageRun.run

    def noted(runner: StageRun, checkpoint: Path, origin: dict[str, torch.Tensor]) -> None:
        stage_run(runner, checkpoint, origin)
        ends.append({name: value.clone() for name, value in runner.model.state_dict().items()})

    monkeypatch.setattr(training, "STAGES", (replace(FIRST, runs=2), replace(SECOND, runs=2)))
    monkeypatch.setattr(StageRun, "run", noted)
    result = weights(run(settings(tmp_path)))

    assert len(ends) == 4
    shared, own = "layers.0.up.weight", "tweets.values.weight"
    assert not torch.equal(ends[0][shared], ends[1][shared])
    torch.testing.assert_close(result[shared], (ends[0][shared] + ends[1][shared]) / 2)
    torch.testing.assert_close(ends[2][shared], result[shared])  # where the second stage begins
    assert not torch.equal(ends[2][own], ends[3][own])
    torch.testing.assert_close(result[own], (ends[2][own] + ends[3][own]) / 2)


def test_what_no_run_moves_stays_bit_by_bit_in_their_mean():
    tenth = torch.tensor([0.1, 0.7, 1e-5])  # (x + x + x) / 3 is not x for all of them
    moved = [torch.tensor([1.0]), torch.tensor([2.0]), torch.tensor([6.0])]

    result = mean([{"word.weight": tenth.clone(), "up": value} for value in moved])

    assert torch.equal(result["word.weight"], tenth)
    assert result["up"].tolist() == [3.0]


def test_of_several_runs_only_those_not_done_are_done_after_a_stop(tmp_path, fitted, monkeypatch):
    monkeypatch.setattr(training, "STAGES", (replace(FIRST, runs=2), SECOND))
    whole = weights(run(settings(tmp_path / "whole")))
    stage_run = StageRun.run

    def until_the_second_seed(runner: StageRun, checkpoint: Path, origin: dict[str, torch.Tensor]) -> None:
        if runner.seed == 2:
            raise StoppedError
        stage_run(runner, checkpoint, origin)

    with monkeypatch.context() as stopping:
        stopping.setattr(StageRun, "run", until_the_second_seed)
        with pytest.raises(StoppedError):
            run(settings(tmp_path / "work"))
    resumed = weights(run(settings(tmp_path / "work")))

    for name, value in whole.items():
        torch.testing.assert_close(resumed[name], value, msg=name)


def test_another_network_beside_is_averaged_in_but_its_words_are_not(tmp_path, fitted, monkeypatch):
    monkeypatch.setattr(training, "STAGES", (FIRST,))
    alone = run(settings(tmp_path / "alone"))
    other = run(replace(settings(tmp_path / "other"), seed=5))
    both = run(replace(settings(tmp_path / "alone"), beside=(other,)))

    assert both != alone
    name = "layers.1.down.weight"
    torch.testing.assert_close(weights(both)[name], (weights(alone)[name] + weights(other)[name]) / 2)
    assert not torch.equal(weights(other)["word.weight"], weights(alone)["word.weight"])
    assert torch.equal(weights(both)["word.weight"], weights(alone)["word.weight"])


def test_a_folder_without_a_network_beside_is_told_before_anything_is_trained(tmp_path, fitted):
    with pytest.raises(TrainingError, match=r"it has no run\.json"):
        run(replace(settings(tmp_path), beside=(tmp_path,)))
    assert fitted == []


def test_a_network_of_another_shape_beside_is_told_before_anything_is_trained(tmp_path, fitted):
    other = run(replace(settings(tmp_path / "other")))
    shape = json.loads((other / "shape.json").read_text())
    (other / "shape.json").write_text(json.dumps({**shape, "layers": 3}))
    with pytest.raises(TrainingError, match=r"another shape \(layers\)"):
        run(replace(settings(tmp_path / "work"), beside=(other,)))
    assert fitted == [1]


@pytest.fixture
def shipped(tmp_path: Path, fitted: list[int], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A network of another seed as an export leaves it; its words are its own."""
    monkeypatch.setattr(training, "shipped_vocabulary", lambda *_: tmp_path / "tokenizer.json")
    network = training.initial_model(tmp_path, tmp_path, 77)
    with torch.no_grad():
        for value in (*network.parameters(), network.center, network.scale):
            value.normal_(std=0.1)  # what is the same throughout would be merged
    network.branch_off(1)
    folder = tmp_path / "shipped"
    folder.mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter talks of its own internals
        write_graphs(network, folder / GRAPH_FILE, folder / BRANCH_FILE)
    return folder


def test_a_shipped_network_stands_in_for_the_first_stage(tmp_path, shipped, monkeypatch):
    stage_run = StageRun.run
    begun: list[str] = []

    def noted(runner: StageRun, checkpoint: Path, origin: dict[str, torch.Tensor]) -> None:
        begun.append(runner.stage.name)
        stage_run(runner, checkpoint, origin)

    monkeypatch.setattr(StageRun, "run", noted)
    folder = run(replace(settings(tmp_path / "work"), shipped=shipped))

    given = training.initial_model(tmp_path, tmp_path, 1).state_dict()
    theirs, result = read_shipped(shipped, load(folder)[0].shape), weights(folder)
    assert begun == ["second"]
    for name in ("layers.0.up.weight", "layers.1.up.weight", "values.bias", "center"):
        assert torch.equal(result[name], theirs[name]), name
    for name in ("word.weight", "position.weight", "norm.weight"):
        assert torch.equal(result[name], given[name]), name
    assert not torch.equal(result["tweets.layers.0.up.weight"], theirs["layers.1.up.weight"])
    assert "--shipped shipped" in json.loads((folder / "run.json").read_text())["command"]


def test_a_shipped_network_may_stand_beside_too(tmp_path, shipped, monkeypatch):
    monkeypatch.setattr(training, "STAGES", (FIRST,))
    alone = weights(run(settings(tmp_path / "alone")))
    both = weights(run(replace(settings(tmp_path / "both"), beside=(shipped,))))

    theirs = read_shipped(shipped, MultiHeadEncoder(SHAPE).shape)
    name = "layers.1.down.weight"
    torch.testing.assert_close(both[name], (alone[name] + theirs[name]) / 2)
    assert torch.equal(both["position.weight"], alone["position.weight"])


def test_a_run_begins_where_its_own_seed_says_whatever_lies_in_the_folder(tmp_path, fitted, monkeypatch):
    monkeypatch.setattr(training, "STAGES", (replace(FIRST, runs=2), SECOND))
    alone = weights(run(settings(tmp_path / "alone")))
    run(replace(settings(tmp_path / "shared"), seed=2))
    after_another = weights(run(settings(tmp_path / "shared")))

    for name, value in alone.items():
        torch.testing.assert_close(after_another[name], value, msg=name)


def test_what_was_made_from_another_base_is_not_taken_for_the_result(tmp_path, fitted, monkeypatch):
    one = run(settings(tmp_path))
    fresh = training.initial_model

    def other_base(base: Path, tokenizer: Path, seed: int) -> MultiHeadEncoder:
        model = fresh(base, tokenizer, seed)
        with torch.no_grad():
            model.layers[0].up.weight.add_(1.0)
        return model

    monkeypatch.setattr(training, "initial_model", other_base)
    assert run(settings(tmp_path)) != one


def test_what_only_a_later_stage_sees_changes_neither_vocabulary_nor_first_stage(tmp_path, fitted, monkeypatch):
    alone = run(settings(tmp_path))
    read = replace(ROWS[0], text="res de res", source="read_tweets", classes={"sentiment_tweets": 0}, multi={})
    corpus = Corpus({"written_es": ROWS, "read_tweets": [read]}, {"written": ROWS})
    vocabulary, texts_seen = training.trimmed_vocabulary, []

    def noted(base: Path, work: Path, texts: list[str]) -> Path:
        texts_seen.extend(texts)
        return vocabulary(base, work, texts)

    monkeypatch.setattr(training, "gather", lambda *_: corpus)
    monkeypatch.setattr(training, "trimmed_vocabulary", noted)
    monkeypatch.setattr(training, "STAGES", (FIRST, replace(SECOND, passes={"written": 2.0, "read": 3.0})))
    other = run(settings(tmp_path))

    assert other != alone
    assert fitted == [1]  # the first stage was not run again
    assert texts_seen == [row.text for row in ROWS]
    assert not torch.equal(weights(other)["tweets.values.weight"], weights(alone)["tweets.values.weight"])


@pytest.mark.parametrize("at", [0, 1])  # the stage draws one of the rows: of these two one at least is not drawn
def test_a_row_that_only_the_heads_are_fitted_on_makes_another_run(tmp_path, fitted, monkeypatch, at):
    monkeypatch.setattr(training, "STAGES", (replace(FIRST, passes={"written": 0.2}),))
    one = run(settings(tmp_path))
    rows = [replace(row, arousal=0.9) if place == at else row for place, row in enumerate(ROWS)]
    monkeypatch.setattr(training, "gather", lambda *_: Corpus({"written_es": rows}, {"written": rows}))
    assert run(settings(tmp_path)) != one
