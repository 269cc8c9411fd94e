"""Agreement of two labellings, against values worked out by hand."""

from pathlib import Path

import numpy as np
import orjson
import pytest

from models.evaluate.agreement import kappa, main, of_conversations, of_intents, of_rows
from schemas.labels import INTENTS


def test_kappa_is_what_is_left_after_chance() -> None:
    # Cohen's own kind of table: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: 0.7 agreed, 0.5 by chance.
    first = np.array([1] * 25 + [0] * 25)
    second = np.array([1] * 20 + [0] * 5 + [1] * 10 + [0] * 15)
    assert kappa(first, second, 2) == pytest.approx(0.4)


def test_squared_kappa_forgives_neighbours_more_than_strangers() -> None:
    first = np.array([0, 1, 2, 3] * 5)
    near, far = first.copy(), first.copy()
    near[0], far[0] = 1, 3
    assert kappa(first, near, 4, squared=True) > kappa(first, far, 4, squared=True)
    assert kappa(first, first, 4, squared=True) == 1.0


def test_two_labellers_who_always_say_the_same_one_thing_agree() -> None:
    assert kappa(np.zeros(5, np.int64), np.zeros(5, np.int64), 2) == 1.0


def row(**labels: object) -> dict[str, object]:
    empty = {"emotions": [], "intents": [], "cues": []}
    return {"sentiment": "neutral", "intensity": 0, "arousal": 0.2, **empty, **labels}


def write(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    texts = [{"id": f"r{at}", "text": f"text {at}", "language": "es", **row()} for at in range(4)]
    texts[0].update(intents=["complaint"], sentiment="negative", intensity=2)
    write(tmp_path / "rows_es_01.jsonl", texts)
    write(tmp_path / "second_rows.jsonl", [{"id": text["id"], **row()} for text in texts])
    moment = {"type": "churn_risk", "first_turn": 1, "by_turn": 1}
    turn = {"turn": 1, "role": "customer", "text": "hola", "language": "es", **row()}
    both = [{"id": f"c{at}", "split": "test", "turns": [turn], "moments": [moment] * at} for at in range(2)]
    write(tmp_path / "conversations_es_01.jsonl", both)
    write(tmp_path / "second_conversations.jsonl", [{"id": c["id"], "moments": c["moments"]} for c in both])
    return tmp_path


def test_rows_are_compared_label_by_label(corpus: Path) -> None:
    by_name = {each.name: each for each in of_rows(corpus)}
    assert by_name["intents: complaint"].said == (1, 0)
    assert by_name["intents: complaint"].f1 == 0.0
    assert by_name["intensity >= 2"].items == 4
    assert "intents: refund_request" not in by_name


def test_conversations_are_compared_by_the_moments_in_them(corpus: Path) -> None:
    by_name = {each.name: each for each in of_conversations(corpus)}
    assert by_name["moment: churn_risk"].kappa == 1.0
    assert by_name["calm"].said == (1, 1)
    assert by_name["hand-off"].said == (0, 0)


def test_an_unknown_id_is_told_in_one_line(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(corpus / "second_rows.jsonl", [{"id": "nobody", **row()}])
    assert main(["--rows", str(corpus)]) == 1
    assert "second_rows.jsonl: nobody is in no file" in capsys.readouterr().err


def test_intents_decided_anew_are_compared_by_what_each_labeller_said(corpus: Path) -> None:
    # r0 stands decided as a complaint; the first labeller had said nothing, the second both.
    twice = [{"id": "r0", "first": [], "second": ["complaint", "greeting"]}, {"id": "r1", "first": [], "second": []}]
    write(corpus / "intents_twice.jsonl", twice)

    both, first, second = of_intents(corpus)[:3]

    assert (both.items, both.said) == (2 * len(INTENTS), (0, 2))
    assert first.said == (0, 1)
    assert second.f1 == pytest.approx(2 / 3)
    assert {each.name: each for each in of_rows(corpus)}["intents, together"].said == (0, 0)  # by the first labels


def test_without_a_second_labelling_of_all_intents_nothing_is_told_of_it(corpus: Path) -> None:
    assert of_intents(corpus) == []
