"""Personal numbers that are spoken: what a recogniser writes as words.

Long runs of digits are masked whatever they are, unless a case is announced; shorter ones where a check holds with the
letter beside them, or where the words before say what they are.
"""

import re
from collections.abc import Iterator
from typing import Final

from stdnum import iban

from models.checked_numbers import account_length, is_card, is_national_id
from models.personal_data import (
    ACCOUNT_WORDS,
    BEHIND_WORDS,
    CARD_WORDS,
    CVV_WORDS,
    ID_WORDS,
    PHONE_WORDS,
    Kind,
    PersonalData,
    announcing,
)
from models.phones import is_phone
from models.spoken_codes import letter_names
from models.spoken_numbers import SpokenNumber, find_spoken_numbers, number_words
from models.spoken_refs import is_said_case

_MINIMUM: Final = 9  # digits that are masked without more evidence
_CARD_LENGTHS: Final = range(13, 20)
_ACCOUNT_LENGTHS: Final = range(20, 33)
_UNHEARD: Final = 3
_DNI: Final = 8  # digits: with a letter after them, nothing else is said so
_DNI_LANGUAGES: Final = frozenset({"es", "ca", "mixed", "und"})
_CODE_LENGTHS: Final = range(3, 5)
_ID_LENGTHS: Final = range(5, 15)
_SAID: Final[tuple[tuple[re.Pattern[str], Kind, range], ...]] = (
    (announcing(rf"(?:{CVV_WORDS})(?: (?:de )?(?:{BEHIND_WORDS}))?"), "CVV", _CODE_LENGTHS),
    (announcing(CARD_WORDS), "CARD", range(12, 20)),
    (announcing(ACCOUNT_WORDS), "IBAN", range(16, 33)),
    (announcing(PHONE_WORDS), "PHONE", range(7, 16)),
)
_SAID_ID: Final = announcing(ID_WORDS)
_BEHIND: Final = announcing(BEHIND_WORDS)
_REACH: Final = 96
_PLUS: Final = re.compile(r"(?<!\w)(?:m[áaé]s|mais|plus)\s+\Z", re.IGNORECASE)
_NEXT: Final = re.compile(
    r"[\s,.-]+(?:(?:(?:y |i )?(?:la |the )?(?:letra|lletra|letter)(?: [eé]s| is)?(?: la)?)\s+)?"
    r"(i griega|i grega|y griega|uve doble|[^\W\d_]+)(?!\w)(?:\s+(?:de|d'|for|as in)\s*(?P<example>\w+))?",
    re.IGNORECASE,
)
_BEFORE: Final = re.compile(r"(?<![\w'])([^\W\d_]+)[\s,.-]+\Z")
_MILLION: Final = re.compile(r"(?<!\w)(?:mill[oó]n(?:es)?|mili[oó](?:ns)?|milh(?:ão|ões))(?!\w)", re.IGNORECASE)
_SCALES: Final = frozenset(
    {"mil", "millon", "millón", "millones", "milió", "milions", "milhão", "milhões", "y", "i", "e"}
)
_ID_WORD: Final = re.compile(rf"(?<!\w)(?:{ID_WORDS})(?!\w)", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W_]+(?:-[^\W\d_]+)*")
# Letters that are rather words, where no check tells.
_RATHER_WORDS: Final = frozenset({*"aeiouy", "de", "te", "se", "en", "el", "em"})
_LONG_NAMES: Final[dict[str, str]] = {"i griega": "Y", "i grega": "Y", "y griega": "Y", "uve doble": "W"}


def spoken_data(text: str, language: str) -> Iterator[PersonalData]:
    """Cards, accounts, ids, phones and security codes spoken in words of `language`."""
    if _MILLION.search(text) and _ID_WORD.search(text):
        yield from _ids_as_amounts(text, language)
    card = False
    for number in find_spoken_numbers(text, language):
        data = _data(text, number, language, after_card=card)
        if data is not None:
            card = card or data.kind == "CARD"
            yield data


def _data(text: str, number: SpokenNumber, language: str, *, after_card: bool) -> PersonalData | None:
    before = text[max(0, number.begin - _REACH) : number.begin]
    return (
        _with_letters(text, number, language)
        or _announced(before, number, after_card=after_card)
        or _long(text, number, language)
    )


