"""The exported graphs answer as the network does, for a text alone and among longer ones."""

import warnings

import numpy as np
import pytest
import torch

from models.export.graph import OUTPUTS, write_graphs
from models.export.session import Exported
from models.runtimes.graph import BRANCH_FILE, GRAPH_FILE
from models.train.network import EncoderShape, MultiHeadEncoder

SHAPE = EncoderShape(vocabulary=50, hidden=24, layers=2, heads=2, feed_forward=32, positions=32)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(6)
    network = MultiHeadEncoder(SHAPE).eval()
    with torch.no_grad():
        network.views.weight.normal_()
        network.center.normal_()
        network.scale.uniform_(0.5, 2.0)
        network.branch_off(1)
        for value in network.tweets.parameters():
            value.add_(0.05 * torch.randn_like(value))
    return network.eval()


@pytest.fixture(scope="module")
def exported(network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("graph")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter talks of its own internals
        write_graphs(network, folder / GRAPH_FILE, folder / BRANCH_FILE)
    return Exported.of(folder)


def test_without_layers_of_its_own_the_tweets_head_is_not_exported(tmp_path):
    with pytest.raises(ValueError, match="no layers of its own"):
        write_graphs(MultiHeadEncoder(SHAPE), tmp_path / GRAPH_FILE, tmp_path / BRANCH_FILE)


@pytest.mark.parametrize(("rows", "tokens"), [(1, 3), (2, 9), (5, 17)])
def test_every_output_is_the_network_s(network, exported, rows, tokens):
    ids = torch.randint(4, SHAPE.vocabulary, (rows, tokens))
    mask = torch.ones_like(ids)
    mask[0, tokens // 2 + 1 :] = 0

    with torch.inference_mode():
        wanted = network(ids, mask)
    given = exported.run({"input_ids": ids.numpy(), "attention_mask": mask.numpy()})

    for name in OUTPUTS:
        np.testing.assert_allclose(given[name], wanted[name].numpy(), atol=2e-5, err_msg=name)


def test_a_text_alone_and_in_company_has_the_same_answers(exported):
    ids = np.array([[5, 6, 7, 1, 1, 1]], np.int64)
    mask = np.array([[1, 1, 1, 0, 0, 0]], np.int64)

    padded = exported.run({"input_ids": ids, "attention_mask": mask})
    alone = exported.run({"input_ids": ids[:, :3], "attention_mask": mask[:, :3]})

    for name in OUTPUTS:
        np.testing.assert_allclose(alone[name], padded[name], atol=1e-5, err_msg=name)
