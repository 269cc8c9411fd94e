from collections import Counter

from models.train.batches import ABSENT, collate, draw, plan
from models.train.rows import Example


def example(source: str, number: int = 0, **more: object) -> Example:
    return Example(f"text {number}", "es", source, 1.0, {}, {}, **more)  # type: ignore[arg-type]


def test_sources_are_mixed_by_the_root_of_their_size():
    sources = {"large": [example("large", n) for n in range(900)], "small": [example("small", n) for n in range(100)]}

    counts = Counter(row.source for row in draw(sources, 400, seed=1))

    assert counts == {"large": 300, "small": 100}


def test_a_small_source_is_passed_over_whole_before_any_row_comes_again():
    drawn = draw({"small": [example("small", n) for n in range(10)]}, 25, seed=1)

    assert set(Counter(row.text for row in drawn).values()) == {2, 3}


def test_the_draw_follows_from_the_seed():
    sources = {"a": [example("a", n) for n in range(50)]}

    assert draw(sources, 20, seed=3) == draw(sources, 20, seed=3)
    assert draw(sources, 20, seed=3) != draw(sources, 20, seed=4)


def test_batches_stay_within_the_budget_and_hold_every_row_once():
    lengths = [5, 90, 7, 30, 200, 12, 8, 41] * 20

    batches = plan(lengths, token_budget=128, seed=1)

    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or max(lengths[i] for i in batch) * len(batch) <= 128 for batch in batches)


def test_what_a_row_does_not_teach_is_masked():
    taught = Example("a", "es", "s", 1.0, {"intensity": 2}, {"emotions": {"joy": 1.0, "anger": None}}, 0.4)
    batch = collate([taught, example("s")], [[0, 5, 2], [0, 2]])

    assert batch.ids.tolist() == [[0, 5, 2], [0, 2, 1]]
    assert batch.mask.tolist() == [[1, 1, 1], [1, 1, 0]]
    assert batch.classes["intensity"].tolist() == [2, ABSENT]
    assert batch.known["emotions"].sum() == 1
    assert bool(batch.arousal[1].isnan())
