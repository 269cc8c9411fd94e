"""References that words announce, as they are written.

A word (claim, order, reserva, incidència, protocolo ...), then optionally "number", "nº" or the like, then a value with
a digit in it; booking locators may be six capital letters. What follows in a list counts too ("tickets 51908, 52277 y
53004"), and a bare "#88123". A word and a small count ("reserva para 4 personas", "pedido 2 veces") is none.
"""

import re
from collections.abc import Iterator
from typing import Final

from models.case_words import BETWEEN, CASE_WORDS, COUNTED, MARKER, OF_WHAT, SEPARATORS, WORDS
from models.score import CaseRef

_VALUE: Final = r"(?=[A-Za-z/._-]{0,12}\d|(?-i:[A-Z]{6})(?!\w))[A-Za-z0-9](?:[A-Za-z0-9]|[-/._](?=[A-Za-z0-9])){1,29}"
_SPACED: Final = rf"\d{{2,4}}(?: \d{{2,4}}(?!\w|[.,:/-]\w|{COUNTED.pattern}|\s+(?:de|d'|of|h)(?!\w))){{1,3}}"
_NAMED_SIGN: Final = rf"(?: (?:{'|'.join(SEPARATORS)}) [A-Z0-9]{{1,6}}(?!\w))"
_ANNOUNCED: Final = re.compile(
    rf"(?<!\w)(?:{WORDS})(?!\w)\.?"
    rf"(?P<between>{BETWEEN})"
    rf"(?P<value>(?:{_SPACED}|{_VALUE}){_NAMED_SIGN}?)(?![\w@]|[.,]\d)",
    re.IGNORECASE,
)
_NAME_OF_SIGN: Final = re.compile(rf" ({'|'.join(SEPARATORS)}) ", re.IGNORECASE)
_NEXT: Final = re.compile(rf"\s*(?:,|;|/|(?:y|i|e|and|&)(?!\w))\s*(?P<value>{_VALUE})(?![\w@])", re.IGNORECASE)
_HASH: Final = re.compile(r"(?<![\w#&/])#\s?(?P<value>(?=[A-Za-z0-9-]*\d)[A-Za-z0-9][A-Za-z0-9-]{3,24})(?![\w@])")
_HAS_MARKER: Final = re.compile(MARKER, re.IGNORECASE)
_LOCATOR: Final = re.compile(r"[A-Z]{6}\Z")
_DATE_OR_AMOUNT: Final = re.compile(
    r"(?:\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?|\d{4}-\d{2}-\d{2}|\d{1,2}[hx]\d{0,2}"
    r"|\d+(?:st|nd|rd|th|h|kg|gb|mb|am|pm|-[a-z]{3,})|\d+[.,]\d{2})\Z",
    re.IGNORECASE,
)
_CODE_BY_MESSAGE: Final = re.compile(r"confirma\w* (?:code|c[oó]digo|codi)", re.IGNORECASE)
_LEAST_SIGNS: Final = 3  # a count has one or two digits
_LEAST_AFTER_MORE: Final = 5  # "folio de portabilidad 2207718", not "pedido de agosto 2026"
_LEAST_OF_LIST: Final = 4
_HAS_MORE: Final = re.compile(OF_WHAT, re.IGNORECASE)
_FLIGHT: Final = re.compile(r"(?:[A-Z]{2}|[A-Z]\d|\d[A-Z])\d{1,4}\Z", re.IGNORECASE)
_YEAR: Final = re.compile(r"(?:19|20)\d\d\Z")


def find_announced_refs(text: str) -> list[CaseRef]:
    """The references in `text` that are written and announced, in reading order."""
    if not any(map(str.isdigit, text)) and not text.isupper() and not _capitals(text):
        return []
    found: dict[int, CaseRef] = {}
    for match in _ANNOUNCED.finditer(text):
        kind = _kind(match)
        if _is_reference(match, kind, text):
            for ref in (_reference(kind, match), *_listed(kind, match, text)):
                found[ref["begin"]] = ref
    for match in _HASH.finditer(text):
        ref = _reference("reference", match)
        if all(ref["end"] <= other["begin"] or ref["begin"] >= other["end"] for other in found.values()):
            found[ref["begin"]] = ref
    return [found[begin] for begin in sorted(found)]


def is_case(text: str, begin: int, end: int) -> bool:
    """Whether a written and announced reference overlaps code points [begin, end) of `text`."""
    return any(ref["end"] > begin and ref["begin"] < end for ref in find_announced_refs(text))


def _capitals(text: str) -> bool:
    return re.search(r"[A-Z]{6}", text) is not None


def _kind(match: re.Match[str]) -> str:
    return next(kind for kind in CASE_WORDS if match.group(kind) is not None)


def _reference(kind: str, match: re.Match[str]) -> CaseRef:
    value = _NAME_OF_SIGN.sub(lambda name: SEPARATORS[name[1].lower()], match.group("value"))
    return {"kind": kind, "value": value, "begin": match.start("value"), "end": match.end("value")}


def _listed(kind: str, match: re.Match[str], text: str) -> Iterator[CaseRef]:
    """What follows in a list: values as long as the first one, give or take a sign."""
    first = match.group("value")
    following = _NEXT.match(text, match.end("value"))
    while following is not None:
        value = following.group("value")
        alike = len(value) >= _LEAST_OF_LIST and abs(len(value) - len(first)) <= 1
        if not alike or _is_other(value, text, following.end("value")) or _YEAR.match(value):
            return
        yield _reference(kind, following)
        following = _NEXT.match(text, following.end("value"))


def _is_reference(match: re.Match[str], kind: str, text: str) -> bool:
    value = match.group("value")
    if not any(map(str.isdigit, value)):
        return kind in {"booking", "reference"} and _LOCATOR.match(value) is not None
    if _is_other(value, text, match.end("value")):
        return False
    if value.isdigit() and _CODE_BY_MESSAGE.match(match.group()):
        return False
    signs = sum(map(str.isalnum, value))
    if _HAS_MORE.match(match.group("between")) and (signs < _LEAST_AFTER_MORE or _FLIGHT.match(value)):
        return False
    if kind == "customer" or _HAS_MARKER.search(match.group("between")):
        return True
    return signs >= _LEAST_SIGNS and not _YEAR.match(value)


def _is_other(value: str, text: str, end: int) -> bool:
    return _DATE_OR_AMOUNT.match(value) is not None or COUNTED.match(text, end) is not None
