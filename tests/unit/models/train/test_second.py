"""What two readers said of a row that teaches."""

import json

import pytest

from models.train.errors import DataError
from models.train.rows import Example
from models.train.second import FIRST_ALONE, SECOND_ALONE, doubted, read_second
from schemas.labels import INTENTS


def test_what_both_say_is_certain_and_what_one_says_is_a_share():
    first = {label: float(label in {"affirm", "complaint"}) for label in INTENTS}
    example = Example("vale, pero no es manera", "es", "written", 1.0, {}, {"intents": first, "cues": {"formula": 0.0}})

    taught = doubted(example, {"complaint", "deny"})

    found = {label: share for label, share in taught.multi["intents"].items() if share}
    assert found == {"complaint": 1.0, "affirm": FIRST_ALONE, "deny": SECOND_ALONE}
    assert taught.multi["cues"] == {"formula": 0.0}


def test_an_intent_that_is_none_is_told(tmp_path):
    assert read_second(tmp_path) == {}
    (tmp_path / "second_intents.jsonl").write_text(json.dumps({"id": "r1", "intents": ["agree"]}), "utf-8")
    with pytest.raises(DataError, match=r"\['agree'\] are no intents"):
        read_second(tmp_path)