def _with_letters(text: str, number: SpokenNumber, language: str) -> PersonalData | None:
    """An id or account with the letters spoken beside its digits."""
    lead, letters = _letters_before(text, number.begin, language)
    tail, letter = _letter_after(text, number.end, language)
    for begin, value in ((number.begin, f"{number.digits}{letter}"), (lead, f"{letters}{number.digits}{letter}")):
        if letter and is_national_id(value):
            return PersonalData(begin, tail, "ID")
    if _is_account(letters, len(number.digits)):
        return PersonalData(lead, number.end, "IBAN")
    if text[number.end : tail].strip(" ,.-").casefold() in _RATHER_WORDS:
        tail = number.end
    if tail > number.end and len(number.digits) == _DNI and language in _DNI_LANGUAGES:
        return None if is_said_case(text, number.begin) else PersonalData(number.begin, tail, "ID")
    if len(number.digits) in _ID_LENGTHS:
        for begin in (lead, number.begin):
            if _SAID_ID.search(text[max(0, begin - _REACH) : begin]):
                return PersonalData(begin, tail, "ID")
    return None


def _announced(before: str, number: SpokenNumber, *, after_card: bool) -> PersonalData | None:
    digits = len(number.digits)
    for pattern, kind, lengths in _SAID:
        if digits in lengths and pattern.search(before):
            return PersonalData(number.begin, number.end, kind)
    behind = after_card and digits in _CODE_LENGTHS and _BEHIND.search(before)
    return PersonalData(number.begin, number.end, "CVV") if behind else None


def _long(text: str, number: SpokenNumber, language: str) -> PersonalData | None:
    if len(number.digits) < _MINIMUM:
        return None
    kind = _kind(number.digits, language)
    if kind not in {"CARD", "ID"} and is_said_case(text, number.begin):
        return None
    plus = _PLUS.search(text, max(0, number.begin - 8), number.begin)
    return PersonalData(plus.start() if plus else number.begin, number.end, kind)


def _is_account(country: str, digits: int) -> bool:
    # "Ochenta seis" may be 86 or 80 6: a spoken account may seem to lack digits.
    length = account_length(country) if digits in _ACCOUNT_LENGTHS else None
    return length is not None and length - _UNHEARD <= 2 + digits <= length


def _kind(digits: str, language: str) -> Kind:
    if len(digits) in _CARD_LENGTHS:
        return "CARD" if is_card(digits) else "NUMBER"
    if is_national_id(digits):
        return "ID"
    if len(digits) in _ACCOUNT_LENGTHS and any(iban.is_valid(f"{land}{digits}") for land in ("ES", "PT", "DE", "FR")):
        return "IBAN"
    return "PHONE" if is_phone(digits, language) else "NUMBER"


def _letters_before(text: str, at: int, language: str) -> tuple[int, str]:
    """Up to two letters spoken before `at`, and where they begin."""
    names, letters = letter_names(language), ""
    for _ in range(2):
        match = _BEFORE.search(text, max(0, at - 16), at)
        if match is None:
            break
        word = match.group(1).casefold()
        letter = names.get(word, word.upper() if len(word) == 1 and word.isascii() else "")
        if not letter:
            break
        at, letters = match.start(), letter + letters
    return at, letters


def _letter_after(text: str, at: int, language: str) -> tuple[int, str]:
    match = _NEXT.match(text, at)
    if match is None:
        return at, ""
    word = match.group(1).casefold()
    letter = _LONG_NAMES.get(word) or letter_names(language).get(
        word, word.upper() if len(word) == 1 and word.isascii() else ""
    )
    if not letter:
        return at, ""
    by_example = (match["example"] or "").upper().startswith(letter)
    return (match.end() if by_example else match.end(1)), letter


def _ids_as_amounts(text: str, language: str) -> Iterator[PersonalData]:
    """Ids that are said as amounts, "treinta y dos millones cuatrocientos mil ... jota", where an id is spoken of."""
    words = number_words(language)
    run: list[re.Match[str]] = []
    for match in [*_WORD.finditer(text), None]:
        word = match.group().casefold() if match else ""
        if match and (word in words or (run and word in _SCALES)):
            run.append(match)
        else:
            if run and _MILLION.search(text, run[0].start(), run[-1].end()):
                yield PersonalData(run[0].start(), _letter_after(text, run[-1].end(), language)[0], "ID")
            run = []
