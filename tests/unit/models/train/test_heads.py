"""The last step of training: heads at their optimum, near where they were."""

import pytest
import torch

from models.train.heads import SAMPLE, _optimum, rows_for_heads
from models.train.rows import Example


def test_a_head_learns_what_its_vectors_tell() -> None:
    generator = torch.Generator().manual_seed(1)
    vectors = torch.randn(200, 8, generator=generator)
    target = (vectors[:, :2] > 0).float()
    weight, bias = _optimum(vectors, target, torch.ones_like(target), torch.zeros(2, 8), torch.zeros(2))

    right = ((torch.nn.functional.linear(vectors, weight, bias) > 0).float() == target).float().mean()

    assert right > 0.97


def test_a_label_that_no_row_teaches_stays_as_it_was() -> None:
    vectors = torch.randn(50, 8, generator=torch.Generator().manual_seed(2))
    target = (vectors[:, :2] > 0).float()
    known = torch.ones_like(target)
    known[:, 1] = 0.0
    before = torch.full((2, 8), 0.3)

    weight, bias = _optimum(vectors, target, known, before, torch.zeros(2))

    assert torch.equal(weight[1], before[1])
    assert float(bias[1]) == pytest.approx(0.0)
    assert not torch.allclose(weight[0], before[0])


def test_written_rows_come_whole_and_public_ones_as_a_sample_without_silver_twins() -> None:
    def rows(source: str, number: int) -> list[Example]:
        return [Example(f"{n}", "es", source, 1.0, {}, {"intents": {"greeting": 1.0}}) for n in range(number)]

    names = {"written_es": 1_500, "written_es_ca": 20, "multidogo_train": 3_000, "own_mine": 7}
    sources = {name: rows(name, number) for name, number in names.items()}
    sources["umsab_es_train"] = [Example("a", "es", "umsab", 1.0, {"sentiment_tweets": 0}, {})]

    chosen = rows_for_heads(sources, seed=1)

    counts = {name: sum(row.source == name for row in chosen) for name in names}
    assert counts == {"written_es": 1_500, "written_es_ca": 0, "multidogo_train": SAMPLE, "own_mine": 7}
    assert len(chosen) == sum(counts.values())
