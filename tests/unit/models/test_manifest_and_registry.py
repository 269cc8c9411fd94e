"""An artifact is read strictly, verified by digest, and refused with what to do."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.errors import ArtifactError, RequestError, RuntimeUnavailableError
from models.manifest import read_manifest
from models.registry import SHIPPED, ScorerSettings, digest_of, load_scorer, main, verify
from models.score import Request
from tests.tiny_models import manifest, write_onnx_artifact


def spoil(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(manifest()))
    change(document)
    return document


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        (spoil(lambda d: d.update(format=2)), "its format is 2"),
        (spoil(lambda d: d.pop("prefix")), "prefix"),
        (spoil(lambda d: d["heads"]["intents"]["labels"].reverse()), "intents are not in the canonical order"),
        (spoil(lambda d: d["heads"]["intensity"].update(temperature=0)), "not positive"),
        (spoil(lambda d: d["heads"]["intensity"].update(shift=[0.1, 0.2])), "a shift has 2 values, not 4"),
        (spoil(lambda d: d["heads"]["cues"]["platt"].pop("formula")), "formula"),
        (spoil(lambda d: d["heads"]["cues"]["thresholds"]["formula"].pop("default")), "default"),
    ],
)
def test_a_wrong_manifest_is_refused_with_the_reason(tmp_path: Path, document: dict[str, Any], complaint: str) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(ArtifactError, match=complaint):
        read_manifest(path)


def test_thresholds_of_a_language_fall_back_to_the_default(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    document = spoil(lambda d: d["heads"]["emotions"]["thresholds"]["joy"].pop("ca"))
    path.write_text(json.dumps(document), "utf-8")
    head = read_manifest(path).label_heads["emotions"]
    assert head.thresholds["ca"][head.labels.index("joy")] == 0.5
    assert head.thresholds["ca"][head.labels.index("anger")] == 0.4


def test_the_digest_follows_content_and_names_and_nothing_else(tmp_path: Path) -> None:
    one, other = write_onnx_artifact(tmp_path / "one"), write_onnx_artifact(tmp_path / "other")
    assert digest_of(one) == digest_of(other)
    (one / ".marker").write_text("x")
    (one / "digest.txt").write_text("x")
    assert digest_of(one) == digest_of(other)
    (one / "model.json").write_text("{}")
    assert digest_of(one) != digest_of(other)


def test_a_recorded_digest_is_held_against_the_content(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_onnx_artifact(tmp_path)
    assert main([str(folder), "--record"]) == 0
    assert capsys.readouterr().out.strip() == verify(folder)
    (folder / "tokenizer.json").write_text("{}")
    assert main([str(folder)]) == 1
    assert "changed or damaged" in capsys.readouterr().err


def test_a_pointer_in_place_of_weights_is_named(tmp_path: Path) -> None:
    folder = write_onnx_artifact(tmp_path)
    (folder / "model.onnx").write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(ArtifactError, match="git lfs pull"):
        verify(folder)


def test_half_a_branch_is_refused(tmp_path: Path) -> None:
    folder = write_onnx_artifact(tmp_path, branch=True)
    branch = folder / "tweets.onnx"
    whole = branch.read_bytes()
    branch.write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(ArtifactError, match="git lfs pull"):
        verify(folder)
    branch.unlink()
    with pytest.raises(ArtifactError, match=r"tweets\.onnx is missing"):
        load_scorer(ScorerSettings("onnx", str(folder)))
    write_onnx_artifact(folder, heads=("sentiment_service", "emotions"))
    branch.write_bytes(whole)
    with pytest.raises(ArtifactError, match="no 'below'"):
        load_scorer(ScorerSettings("onnx", str(folder)))


def test_the_tweets_head_s_own_layers_are_loaded_when_somebody_asks_for_it(tmp_path: Path) -> None:
    folder = write_onnx_artifact(tmp_path, branch=True)
    (folder / "tweets.onnx").write_text("nonsense")
    scorer = load_scorer(ScorerSettings("onnx", str(folder)))
    assert scorer.score([Request("hola")])[0].sentiment
    with pytest.raises(ArtifactError, match=r"tweets\.onnx cannot be loaded"):
        scorer.score([Request("hola", head="tweets")])


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_damaged_files_are_named(tmp_path: Path, name: str) -> None:
    folder = write_onnx_artifact(tmp_path)
    (folder / name).write_text("nonsense")
    with pytest.raises(ArtifactError, match=name.replace(".", r"\.")):
        load_scorer(ScorerSettings("onnx", str(folder)))


def test_an_output_without_calibration_is_refused(tmp_path: Path) -> None:
    folder = write_onnx_artifact(tmp_path)
    (folder / "model.json").write_text(json.dumps(spoil(lambda d: d["heads"].pop("cues"))), "utf-8")
    with pytest.raises(ArtifactError, match=r"no calibration for \['cues'\]"):
        load_scorer(ScorerSettings("onnx", str(folder)))


def test_the_torch_runtime_asks_for_a_model() -> None:
    with pytest.raises(RuntimeUnavailableError, match="--model"):
        load_scorer(ScorerSettings("torch"))


def test_a_request_for_an_unknown_head_is_refused() -> None:
    with pytest.raises(RequestError, match="service, tweets"):
        Request("hola", head="films")  # type: ignore[arg-type]


def test_the_shipped_model_is_whole() -> None:
    assert len(verify(SHIPPED)) == 64


def test_a_copy_of_the_shipped_model_has_its_identity(tmp_path: Path) -> None:
    copied = tmp_path / "copy"
    shutil.copytree(SHIPPED, copied)
    assert digest_of(copied) == digest_of(SHIPPED)
