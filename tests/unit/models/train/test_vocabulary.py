import json
from collections import Counter

import pytest
from tokenizers import Tokenizer

from models.train.errors import BaseModelError
from models.train.vocabulary import is_kept_character, order_of, trim

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁hola", "▁banco", "▁rare", "a", "ñ", "😀", "漢", "▁a", "o", "<mask>"]


def write_tokenizer(path, pieces):
    special = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    document = {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": n, "content": p, **special} for n, p in enumerate(pieces) if p.startswith("<")],
        "normalizer": None, "post_processor": None,
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        "decoder": None,
        "model": {
            "type": "Unigram",
            "unk_id": 3,
            "vocab": [[piece, 0.0 if piece[0] == "<" else -float(at)] for at, piece in enumerate(pieces)],
        },
    }  # fmt: skip
    path.write_text(json.dumps(document))
    return path


def test_used_pieces_specials_and_single_characters_stay_in_order(tmp_path):
    file = write_tokenizer(tmp_path / "tokenizer.json", PIECES)

    document, order = trim(file, Counter({5: 10, 6: 3}), size=12)

    kept = [piece for piece, _ in document["model"]["vocab"]]
    assert kept[:4] == ["<s>", "<pad>", "</s>", "<unk>"]
    assert {"▁hola", "▁banco", "a", "ñ", "😀", "▁a"} <= set(kept)
    assert not {"▁rare", "漢", "<mask>"} & set(kept)
    assert [PIECES[old] for old in order] == kept


def test_the_trimmed_tokenizer_cuts_the_kept_words_as_before(tmp_path):
    file = write_tokenizer(tmp_path / "tokenizer.json", PIECES)
    document, order = trim(file, Counter({5: 10, 6: 3}), size=12)
    (tmp_path / "trimmed.json").write_text(json.dumps(document))

    before = Tokenizer.from_file(str(file)).encode("hola banco").ids
    after = Tokenizer.from_file(str(tmp_path / "trimmed.json")).encode("hola banco").ids

    assert [order[new] for new in after] == before


def test_a_tokenizer_of_another_kind_is_refused(tmp_path):
    file = write_tokenizer(tmp_path / "tokenizer.json", ["a", "b", "c", "d"])

    with pytest.raises(BaseModelError):
        trim(file, Counter(), size=4)


@pytest.mark.parametrize(
    ("piece", "kept"), [("ñ", True), ("7", True), ("€", True), ("😡", True), ("漢", False), ("ab", False)]
)
def test_which_single_characters_always_stay(piece, kept):
    assert is_kept_character(piece) is kept


def test_where_the_pieces_of_a_trimmed_tokenizer_stood_can_be_told_from_its_file(tmp_path):
    file = write_tokenizer(tmp_path / "tokenizer.json", PIECES)
    document, order = trim(file, Counter({5: 10, 6: 3}), size=12)
    (tmp_path / "trimmed.json").write_text(json.dumps(document))

    assert order_of(file, tmp_path / "trimmed.json") == order


def test_pieces_of_another_base_are_told(tmp_path):
    file = write_tokenizer(tmp_path / "tokenizer.json", PIECES)
    other = write_tokenizer(tmp_path / "other.json", [*PIECES, "▁ciao"])

    with pytest.raises(BaseModelError, match="1 pieces that the base does not know"):
        order_of(file, other)
