"""Written numbers that the words before them name, or a form that little else has: what fails its check, or has none.

Where a number is announced as what it is, a failed check is a slip, not a reason to publish it. A form alone counts
only where no case is announced.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from stdnum.us import ssn

from models.announced_refs import is_case
from models.personal_data import (
    ACCOUNT_WORDS,
    BEHIND_WORDS,
    CARD_WORDS,
    CVV_WORDS,
    ID_WORDS,
    Kind,
    PersonalData,
    announced,
)

_GROUPS: Final = r"(?:[ .\-·]{0,3}\d)"
_CODE: Final = r"\d{3,4}(?![\w/])(?![.,-]\d)"
_PATTERNS: Final[tuple[tuple[re.Pattern[str], Kind], ...]] = (
    (announced(CVV_WORDS, _CODE), "CVV"),
    (announced(CARD_WORDS, rf"\d{_GROUPS}{{12,18}}(?!\w)"), "CARD"),
    (announced(ACCOUNT_WORDS, rf"\d{_GROUPS}{{15,25}}(?!\w)"), "IBAN"),
    (
        announced(
            ID_WORDS,
            r"(?:[A-Za-z]{1,3}-?|(?-i:[A-Z]{1,2}) )?\d(?:[ ./-]?\d){5,14}"
            r"(?:-?[A-Za-z](?!\w)| (?-i:[A-Z])(?!\w)| [b-df-hj-np-tv-xz](?!\w)| (?-i:[A-Z]{2})\d(?!\w))?(?!\w)",
        ),
        "ID",
    ),
)
_BESIDE_CARD: Final = announced(BEHIND_WORDS, _CODE)
# A card, CPF or CNPJ with a slip, a US social security number, a UK national insurance number.
_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[[str], bool], Kind], ...]] = (
    (re.compile(r"(?<![\w+])(?<!\d[ -])[2-6]\d{3}([ -])\d{4}\1\d{4}\1\d{4}(?!\w)(?![ -]\d)"), bool, "CARD"),
    (re.compile(r"(?<![\w.])\d{3}\.\d{3}\.\d{3}-\d{2}(?!\w)"), bool, "ID"),
    (re.compile(r"(?<![\w.])\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}(?!\w)"), bool, "ID"),
    (re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])"), ssn.is_valid, "ID"),
    (
        re.compile(r"(?<!\w)(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?(?:\d{2} ?){3}[A-D](?!\w)"),
        bool,
        "ID",
    ),
)


def announced_numbers(text: str) -> Iterator[PersonalData]:
    """Security codes, cards, accounts and ids that are said to be so, the rarer words first."""
    for pattern, kind in _PATTERNS:
        yield from (PersonalData(*match.span("value"), kind) for match in pattern.finditer(text))
    for pattern, is_valid, kind in _FORMS:
        for match in pattern.finditer(text):
            if is_valid(match.group()) and not is_case(text, *match.span()):
                yield PersonalData(*match.span(), kind)


def codes_beside_cards(text: str, found: Sequence[PersonalData]) -> Iterator[PersonalData]:
    """Security codes that are said only by their place on the card, in a text that has a card."""
    if any(data.kind == "CARD" for data in found):
        yield from (PersonalData(*match.span("value"), "CVV") for match in _BESIDE_CARD.finditer(text))
