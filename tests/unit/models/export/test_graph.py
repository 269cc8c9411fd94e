"""The exported graph answers as the network does, for a text alone and among longer ones."""

import warnings

import numpy as np
import onnxruntime
import pytest
import torch

from models.export.graph import OUTPUTS, write_graph
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
    return network


@pytest.fixture(scope="module")
def session(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("graph") / "float.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter talks of its own internals
        write_graph(network, path)
    return onnxruntime.InferenceSession(path)


@pytest.mark.parametrize(("rows", "tokens"), [(1, 3), (2, 9), (5, 17)])
def test_every_output_is_the_network_s(network, session, rows, tokens):
    ids = torch.randint(4, SHAPE.vocabulary, (rows, tokens))
    mask = torch.ones_like(ids)
    mask[0, tokens // 2 + 1 :] = 0

    with torch.inference_mode():
        wanted = network(ids, mask)
    given = dict(
        zip(OUTPUTS, session.run(None, {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}), strict=True)
    )

    for name in OUTPUTS:
        np.testing.assert_allclose(given[name], wanted[name].numpy(), atol=2e-5, err_msg=name)


def test_a_text_alone_and_in_company_has_the_same_answers(session):
    ids = np.array([[5, 6, 7, 1, 1, 1]], np.int64)
    mask = np.array([[1, 1, 1, 0, 0, 0]], np.int64)

    padded = session.run(None, {"input_ids": ids, "attention_mask": mask})
    alone = session.run(None, {"input_ids": ids[:, :3], "attention_mask": mask[:, :3]})

    for one, other in zip(alone, padded, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
