"""Heads at their optimum on the base encoder, before training moves it."""

import torch

from models.train.heads import SAMPLE, fit_heads, optimum, rows_for_heads
from models.train.network import EncoderShape, MultiHeadEncoder, rows_of
from models.train.rows import Example
from tests.tiny_models import write_tokenizer


def test_a_head_learns_what_its_vectors_tell() -> None:
    vectors = torch.randn(200, 8, generator=torch.Generator().manual_seed(1))
    target = (vectors[:, :2] > 0).float()

    def loss(logits: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, target)

    weight, bias = optimum(vectors, loss, 2, pull=1e-4)

    right = ((torch.nn.functional.linear(vectors, weight, bias) > 0).float() == target).float().mean()
    assert right > 0.95


def test_every_taught_head_is_fitted_on_standardised_vectors_and_others_stay(tmp_path) -> None:
    from tokenizers import Tokenizer

    size = write_tokenizer(tmp_path / "tokenizer.json")
    torch.manual_seed(3)
    model = MultiHeadEncoder(EncoderShape(vocabulary=size, hidden=24, layers=1, heads=2, feed_forward=32, positions=32))
    before = model.values.weight.detach().clone()
    labels = {"intents": {"greeting": 1.0, "complaint": 0.0}}
    other = {"intents": {"greeting": 0.0, "complaint": 1.0}}
    examples = [
        *(Example(text, "es", "written", 1.0, {"sentiment_service": 2}, labels) for text in ("hola", "hola bon dia")),
        *(Example(text, "es", "written", 1.0, {"sentiment_service": 0}, other) for text in ("no funciona", "harto")),
    ]

    fit_heads(model, Tokenizer.from_file(str(tmp_path / "tokenizer.json")), examples, "query: ", bfloat16=False)

    ids = torch.tensor([[0, 4, 5, 6, 2]])
    assert set(model(ids, torch.ones_like(ids))) >= {"intents", "sentiment_service"}
    assert not torch.allclose(model.values.weight[rows_of("intents")], before[rows_of("intents")])
    assert torch.equal(model.values.weight[rows_of("emotions")], before[rows_of("emotions")])
    assert float(model.scale.min()) > 1


def test_written_rows_come_whole_and_public_ones_as_a_sample_without_silver_twins() -> None:
    def rows(source: str, number: int) -> list[Example]:
        labels = {"intents": {"greeting": 1.0}}
        return [
            Example(f"{n}", "es", source, 1.0, {}, labels, silver=source.startswith("silver")) for n in range(number)
        ]

    names = {"written_es": 1_500, "silver_written_es_ca": 20, "multidogo_train": 3_000, "own_mine": 7}
    sources = {name: rows(name, number) for name, number in names.items()}

    chosen = rows_for_heads(sources, seed=1)

    counts = {name: sum(row.source == name for row in chosen) for name in names}
    assert counts == {"written_es": 1_500, "silver_written_es_ca": 0, "multidogo_train": SAMPLE, "own_mine": 7}
    assert len(chosen) == sum(counts.values())
