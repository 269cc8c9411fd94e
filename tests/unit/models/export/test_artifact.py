"""A whole export, of a network of two small layers: what lands in the folder answers like the network."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from models.export import artifact
from models.export.artifact import RESTING, Origin, export
from models.registry import ScorerSettings, load_scorer, verify
from models.score import SENTIMENT_HEADS, Request
from models.train.errors import TrainingError
from models.train.label_maps import LABELS
from models.train.network import EncoderShape, MultiHeadEncoder
from models.train.rows import Example
from models.train.trained import save
from schemas.labels import SENTIMENTS
from tests.tiny_models import write_tokenizer

ORIGIN = Origin(7, "0123456789ab", "python -m models.train run --seed 7", ("umsab_es_train",))
DEV = {
    "written": [
        Example(
            text,
            "es",
            "written",
            1.0,
            {"sentiment_service": at % 3, "sentiment_tweets": (at + 1) % 3, "intensity": at % 4},
            {
                head: {label: float((at + place) % 2) for place, label in enumerate(names)}
                for head, names in LABELS.items()
            },
            at / 10,
        )
        for at, text in enumerate(
            ("hola no funciona", "gracias", "bon dia no va", "estoy harto de vosotros", "res de res")
        )
    ]
}


pytestmark = pytest.mark.filterwarnings("ignore:# The axis name")  # two inputs of one shape: both have these names


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    tokenizer_file = folder / "words.json"
    torch.manual_seed(3)
    shape = EncoderShape(
        vocabulary=write_tokenizer(tokenizer_file), hidden=32, layers=2, heads=2, feed_forward=64, positions=200
    )
    network = MultiHeadEncoder(shape)
    network.branch_off(1)
    return save(network.eval(), tokenizer_file, folder / "network")


@pytest.fixture(scope="module")
def exported(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exported") / "weights"
    export(trained, DEV, out, precision=RESTING, version="1.2.3", origin=ORIGIN)
    return out


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_an_export_is_a_model_that_answers_every_head_and_says_where_it_comes_from(exported):
    scorer = load_scorer(ScorerSettings("onnx", str(exported)))

    for head in SENTIMENT_HEADS:
        (score,) = scorer.score([Request("gracias", head=head)])
        assert score.sentiment in SENTIMENTS
    assert verify(exported).startswith(scorer.identity.split("@")[1].split("/")[0])
    told = json.loads((exported / "model.json").read_text())
    assert told["version"] == "1.2.3"
    assert told["trained"]["seed"] == ORIGIN.seed
    assert told["trained"]["key"] == ORIGIN.key


def test_an_export_over_another_replaces_it_whole(trained, exported, tmp_path):
    out = Path(shutil.copytree(exported, tmp_path / "weights"))
    export(trained, DEV, out, precision=RESTING, version="1.2.4", origin=ORIGIN)

    assert verify(out) != verify(exported)
    assert json.loads((out / "model.json").read_text())["version"] == "1.2.4"
    assert contents(out).keys() == contents(exported).keys()


def test_an_export_that_is_refused_leaves_what_was_there(trained, exported, tmp_path, monkeypatch):
    out = Path(shutil.copytree(exported, tmp_path / "weights"))
    monkeypatch.setattr(artifact, "LARGEST_FOLDER", 1000)

    with pytest.raises(TrainingError, match="at most 1000 may be shipped"):
        export(trained, DEV, out, precision=RESTING, version="1.2.4", origin=ORIGIN)
    assert contents(out) == contents(exported)
    assert [path.name for path in tmp_path.iterdir()] == ["weights"]  # nothing half made beside it
