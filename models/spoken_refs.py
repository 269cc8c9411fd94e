"""References in speech: "order number five five oh four one seven", "te de cuatro eme ocho uno".

Announced, four signs or more count. Unannounced, only what an utterance begins with does, and only a locator or five
to seven digits said one by one or in pairs: amounts, hours, dates and counts are said otherwise.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from models.bare_refs import is_locator
from models.case_words import BETWEEN, CASE_WORDS, COUNTED, LEAD, MARKER, SEPARATORS, WORDS
from models.score import CaseRef
from models.spoken_codes import UNCERTAIN, Sign, spoken_codes
from models.spoken_numbers import SpokenNumber, find_spoken_numbers, number_words, read_digits

_ANNOUNCING: Final = re.compile(rf"(?<!\w)(?:{WORDS})(?!\w)(?P<between>{BETWEEN})\Z", re.IGNORECASE)
_HAS_MARKER: Final = re.compile(MARKER, re.IGNORECASE)
_THOUSANDS: Final = re.compile(
    r"\s*(?:mil|thousand|mill[oó]n|milh[õã]|milion|con|amb|coma|com|point)(?!\w)", re.IGNORECASE
)
_MONTHS: Final = (
    "enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre",
    "gener febrer març abril maig juny juliol agost setembre octubre novembre desembre",
    "january february march april may june july august september october november december",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
)
_MONTH: Final = re.compile(rf"\s*(?:de |d'|do |of )?(?:{'|'.join(' '.join(_MONTHS).split())})(?!\w)", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W_]+(?:-[^\W\d_]+)*")
_SIGN: Final = re.compile(rf"\s+({'|'.join(SEPARATORS)})\s+", re.IGNORECASE)
_ARTICLES: Final = frozenset("aeiouy")
_REACH: Final = 80
# Letters, then five digits or more: a flight has four at most, a bank account begins with its country.
_CODE: Final = re.compile(r"(?!ES|PT|GB|AD)[A-Z]{1,4}\d{5,8}(?:[A-Z]{2})?\Z")
_LEAST: Final = 4
_LONGEST: Final = 14
_LEAST_OF_WORDS: Final = 5  # pairs may be an amount: "cuarenta y ocho noventa"
_ANSWER: Final = range(5, 8)


def spoken_refs(text: str, language: str) -> Iterator[CaseRef]:
    """References spoken in words of `language`; their value is what the words say, letters as capitals."""
    pieces = (piece for run in spoken_codes(text, language) for piece in _pieces(run))
    codes = [ref for piece in pieces if (ref := _code(text, piece, language)) is not None]
    yield from codes
    for number in find_spoken_numbers(text, language):
        if any(code["begin"] < number.end and number.begin < code["end"] for code in codes):
            continue
        kind = _number_kind(text, number, number_words(language))
        if kind is not None:
            value = _with_signs(text[number.begin : number.end], number.digits, language)
            yield {"kind": kind, "value": value, "begin": number.begin, "end": number.end}


def _pieces(run: Sequence[Sign]) -> Iterator[list[Sign]]:
    """The run, cut where a letter between numbers is a word: "siete u ocho", "de nueve a diez"."""
    piece: list[Sign] = []
    for at, sign in enumerate(run):
        between = 0 < at < len(run) - 1 and run[at - 1].value.isdecimal() and run[at + 1].value.isdecimal()
        if between and sign.word in _ARTICLES:
            yield from _mixed(piece)
            piece = []
        else:
            piece.append(sign)
    yield from _mixed(piece)


def _mixed(piece: list[Sign]) -> Iterator[list[Sign]]:
    letters, digits = (any(test(sign.value) for sign in piece) for test in (str.isalpha, str.isdecimal))
    if letters and digits and any(sign.named for sign in piece):
        yield piece


def _code(text: str, code: Sequence[Sign], language: str) -> CaseRef | None:
    for signs in _readings(code, language):
        value = _value(signs)
        begin, end = signs[0].begin, signs[-1].end
        locator = is_locator(value, language)
        announcement = _ANNOUNCING.search(text, max(0, begin - _REACH), begin)
        if announcement is not None and (
            locator or (_LEAST <= len(value) <= _LONGEST and len(text[begin:end].split()) > 2)
        ):
            return {"kind": _kind(announcement), "value": value, "begin": begin, "end": end}
        if (locator or _CODE.match(value)) and LEAD.match(text[:begin]) is not None and not _is_counted(text, end):
            return {"kind": "booking" if locator else "reference", "value": value, "begin": begin, "end": end}
    return None


def _readings(code: Sequence[Sign], language: str) -> list[Sequence[Sign]]:
    """The code with and without the uncertain letters at its edges, the likeliest first.

    A locator, as its length tells; else without articles at its edges and uncertain letters at its end, and as much as
    there is. If all its letters may be words, there is no code.
    """
    certain = [at for at, sign in enumerate(code) if sign.value.isdecimal() or sign.word not in UNCERTAIN]
    parts = [code[begin:end] for begin in range(certain[0] + 1) for end in range(len(code), certain[-1], -1)]
    ranked = [
        (
            not is_locator(_value(signs), language),
            (signs[0].word in _ARTICLES) + (signs[-1].word in UNCERTAIN and signs[-1].value.isalpha()),
            signs,
        )
        for signs in parts
        if is_locator(_value(signs), language)
        or any(sign.value.isalpha() and sign.word not in UNCERTAIN for sign in signs)
    ]
    return [signs for *_, signs in sorted(ranked, key=lambda rank: (rank[0], rank[1], -len(rank[2])))]


def _value(signs: Sequence[Sign]) -> str:
    return "".join(sign.value for sign in signs)


def _number_kind(text: str, number: SpokenNumber, numbers: Mapping[str, int]) -> str | None:
    begin, end, digits = number.begin, number.end, number.digits
    if _is_counted(text, end):
        return None
    words = sum(word in numbers or word.isdecimal() for word in _WORD.findall(text[begin:end].casefold()))
    announcement = _ANNOUNCING.search(text, max(0, begin - _REACH), begin)
    if announcement is not None:
        certain = words >= len(digits) or _HAS_MARKER.search(announcement["between"]) is not None
        return _kind(announcement) if len(digits) >= (_LEAST if certain else _LEAST_OF_WORDS) else None
    one_by_one = words >= len(digits) - 1 and digits not in "0123456789"
    return "reference" if len(digits) in _ANSWER and one_by_one and LEAD.match(text[:begin]) is not None else None


def _with_signs(said: str, digits: str, language: str) -> str:
    """The digits with the signs that were named among them: "siete barra cuatro" is 7/4."""
    first, *others = _SIGN.split(said)
    if not others:
        return digits
    words = number_words(language)
    parts = [read_digits(_WORD.findall(part.casefold()), words) for part in (first, *others[1::2])]
    signs = [SEPARATORS[name.casefold()] for name in others[::2]]
    return parts[0] + "".join(sign + part for sign, part in zip(signs, parts[1:], strict=True))


def is_said_case(text: str, begin: int) -> bool:
    """Whether the words before code point `begin` of `text` announce a reference."""
    return _ANNOUNCING.search(text, max(0, begin - _REACH), begin) is not None


def _is_counted(text: str, end: int) -> bool:
    return any(pattern.match(text, end) is not None for pattern in (COUNTED, _THOUSANDS, _MONTH))


def _kind(announcement: re.Match[str]) -> str:
    return next(kind for kind in CASE_WORDS if announcement[kind] is not None)
