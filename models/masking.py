"""Personal data out, before the text goes anywhere: to the model, to a topic, to a log.

What has a check (cards: Luhn and issuer ranges; IBAN: mod 97 and the country's structure; DNI, NIE, CIF,
CPF, CNPJ, CURP: check letters or digits, by python-stdnum; phones: numbering plans, by phonenumbers) is
masked when the check holds. What has none, or fails it by a slip of the finger, is masked only where words
before it say what it is ("mi tarjeta es ..."). Case references are left alone, unless the value passes as
one of the strong formats. Numbers spoken as words (transcripts) are read as digits first, see
`models.spoken_numbers`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import phonenumbers
from stdnum import iban as iban_number
from stdnum import luhn
from stdnum.br import cnpj, cpf
from stdnum.es import cif, dni, nie
from stdnum.mx import curp
from stdnum.us import ssn

from models.case_refs import find_case_refs
from models.spoken_numbers import find_spoken_numbers


@dataclass(frozen=True, slots=True)
class _Find:
    begin: int
    end: int
    token: str


_EMAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.)+[A-Za-z]{2,24}(?![\w-])")
_SPOKEN_EMAIL: Final = re.compile(
    r"\b[\w.]{2,40}\s+(?:arroba|arrova|at)\s+[\w]{2,30}\s+(?:punto|punt|ponto|dot)"
    r"\s+(?:com|es|cat|org|net|pt|br|mx|ar|uk)\b",
    re.IGNORECASE,
)
_IBAN: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ .-]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])")
_DIGITS: Final = re.compile(r"(?<![\w+])\d(?:[ .\-]?\d){11,18}(?!\w)(?![.,]\d)")
_NATIONAL: Final[tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...]] = (
    (re.compile(r"(?<!\w)\d{1,2}\.?\d{3}\.?\d{3}[ -]?[A-Za-z](?!\w)"), dni.is_valid),
    (re.compile(r"(?<!\w)[XYZxyz][ -]?\d{7}[ -]?[A-Za-z](?!\w)"), nie.is_valid),
    (re.compile(r"(?<!\w)[A-HJNP-SUVWa-hjnp-suvw][ -]?\d{7}[ -]?[0-9A-Ja-j](?!\w)"), cif.is_valid),
    (re.compile(r"(?<![\w.])\d{3}\.?\d{3}\.?\d{3}[- ]?\d{2}(?!\w)"), cpf.is_valid),
    (re.compile(r"(?<![\w.])\d{2}\.?\d{3}\.?\d{3}/?\d{4}-?\d{2}(?!\w)"), cnpj.is_valid),
    (re.compile(r"(?<!\w)[A-Za-z]{4}\d{6}[A-Za-z]{6}[A-Za-z0-9]\d(?!\w)"), curp.is_valid),
    (re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])"), ssn.is_valid),
)
# Where a number is announced as what it is, a failed check is a slip, not a reason to publish it.
_BRIDGE: Final = r"(?:[\s:,#.º°-]|n[uúù]m(?:ero|\.)?|number|es|[ée]s|is|é|el|la|o|de|del|da|do|mi|my|meu|minha){0,6}"
_SAID_CARD: Final = re.compile(
    rf"(?<!\w)(?:tarjeta|targeta|card|cart[ãa]o|visa|mastercard|amex){_BRIDGE}"
    rf"(?:de cr[eéè]dit[oe]?|de d[eèé]bit[oe]?)?{_BRIDGE}"
    r"(?P<value>\d(?:[ .-]?\d){12,18})(?!\w)",
    re.IGNORECASE,
)
_SAID_CVV: Final = re.compile(
    r"(?<!\w)(?:cvv2?|cvc2?|c[oó]digo de seguridad|codi de seguretat|security code|c[oó]digo de seguran[çc]a)"
    rf"{_BRIDGE}"
    r"(?P<value>\d{3,4})(?!\w)",
    re.IGNORECASE,
)
_SAID_ID: Final = re.compile(
    r"(?<!\w)(?:d\.?n\.?i\.?|n\.?i\.?e\.?|n\.?i\.?f\.?|c\.?p\.?f\.?|c\.?u\.?r\.?p\.?|rfc|rg|c[eé]dula"
    r"|documento(?: de identidade?)?|document d'identitat|pasaporte|passaporte?|passport|contribuinte"
    r"|national insurance|social security|ssn|seguridad social|seguretat social|nino)"
    rf"{_BRIDGE}(?P<value>[A-Za-z]{{0,3}}[ -]?\d(?:[ ./-]?\d){{5,12}}(?:[ -]?[A-Za-z])?)(?!\w)",
    re.IGNORECASE,
)
_SAID_PHONE: Final = re.compile(
    r"(?<!\w)(?:tel(?:[eèé]f(?:ono?|on)?|efone)?|m[oòó][vb]il|celular|cel|mobile|phone|whats(?:app)?|wasap"
    r"|telem[oó]vel|fijo|fixe?o?|ll[aá]m(?:ame|enme|adme|eme)|truqueu-me|truca'm"
    r"|call me(?: (?:on|at))?|ligue(?:m|-me)?|me liga)"
    rf"{_BRIDGE}(?:al|en|on|at|no|para|pra)?{_BRIDGE}(?P<value>\+?\d(?:[ ().-]{{0,2}}\d){{6,14}})(?!\w)",
    re.IGNORECASE,
)
_PHONE_LIKE: Final = re.compile(r"\d(?:[ ().\-/]{0,3}\d){6}")
_PLANS: Final[dict[str, tuple[str, ...]]] = {"en": ("GB", "US"), "pt": ("PT", "BR"), "es": ("ES",), "ca": ("ES",)}
_SHORTEST_SECRET: Final = 3  # digits of a CVV
_SPOKEN_MINIMUM: Final = 9
_CARD_LENGTHS: Final = range(13, 20)


def mask(text: str, language: str) -> str:
    """`text` with personal data replaced by [CARD], [CVV], [IBAN], [ID], [PHONE], [EMAIL] or [NUMBER].

    `language` chooses the numbering plan of phones without a country prefix.
    """
    finds: list[_Find] = []
    for find in _candidates(text, language):
        if all(find.end <= other.begin or find.begin >= other.end for other in finds):
            finds.append(find)
    for find in sorted(finds, key=lambda found: -found.begin):
        text = f"{text[: find.begin]}[{find.token}]{text[find.end :]}"
    return text


def _candidates(text: str, language: str) -> Iterator[_Find]:
    # Strongest evidence first: what comes later must not overlap it.
    if "@" in text:
        yield from (_Find(*match.span(), "EMAIL") for match in _EMAIL.finditer(text))
    yield from (_Find(*match.span(), "EMAIL") for match in _SPOKEN_EMAIL.finditer(text))
    if sum(map(str.isdigit, text)) >= _SHORTEST_SECRET:
        yield from _ibans(text)
        yield from _cards(text)
        yield from _national_ids(text)
        yield from _announced(text, _SAID_CVV, "CVV")
        yield from _announced(text, _SAID_CARD, "CARD")
        yield from _announced(text, _SAID_ID, "ID")
        yield from _phones(text, language)
    yield from _spoken(text, language)


def _announced(text: str, pattern: re.Pattern[str], token: str) -> Iterator[_Find]:
    return (_Find(*match.span("value"), token) for match in pattern.finditer(text))


def _ibans(text: str) -> Iterator[_Find]:
    for match in _IBAN.finditer(text):
        # The words after a number match the pattern too: the longest prefix that is an IBAN ends it.
        value = match.group()
        ends = [
            end
            for end in range(len(value), 14, -1)
            if end == len(value) or not value[end].isalnum() or value[end - 1].isdigit()
        ]
        end = next((end for end in ends if iban_number.is_valid(value[:end], check_country=False)), None)
        if end is not None:
            yield _Find(match.start(), match.start() + end, "IBAN")


def _cards(text: str) -> Iterator[_Find]:
    for match in _DIGITS.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if is_card(digits):
            yield _Find(*match.span(), "CARD")


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


def _national_ids(text: str) -> Iterator[_Find]:
    for pattern, is_valid in _NATIONAL:
        yield from (_Find(*match.span(), "ID") for match in pattern.finditer(text) if is_valid(match.group()))


def _phones(text: str, language: str) -> Iterator[_Find]:
    if not _PHONE_LIKE.search(text):
        return
    references = [(ref["begin"], ref["end"]) for ref in find_case_refs(text)]
    for match in _SAID_PHONE.finditer(text):
        yield _Find(*match.span("value"), "PHONE")
    for plan in _PLANS.get(language, ("ES", "PT", "GB") if language == "und" else ("ES",)):
        for phone in phonenumbers.PhoneNumberMatcher(text, plan):
            if all(phone.end <= begin or phone.start >= end for begin, end in references):
                yield _Find(phone.start, phone.end, "PHONE")


def _spoken(text: str, language: str) -> Iterator[_Find]:
    for spoken in find_spoken_numbers(text, language):
        if len(spoken.digits) >= _SPOKEN_MINIMUM:
            yield _Find(spoken.begin, spoken.end, _spoken_token(spoken.digits, language))


def _spoken_token(digits: str, language: str) -> str:
    if len(digits) in _CARD_LENGTHS:
        return "CARD" if is_card(digits) else "NUMBER"
    for plan in _PLANS.get(language, ("ES",)):
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(digits, plan)):
                return "PHONE"
        except phonenumbers.NumberParseException:
            continue
    return "NUMBER"
