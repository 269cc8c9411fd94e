import numpy as np
import onnx
import pytest
import torch

from models.export.resting import quantise
from models.train.losses import class_loss, label_loss
from models.train.network import ALL_SIZES, HEAD_SIZES, EncoderShape, MultiHeadEncoder, from_bert, rows_of

SHAPE = EncoderShape(vocabulary=50, hidden=24, layers=2, heads=2, feed_forward=32, positions=16)


@pytest.fixture
def network():
    torch.manual_seed(1)
    return MultiHeadEncoder(SHAPE).eval()


def test_every_head_and_the_sketch_come_out(network):
    logits = network(torch.randint(4, 50, (3, 5)), torch.ones(3, 5, dtype=torch.int64))

    assert {name: value.shape[1] for name, value in logits.items() if name in HEAD_SIZES} == HEAD_SIZES
    assert logits["sketch"].shape == (3, 64)


def test_padding_does_not_change_a_text(network):
    ids = torch.tensor([[5, 6, 7]])
    padded = torch.tensor([[5, 6, 7, 1, 1]])

    alone = network(ids, torch.ones_like(ids))["emotions"]
    among = network(padded, torch.tensor([[1, 1, 1, 0, 0]]))["emotions"]

    torch.testing.assert_close(alone, among, atol=1e-6, rtol=0)


def test_a_label_without_a_view_of_its_own_reads_the_mean_and_with_one_the_token_it_looks_for(network):
    ids, mask = torch.tensor([[5, 6, 7, 1]]), torch.tensor([[1, 1, 1, 0]])
    place = rows_of("cues").start
    with torch.inference_mode():
        standard = (network.tokens(ids, mask) - network.center) * network.scale
        values = network.values.weight[place]
        mean = standard[0, :3].mean(0) @ values + network.values.bias[place]
        torch.testing.assert_close(network(ids, mask)["cues"][0, 0], mean)

        network.views.weight[place] = 1e4 * standard[0, 1]
        sharp = standard[0, 1] @ values + network.values.bias[place]
        torch.testing.assert_close(network(ids, mask)["cues"][0, 0], sharp)


def test_a_branch_may_be_copied_from_another_state_of_the_network(network):
    origin = {name: value + 1 for name, value in network.state_dict().items()}
    network.branch_off(1, origin)

    torch.testing.assert_close(network.tweets.layers[0].qkv.weight, origin["layers.1.qkv.weight"])
    torch.testing.assert_close(network.tweets.views.weight, origin["views.weight"][rows_of("sentiment_tweets")])
    torch.testing.assert_close(network.layers[1].qkv.weight, origin["layers.1.qkv.weight"] - 1)


def test_a_fresh_branch_answers_as_what_it_was_copied_from_and_touches_no_other_head(network):
    ids, mask = torch.randint(4, 50, (3, 5)), torch.ones(3, 5, dtype=torch.int64)
    with torch.inference_mode():
        before = network(ids, mask)
        network.branch_off(1)
        after = network.eval()(ids, mask)
        alone = network.forward_tweets(ids, mask)["sentiment_tweets"]
        network.tweets.values.bias.fill_(9.0)
        moved = network(ids, mask)

    for head, values in before.items():
        torch.testing.assert_close(after[head], values)
        assert torch.equal(moved[head], after[head]) == (head != "sentiment_tweets"), head
    torch.testing.assert_close(alone, after["sentiment_tweets"])


def test_heads_stand_one_after_the_other():
    places = [rows_of(name) for name in ALL_SIZES]
    assert [place.stop - place.start for place in places] == list(ALL_SIZES.values())
    assert [place.start for place in places[1:]] == [place.stop for place in places[:-1]]


def test_a_bert_state_is_computed_as_bert_computes_it():
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=50, hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=16, layer_norm_eps=1e-12,
    )  # fmt: skip
    torch.manual_seed(2)
    bert = BertModel(config, add_pooling_layer=False).eval()
    mine = from_bert(bert.state_dict(), SHAPE).eval()
    ids, mask = torch.randint(4, 50, (2, 7)), torch.ones(2, 7, dtype=torch.int64)

    with torch.inference_mode():
        wanted = bert(ids, mask).last_hidden_state.mean(1)
        torch.testing.assert_close(mine.pooled(ids, mask), wanted, atol=1e-5, rtol=1e-4)


def test_masked_rows_and_labels_teach_nothing():
    logits = torch.zeros(2, 3, requires_grad=True)
    class_loss(logits, torch.zeros(2, 3), torch.ones(2), 0.1).backward()
    assert not logits.grad.any()

    logits = torch.zeros(1, 3, requires_grad=True)
    known = torch.tensor([[1.0, 0.0, 0.0]])
    label_loss(logits, torch.ones(1, 3), known, torch.ones(1), 0.0).backward()
    assert (logits.grad != 0).tolist() == [[True, False, False]]


def test_resting_weights_are_within_half_a_step():
    matrix = np.random.default_rng(1).normal(size=(40, 8)).astype(np.float32)

    codes, scale = quantise(matrix, axis=1)

    assert codes.dtype == np.int8
    assert scale.shape == (1, 8)
    assert np.abs(codes * scale - matrix).max() <= scale.max() / 2 + 1e-7
    assert onnx.numpy_helper.from_array(codes).data_type == onnx.TensorProto.INT8
