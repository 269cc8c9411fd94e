import gzip
import json

import pytest

from models.train.errors import DataError
from models.train.rows import HEDGE, hedged, read_jsonl, read_written, split_of, unescape, written_example

ROW = {
    "id": "es-1", "text": "Llevo tres semanas llamando y nada.", "language": "es", "role": "customer",
    "scenario": "es-telecom-three-weeks", "sentiment": "negative", "intensity": 2, "arousal": 0.5,
    "emotions": ["frustration"], "intents": ["complaint"], "cues": ["repeat_contact"],
}  # fmt: skip


def test_a_written_row_teaches_every_head():
    example = written_example(ROW)

    assert example.classes == {"sentiment_service": 0, "sentiment_tweets": 0, "intensity": 2}
    assert example.arousal == 0.5
    assert example.multi["emotions"]["frustration"] == 1.0
    assert example.multi["emotions"]["joy"] == 0.0
    assert example.multi["cues"]["repeat_contact"] == 1.0


def test_a_plainly_told_problem_is_neutral_by_the_guide_and_teaches_the_tweets_head_nothing():
    plain = {**ROW, "sentiment": "neutral", "intensity": 0, "emotions": [], "cues": []}

    problem = written_example({**plain, "intents": ["product_fault"]})
    question = written_example({**plain, "intents": ["information_request"]})

    assert problem.classes == {"sentiment_service": 1, "intensity": 0}
    assert question.classes["sentiment_tweets"] == 1


def test_a_public_reading_teaches_the_tweets_head_apart_from_the_guide_s():
    plain = {**ROW, "sentiment": "neutral", "intensity": 0, "emotions": [], "cues": [], "intents": ["product_fault"]}

    example = written_example({**plain, "public_sentiment": "negative"})

    assert example.classes == {"sentiment_service": 1, "sentiment_tweets": 0, "intensity": 0}
    with pytest.raises(DataError, match="public_sentiment"):
        written_example({**plain, "public_sentiment": "bad"})


def test_plain_trouble_is_taught_as_a_doubt_and_small_talk_is_not():
    plain = {**ROW, "sentiment": "neutral", "intensity": 0, "emotions": [], "cues": []}
    trouble = written_example({**plain, "intents": ["product_fault"]})
    question = written_example({**plain, "intents": ["information_request"]})
    angry = written_example(ROW)

    assert hedged(trouble).multi["emotions"]["frustration"] == HEDGE
    assert hedged(trouble).multi["emotions"]["anger"] == 0.0
    assert hedged(trouble).service == {"negative": HEDGE, "neutral": 1 - HEDGE}
    graded = written_example({**plain, "intents": ["product_fault"], "dissatisfied": 0.3})
    assert hedged(graded).service == {"negative": 0.3, "neutral": 0.7}
    assert trouble.multi["emotions"]["frustration"] == 0.0
    assert hedged(question) == question
    others = written_example({**plain, "intents": ["product_fault"], "cues": ["not_about_company"]})
    assert hedged(others) == others
    for public, doubt in (("negative", HEDGE), ("neutral", 0.0)):
        read = written_example({**plain, "intents": ["product_fault"], "public_sentiment": public})
        assert hedged(read).multi["emotions"]["disappointment"] == doubt
    assert hedged(angry) == angry


def test_training_reads_texts_masked_as_serving_does():
    example = written_example({**ROW, "text": "mi correo es ana.perez@example.com, gracias"})

    assert "ana.perez" not in example.text
    assert "[EMAIL]" in example.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"emotions": ["fury"]},
        {"sentiment": "bad"},
        {"intensity": 7},
        {"dissatisfied": 3},
        {"dissatisfied": "x"},
        {"arousal": 3},
        {"arousal": None},
        {"language": None},
        {"text": ""},
    ],
)
def test_a_label_outside_the_guide_is_refused_naming_the_row(wrong):
    with pytest.raises(DataError, match="es-1"):
        written_example({**ROW, **wrong})


def test_a_scenario_always_stands_on_the_same_side():
    sides = {split_of(f"scenario-{number}") for number in range(200)}

    assert sides == {"train", "dev", "test"}
    assert all(split_of(f"scenario-{n}") == split_of(f"scenario-{n}") for n in range(20))


def test_conversations_stand_where_they_say_and_agents_teach_cues_only(tmp_path):
    turns = [
        {**ROW, "turn": 1},
        {"turn": 2, "role": "bot", "text": "No te he entendido.", "language": "es", "cues": ["cannot_help"]},
        {"turn": 3, "event": "human_requested"},
    ]
    conversation = {"id": "c1", "split": "test", "turns": turns}
    (tmp_path / "conversations_es_01.jsonl").write_text(json.dumps(conversation) + "\n")

    splits = read_written(tmp_path)

    assert [len(splits[name]) for name in ("train", "dev", "test")] == [0, 0, 2]
    agent = splits["test"][1][1]
    assert agent.classes == {}
    assert agent.multi["cues"]["cannot_help"] == 1.0
    assert set(agent.multi) == {"cues"}


def test_a_line_that_is_not_json_is_named(tmp_path):
    path = tmp_path / "rows.jsonl.gz"
    with gzip.open(path, "wt") as file:
        file.write('{"a": 1}\nnonsense\n')

    with pytest.raises(DataError, match="line 2"):
        list(read_jsonl(path))


def test_an_absent_file_says_where_to_look(tmp_path):
    with pytest.raises(DataError, match="--data"):
        list(read_jsonl(tmp_path / "absent.jsonl"))


def test_escapes_that_a_file_holds_as_text_are_decoded():
    assert unescape("it\\u2019s") == "it’s"
    assert unescape("plain \\ud83d\\ude00") == "plain 😀"
    assert unescape("broken \\ud83d") == "broken "


def test_rows_in_files_for_training_never_stand_in_another_split(tmp_path):
    rows = [{**ROW, "id": f"train-{number}", "scenario": None} for number in range(60)]
    (tmp_path / "train_es_01.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")

    splits = read_written(tmp_path)

    assert {name: len(found) for name, found in splits.items()} == {"train": 60, "dev": 0, "test": 0}
