"""References that nothing announces: booking locators, codes in two parts, and what an answer begins with.

The question is not seen here, so the form must tell: a locator ("R7TQ2M"), or letters and digits in two parts
("MZT-5521", "88-20417", "4470-L"), or a parcel's number as all posts write it ("RR123456785ES"). Other forms
("118-4402", "BCN88213") count only where an answer begins with them. Plain digits never do: they are as often a
reading, a postcode, a code from a message.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from models.case_words import COUNTED, LEAD
from models.score import CaseRef

_LOCATOR: Final = re.compile(r"(?<![\w#@./-])(?=[A-Z]*\d)(?=\d*[A-Z])[A-Z0-9]{6}(?![\w@-]|\.\w)")
_TAIL: Final = r"(?:-[A-Z0-9]{1,4})?(?![\w@/-]|[.,]\d)"
_IN_TWO: Final = re.compile(
    rf"(?<![\w#@./,:$€£+-])(?:[A-Z]{{1,3}}-\d{{4,6}}|\d{{1,2}}-\d{{4,6}}|\d{{3,4}}-\d{{5,6}}|\d{{4,7}}-[A-Z]){_TAIL}"
)
_POSTAL: Final = re.compile(r"(?<![\w#@./-])[A-Z]{2}\d{9}[A-Z]{2}(?!\w)")
_ANSWER: Final = re.compile(
    rf"(?:\d{{1,7}}-\d{{3,8}}|\d{{3,8}}-(?:\d{{1,2}}|[A-Z]{{1,2}})|(?!ES|PT|GB|AD)[A-Z]{{2,4}}\d{{5,16}}){_TAIL}"
)
_AFTER: Final = re.compile(r"\s*(?:[.,;:!?)\n]|\Z)")
_NO_CASE: Final = re.compile(
    r"(?<!\w)(?:wi-?fi|clave|contrase[ñn]a|contrasenya|senha|password|pin|cup[oó]n?|cupom|promo(?:ci[oó]n)?|coupon"
    r"|modelo?|model|serie|s[èe]rie|serial|matr[ií]cula|placa|plate|reg|lote?|color|colour|error|erro"
    r"|vuelo|vol|voo|flight"
    r"|asiento|seient|seat|puerta|porta|gate|carretera|ctra|road|route|postcode|postal|zip|cep|lectura|leitura|reading)"
    r"\W{1,3}(?:\w{1,3}\W{1,2})?\Z",
    re.IGNORECASE,
)
# Postcodes, and number plates of six signs.
_OTHER: Final = {
    "en": re.compile(r"\d{5}-\d{4}\Z|[A-PR-UWYZ][A-HK-Y]?\d[A-Z\d]?\d[ABD-HJLNP-UW-Z]{2}\Z"),
    "pt": re.compile(r"\d{4,5}-\d{3}\Z|[A-Z]{2}\d{2}[A-Z]{2}\Z|\d{2}[A-Z]{2}\d{2}\Z"),
}
_LOCATOR_SIGNS: Final = 6
_MONTH: Final = re.compile(r"(?:0?[1-9]|1[0-2])-(?:19|20)\d\d\Z|(?:19|20)\d\d-(?:0?[1-9]|1[0-2])\Z")
_REACH: Final = 48


def bare_refs(text: str, language: str) -> Iterator[CaseRef]:
    """Locators and codes in two parts, and a code at the head of an answer; `language` knows its postcodes."""
    if not any(map(str.isdigit, text)):
        return
    for match in _LOCATOR.finditer(text):
        if is_locator(match.group(), language) and not _NO_CASE.search(text[: match.start()][-_REACH:]):
            yield _reference("booking", match)
    for match in _POSTAL.finditer(text):
        yield _reference("shipment", match)
    head = None
    for match in _ANSWER.finditer(text, 0, 2 * _REACH):
        if _is_code(text, match, language) and _heads(text, match):
            head = match
            yield _reference("reference", match)
            break
    for match in _IN_TWO.finditer(text):
        if head is not None and match.start() < head.end():
            continue
        if _is_code(text, match, language) and not _NO_CASE.search(text[: match.start()][-_REACH:]):
            yield _reference("reference", match)


def is_locator(value: str, language: str) -> bool:
    """Whether six capitals and digits are mixed as in a booking locator, not as on a number plate of `language`.

    Letters on either side of a digit or digits on either side of a letter: a flight ("VB3310") has neither.
    """
    if len(value) != _LOCATOR_SIGNS or value.isdecimal():
        return False
    changes = sum(one.isalpha() != other.isalpha() for one, other in pairwise(value))
    other = _OTHER.get(language)
    return changes > 1 and sum(map(str.isalpha, value)) > 1 and not (other is not None and other.match(value))


def _heads(text: str, match: re.Match[str]) -> bool:
    return LEAD.match(text[: match.start()]) is not None and _AFTER.match(text, match.end()) is not None


def _is_code(text: str, match: re.Match[str], language: str) -> bool:
    value, other = match.group(), _OTHER.get(language)
    first, _, last = value.partition("-")
    is_range = first.isdigit() and last.isdigit() and len(first) == len(last) and first < last
    is_other = other is not None and other.match(value) is not None
    return not (is_range or is_other or _MONTH.match(value) or COUNTED.match(text, match.end()))


def _reference(kind: str, match: re.Match[str]) -> CaseRef:
    return {"kind": kind, "value": match.group(), "begin": match.start(), "end": match.end()}
