from collections import Counter
from dataclasses import replace
from pathlib import Path

import torch

from models.tokenization import TextTokenizer
from models.train.batches import PREFIX_TOKENS, UNKNOWN_ID, collate, draw, hide_tokens, plan
from models.train.rows import Example
from models.train.stages import Stage, passes_of

WEIGHTS = Path(__file__).resolve().parents[4] / "models" / "weights"


def example(source: str, number: int = 0, **more: object) -> Example:
    return Example(f"text {number}", "es", source, 1.0, {}, {}, **more)  # type: ignore[arg-type]


def test_every_source_is_seen_as_often_as_its_passes_say():
    sources = {"large": [example("large", n) for n in range(900)], "small": [example("small", n) for n in range(100)]}

    counts = Counter(row.source for row in draw(sources, {"large": 0.5, "small": 3.0}, seed=1))

    assert counts == {"large": 450, "small": 300}


def test_whole_passes_come_before_any_row_comes_again():
    drawn = draw({"small": [example("small", n) for n in range(10)]}, {"small": 2.5}, seed=1)

    assert sorted(Counter(row.text for row in drawn).values()) == [2] * 5 + [3] * 5


def test_a_source_without_passes_is_not_seen():
    assert draw({"a": [example("a")]}, {"a": 0.0}, seed=1) == []


def test_the_longest_beginning_of_a_name_says_how_often_a_stage_sees_it():
    stage = Stage("x", {"umsab": 2.0, "umsab_fr": 0.5}, rate=1e-4, final_rate=1e-5, warmup=0.1, smoothing=0.0)

    assert [passes_of(stage, name) for name in ("umsab_es_train", "umsab_fr_train", "other")] == [2.0, 0.5, 0.0]


def test_the_draw_follows_from_the_seed():
    sources = {"a": [example("a", n) for n in range(50)]}

    assert draw(sources, {"a": 0.4}, seed=3) == draw(sources, {"a": 0.4}, seed=3)
    assert draw(sources, {"a": 0.4}, seed=3) != draw(sources, {"a": 0.4}, seed=4)


def test_batches_stay_within_the_budget_and_hold_every_row_once():
    lengths = [5, 90, 7, 30, 200, 12, 8, 41] * 20

    batches = plan(lengths, token_budget=128, seed=1)

    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or max(lengths[i] for i in batch) * len(batch) <= 128 for batch in batches)


def test_what_a_row_does_not_teach_is_masked():
    taught = Example("a", "es", "s", 1.0, {"intensity": 2}, {"emotions": {"joy": 1.0, "anger": None}}, 0.4)
    batch = collate([taught, example("s")], [[0, 5, 2], [0, 2]])

    assert batch.ids.tolist() == [[0, 5, 2, *[1] * 5], [0, 2, *[1] * 6]]
    assert batch.mask.tolist() == [[1] * 3 + [0] * 5, [1] * 2 + [0] * 6]
    assert batch.targets.classes["intensity"].tolist() == [[0, 0, 1, 0], [0, 0, 0, 0]]
    assert batch.targets.known["emotions"].sum() == 1
    assert bool(batch.targets.arousal[1].isnan())


def test_readers_of_two_minds_are_shares_of_service_sentiment_alone():
    classes = {"sentiment_service": 1, "sentiment_tweets": 1}
    doubted = Example("a", "es", "s", 1.0, classes, {}, service={"negative": 0.25, "neutral": 0.75})
    angry = replace(doubted, classes={"sentiment_service": 0}, service={})

    targets = collate([doubted, angry], [[0, 5, 2], [0, 2]]).targets.classes

    assert targets["sentiment_service"].tolist() == [[0.25, 0.75, 0], [1, 0, 0]]
    assert targets["sentiment_tweets"].tolist() == [[0, 1, 0], [0, 0, 0]]


def test_hidden_tokens_are_inside_the_text_and_about_as_many_as_asked_for():
    rows = [list(range(10, 50)), list(range(60, 80))] * 100
    batch = collate([example("s", n) for n in range(len(rows))], rows)

    hidden = hide_tokens(batch, 0.25, torch.Generator().manual_seed(1)).ids == UNKNOWN_ID

    assert not hidden[:, :PREFIX_TOKENS].any()
    assert not any(hidden[at, len(row) - 1 :].any() for at, row in enumerate(rows))
    inside = sum(len(row) - PREFIX_TOKENS - 1 for row in rows)
    assert 0.2 < float(hidden.sum()) / inside < 0.3


def test_the_prefix_is_as_long_as_the_tokens_that_are_never_hidden():
    tokenizer = TextTokenizer(WEIGHTS / "tokenizer.json", prefix="query: ", max_tokens=64)

    alone, other = (tokenizer.prepare([text])[0].windows[0].ids for text in ("hola", "adéu"))

    assert list(alone[:PREFIX_TOKENS]) == list(other[:PREFIX_TOKENS])
    assert alone[PREFIX_TOKENS] != other[PREFIX_TOKENS]
