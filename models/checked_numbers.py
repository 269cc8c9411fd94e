"""Numbers that carry their own check, as they are written: bank accounts, payment cards, national ids.

IBAN: mod 97 and the country's length; Spanish CCC and Argentine CBU: check digits; cards: issuer ranges and Luhn;
DNI, NIE, CIF, CPF, CNPJ, CURP, RFC, CUIT: check letters or digits, all by python-stdnum.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

from stdnum import iban as iban_number
from stdnum import luhn, numdb
from stdnum.ar import cbu, cuit
from stdnum.br import cnpj, cpf
from stdnum.es import ccc, cif, dni, nie
from stdnum.mx import curp, rfc

from models.announced_refs import is_case
from models.personal_data import ACCOUNT_WORDS, PersonalData

_ACCOUNT_START: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[ -]?\d{2}")
_SAID_ACCOUNT: Final = re.compile(rf"(?<!\w)(?:{ACCOUNT_WORDS})(?!\w)", re.IGNORECASE)
_BETWEEN: Final = re.compile(r"[ .\u00a0-]{0,3}")
_DIGITS: Final = re.compile(r"(?<![\w+])\d(?:[ .\-·\u00a0]{0,3}\d){11,23}(?!\w)(?![.,]\d)")
_GROUP: Final = re.compile(r"\d+")
_AFTER_CARD: Final = re.compile(
    r"\W{1,4}(?:[a-zç]{1,12}\W{1,3}){0,2}\d{2} ?[/-] ?\d{2,4}[\s,;|.-]{1,4}(?P<value>\d{3,4})(?!\w)"
)
_ACCOUNT_DIGITS: Final = {20: ccc.is_valid, 22: cbu.is_valid}
# A number that is neither a name of a country nor of a bank: this much of an account number is digits.
_LEAST_DIGITS: Final = 0.6
_CHECKED: Final[tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...]] = (
    (re.compile(r"(?<!\w)\d{1,2}[. ]?\d{3}[. ]?\d{3}(?:-?[A-Za-z]| -?[A-Z])(?!\w)"), dni.is_valid),
    (re.compile(r"(?<!\w)[XYZxyz][ -]?\d{7}[ -]?[A-Za-z](?!\w)"), nie.is_valid),
    (re.compile(r"(?<!\w)[A-HJNP-SUVWa-hjnp-suvw][ -]?\d{7}[ -]?[0-9A-Ja-j](?!\w)"), cif.is_valid),
    (re.compile(r"(?<![\w.])\d{3}[. ]?\d{3}[. ]?\d{3}[-. ]?\d{2}(?!\w)"), cpf.is_valid),
    (re.compile(r"(?<![\w.])\d{2}[. ]?\d{3}[. ]?\d{3}[/ ]?\d{4}[- ]?\d{2}(?!\w)"), cnpj.is_valid),
    (re.compile(r"(?<!\w)[A-Za-z]{4}\d{6}[A-Za-z]{6}[A-Za-z0-9]\d(?!\w)"), curp.is_valid),
    (re.compile(r"(?<!\w)[A-Za-zÑñ&]{3,4}-?\d{6}-?[A-Za-z0-9]{3}(?!\w)"), rfc.is_valid),
    (re.compile(r"(?<![\w-])(?:20|2[3-7]|3[034])-?\d{8}-?\d(?![\w-])"), cuit.is_valid),
)


def accounts(text: str) -> Iterator[PersonalData]:
    """Bank accounts. One whose check fails counts if it is all digits, or the text says that it is about an account."""
    said = None
    for start in _ACCOUNT_START.finditer(text):
        end = _end_of_account(text, start)
        if end is None:
            continue
        value = re.sub(r"\W", "", text[start.start() : end])
        valid = iban_number.is_valid(value, check_country=False)
        plain = value[2:].isdecimal()
        if not valid and not plain and said is None:
            said = _SAID_ACCOUNT.search(text) is not None
        if valid or plain or (said and sum(map(str.isdigit, value)) >= _LEAST_DIGITS * len(value)):
            yield PersonalData(start.start(), end, "IBAN")
    for match in _DIGITS.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if _ACCOUNT_DIGITS.get(len(digits), _never)(digits):
            yield PersonalData(*match.span(), "IBAN")


def _never(_: str) -> bool:
    return False


@cache
def account_length(country: str) -> int | None:
    """Letters and digits of an IBAN of `country` (two capitals); None for a country without."""
    (_, entry), *_ = numdb.get("iban").info(f"{country}00")
    parts = re.findall(r"(\d+)!", entry.get("bban", ""))
    return 4 + sum(map(int, parts)) if parts else None


def _end_of_account(text: str, start: re.Match[str]) -> int | None:
    missing = account_length(start.group()[:2].upper())
    if missing is None:
        return None
    at = start.start()
    while missing:
        if at >= len(text) or not (text[at].isascii() and text[at].isalnum()):
            return None
        at, missing = at + 1, missing - 1
        if missing and (gap := _BETWEEN.match(text, at)) is not None:
            at = gap.end()
    return None if at < len(text) and text[at].isalnum() else at


def cards(text: str) -> Iterator[PersonalData]:
    """Payment cards, alone or in a row with other groups of digits, and the security code after an expiry date."""
    for match in _DIGITS.finditer(text):
        groups = [(group.start(), group.end()) for group in _GROUP.finditer(text, *match.span())]
        first = 0
        while first < len(groups):
            last = _last_group_of_card(text, groups, first)
            if last is None:
                first += 1
                continue
            begin, end = groups[first][0], groups[last][1]
            yield PersonalData(begin, end, "CARD")
            code = _AFTER_CARD.match(text, end)
            if code is not None:
                yield PersonalData(*code.span("value"), "CVV")
            first = last + 1


def _last_group_of_card(text: str, groups: list[tuple[int, int]], first: int) -> int | None:
    for last in range(len(groups) - 1, first - 1, -1):
        if is_card("".join(text[begin:end] for begin, end in groups[first : last + 1])):
            return last
    return None


def is_card(digits: str) -> bool:
    """Whether `digits` are a payment card's: a range that issuers use, and the Luhn check."""
    issuers = (
        (r"4", (13, 16, 19)),
        (r"5[1-5]|2[2-7]", (16,)),
        (r"3[47]", (15,)),
        (r"3(?:0[0-5]|[689])", (14,)),
        (r"35", (16,)),
        (r"50|5[6-8]|6", (13, 14, 15, 16, 17, 18, 19)),
    )
    known = any(len(digits) in lengths and re.match(prefix, digits) for prefix, lengths in issuers)
    return known and luhn.is_valid(digits)


def national_ids(text: str) -> Iterator[PersonalData]:
    """Numbers of persons and companies whose check holds.

    A number of plain digits passes by chance: announced as a case's, it is that.
    """
    for pattern, is_valid in _CHECKED:
        for match in pattern.finditer(text):
            if is_valid(match.group()) and not (match.group().isdecimal() and is_case(text, *match.span())):
                yield PersonalData(*match.span(), "ID")


def is_national_id(value: str) -> bool:
    """Whether `value`, capitals and digits without separators, is a DNI, NIE, CPF or CNPJ whose check holds."""
    checks = {9: (dni.is_valid, nie.is_valid), 11: (cpf.is_valid,), 14: (cnpj.is_valid,)}
    return any(is_valid(value) for is_valid in checks.get(len(value), ()))
