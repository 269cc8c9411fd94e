import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.export.graph import write_graphs
from models.export.resting import Blocks, Moved, rest
from models.runtimes.graph import BRANCH_FILE, GRAPH_FILE
from models.train.errors import TrainingError
from models.train.network import EMBEDDINGS, EncoderShape, MultiHeadEncoder
from models.train.shipped import is_shipped, read_shipped

SHAPE = EncoderShape(vocabulary=80, hidden=256, layers=2, heads=2, feed_forward=512, positions=300)
BRANCHED = replace(SHAPE, tweets_layers=1)
ORIGIN = Blocks.of(np.random.default_rng(8).integers(-8, 8, (512, 256)).astype(np.float32) / 16).expanded()


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(8)
    network = MultiHeadEncoder(SHAPE)
    with torch.no_grad():
        for value in (*network.parameters(), network.center, network.scale):
            value.normal_(std=0.1)
    network.branch_off(1)
    network.tweets.layers[0].up.weight.data = torch.from_numpy(ORIGIN) + 0.01 * torch.randn(512, 1) @ torch.randn(
        1, 256
    )
    return network.eval()


@pytest.fixture(scope="module")
def folder(network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shipped")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter talks of its own internals
        write_graphs(network, folder / "float.onnx", folder / "branch.onnx")
    rest(folder / "float.onnx", folder / GRAPH_FILE)
    moved = Moved(network.tweets.layers[0].up.weight.detach().numpy(), ORIGIN)
    rest(folder / "branch.onnx", folder / BRANCH_FILE, moved=[moved])
    return folder


def test_a_network_is_read_back_from_its_graphs_as_exactly_as_they_hold_it(network, folder):
    found = read_shipped(folder, BRANCHED)
    own = {name: value for name, value in network.state_dict().items() if not name.startswith(EMBEDDINGS)}

    assert is_shipped(folder)
    assert found.keys() == own.keys()
    for name, value in found.items():
        coded = value.dim() == 2 and value.numel() >= 65_536  # these rest in few bits
        torch.testing.assert_close(value, own[name], rtol=0, atol=0.01 if coded else 0, msg=name)


def test_the_tweets_head_is_read_where_the_shape_has_one(folder):
    assert not any(name.startswith("tweets.") for name in read_shipped(folder, SHAPE))


def test_what_is_read_back_rests_as_the_same_codes(network, folder, tmp_path):
    again = MultiHeadEncoder(BRANCHED)
    again.load_state_dict({**network.state_dict(), **read_shipped(folder, BRANCHED)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write_graphs(again.eval(), tmp_path / "float.onnx", tmp_path / "branch.onnx")
    rest(tmp_path / "float.onnx", tmp_path / GRAPH_FILE)

    first = read_shipped(folder, SHAPE)
    for name, value in read_shipped(tmp_path, SHAPE).items():
        torch.testing.assert_close(value, first[name], rtol=1e-6, atol=1e-9, msg=name)


def test_a_graph_of_another_depth_is_told(folder):
    with pytest.raises(TrainingError, match="no network of 3 layers"):
        read_shipped(folder, EncoderShape(vocabulary=80, hidden=256, layers=3, heads=2, feed_forward=512))


def test_a_folder_without_a_graph_is_none(tmp_path):
    assert not is_shipped(tmp_path)
