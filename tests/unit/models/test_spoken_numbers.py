"""Digits and letters are read from the words that say them."""

import pytest

from models.spoken_codes import spoken_codes
from models.spoken_numbers import find_spoken_numbers


@pytest.mark.parametrize(
    ("text", "language", "digits"),
    [
        ("seis doce treinta y cuatro", "es", "61234"),
        ("seis eh doce luego treinta y cuatro", "es", "61234"),
        ("doble cero siete uno", "es", "0071"),
        ("sis-cents vint-i-dos cent quaranta-tres", "ca", "622143"),
        ("sis huit huitanta-dos", "ca", "6882"),
        ("eight hundred two seven five", "en", "800275"),
        ("six hundred and twelve four", "en", "6124"),
        ("nove meia sete um", "pt", "9671"),
        ("trezentos e doze dois três", "pt", "31223"),
    ],
)
def test_number_words_are_read_piece_by_piece(text: str, language: str, digits: str) -> None:
    (found,) = find_spoken_numbers(text, language)
    assert (found.digits, text[found.begin : found.end]) == (digits, text)


def test_words_for_thousands_end_a_number() -> None:
    assert [found.digits for found in find_spoken_numbers("dos mil trescientos cuarenta y cinco", "es")] == ["2", "345"]


@pytest.mark.parametrize(
    ("text", "language", "code"),
    [
        ("te de cuatro eme ocho uno", "es", "TD4M81"),
        ("uve doble tres i griega", "es", "W3Y"),
        ("eme de madrid cuatro", "es", "M4"),
        ("essa quatre jota nou", "ca", "S4J9"),
        ("p for peter seven x two", "en", "P7X2"),
        ("lt quatro quatro um nove", "pt", "LT4419"),
    ],
)
def test_letters_are_read_by_their_names(text: str, language: str, code: str) -> None:
    (signs,) = spoken_codes(text, language)
    assert "".join(sign.value for sign in signs) == code
    assert (signs[0].begin, signs[-1].end) == (0, len(text))


def test_letters_or_digits_alone_are_no_code() -> None:
    assert list(spoken_codes("uno dos tres", "es")) == []
    assert list(spoken_codes("a de te", "es")) == []
