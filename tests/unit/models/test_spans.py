"""U5: charged phrases with spans, negation respected, lexicons that users extend."""

from pathlib import Path

import pytest

from models.errors import LexiconError
from models.lexicon import LexiconSet
from models.registry import LEXICONS
from models.spans import find_spans


@pytest.fixture(scope="module")
def lexicons() -> LexiconSet:
    return LexiconSet.load(LEXICONS)


@pytest.mark.parametrize(
    ("language", "text", "phrase", "polarity"),
    [
        ("es", "Estoy HARTO de vosotros", "HARTO de", "negative"),
        ("es", "sois la hostia", "sois la hostia", "positive"),
        ("es", "decepcionadísima con el trato", "decepcionadísima", "negative"),
        ("ca", "Sou uns pocavergonyes", "pocavergonyes", "negative"),
        ("ca", "això és la bomba", "és la bomba", "positive"),
        ("ca", "estic fins als nassos", "fins als nassos", "negative"),
        ("en", "this is an absolute joke", "absolute joke", "negative"),
        ("en", "You saved my holiday", "You saved", "positive"),
        ("pt", "estou indignada com isto", "indignada", "negative"),
        ("pt", "muitoooo obrigada", "muitoooo obrigada", "positive"),
        ("mixed", "quina vergüenza, pocavergonya", "pocavergonya", "negative"),
    ],
)
def test_a_charged_phrase_is_found_where_it_stands(
    lexicons: LexiconSet, language: str, text: str, phrase: str, polarity: str
) -> None:
    spans = find_spans(text, lexicons.for_language(language))
    assert (phrase, polarity) in [(span["text"], span["polarity"]) for span in spans]
    assert all(text[span["begin"] : span["end"]] == span["text"] for span in spans)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "no estoy enfadado"),
        ("ca", "no estic gens enfadada"),
        ("en", "I'm not angry"),
        ("pt", "não estou zangado"),
    ],
)
def test_blame_denied_carries_no_charge(lexicons: LexiconSet, language: str, text: str) -> None:
    assert find_spans(text, lexicons.for_language(language)) == []


@pytest.mark.parametrize(
    ("language", "text"), [("es", "no estoy contento"), ("ca", "no estic content"), ("pt", "não estou satisfeita")]
)
def test_praise_denied_is_mild_blame(lexicons: LexiconSet, language: str, text: str) -> None:
    (span,) = find_spans(text, lexicons.for_language(language))
    assert (span["polarity"], span["negated"], span["labels"]) == ("negative", True, [])
    assert -0.4 < span["valence"] < 0


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "no, estoy enfadado"),
        ("es", "no solo enfadado"),
        ("es", "no sé, pero estoy enfadado"),
        ("en", "no. I am angry"),
    ],
)
def test_a_negator_of_another_clause_turns_nothing(lexicons: LexiconSet, language: str, text: str) -> None:
    spans = find_spans(text, lexicons.for_language(language))
    assert [(span["polarity"], span["negated"]) for span in spans][-1] == ("negative", False)


def test_a_language_without_a_lexicon_has_no_spans(lexicons: LexiconSet) -> None:
    assert find_spans("harto de todo", lexicons.for_language("und")) == []


def test_users_add_replace_and_take_out_phrases(tmp_path: Path) -> None:
    (tmp_path / "es.tsv").write_text("# ours\nme late\t2\tjoy\nharto de\t0\t\n", "utf-8")
    lexicon = LexiconSet.load(LEXICONS, tmp_path).for_language("es")
    assert [span["text"] for span in find_spans("Me late, harto de todo", lexicon)] == ["Me late"]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("harto de", "2 columns|found 1 columns"),
        ("harto de\tmucho\tanger", "whole number"),
        ("harto de\t-4\tanger", "whole number"),
        ("harto de\t-2\tangerr", "'angerr' is no emotion"),
        ("...\t-2\tanger", "no word"),
    ],
)
def test_an_unreadable_line_is_named_with_its_file(tmp_path: Path, line: str, complaint: str) -> None:
    (tmp_path / "es.tsv").write_text(f"# first\n{line}\n", "utf-8")
    with pytest.raises(LexiconError, match=complaint) as raised:
        LexiconSet.load(tmp_path)
    assert "es.tsv:2" in str(raised.value)


def test_a_lexicon_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match="does not exist"):
        LexiconSet.load(tmp_path / "none")
