"""Phone numbers by the numbering plans of the countries served (phonenumbers), and those that words announce."""

import re
from collections.abc import Iterator
from typing import Final

import phonenumbers

from models.announced_refs import find_announced_refs
from models.personal_data import PHONE_WORDS, PersonalData, announced

# An international prefix says so itself, also where the plan has changed since.
_PREFIXED: Final = re.compile(r"(?<![\w+])\+[1-9](?:[ ().-]{0,2}\d){9,14}(?!\w)")
_SAID: Final = announced(PHONE_WORDS, r"\+?\(?\d(?:[ ()./-]{0,3}\d){6,14}(?!\w)")
_PHONE_LIKE: Final = re.compile(r"\d(?:[ ().\-/]{0,3}\d){6}")
_PLANS: Final[dict[str, tuple[str, ...]]] = {"en": ("GB", "US"), "pt": ("PT", "BR"), "es": ("ES",), "ca": ("ES",)}
_UNDETERMINED: Final = ("ES", "PT", "GB")
# Ten digits of these plans look like many other numbers: they count where a phone is spoken of just before.
_WIDER_PLANS: Final[dict[str, tuple[str, ...]]] = {"es": ("MX", "AR", "CO"), "mixed": ("MX", "AR", "CO"), "en": ("IE",)}
_PHONE_WORD: Final = re.compile(rf"(?<!\w)(?:{PHONE_WORDS})(?!\w)", re.IGNORECASE)
_SPOKEN_OF: Final = re.compile(rf"(?<!\w)(?:{PHONE_WORDS})(?!\w)[^\d\n]{{0,40}}\Z", re.IGNORECASE)
_REACH: Final = 64


def phones(text: str, language: str) -> Iterator[PersonalData]:
    """Phone numbers: valid and not announced as a case's, or said to be phones.

    `language` chooses the plans of numbers without a prefix.
    """
    if not _PHONE_LIKE.search(text):
        return
    for match in _SAID.finditer(text):
        begin, end = match.span("value")
        in_brackets = text[begin - 1] == "(" and text[end : end + 1] == ")"
        yield PersonalData(begin - in_brackets, end + in_brackets, "PHONE")
    references = [(ref["begin"], ref["end"]) for ref in find_announced_refs(text)]
    for plan in plans_of(language):
        for phone in phonenumbers.PhoneNumberMatcher(text, plan):
            if all(phone.end <= begin or phone.start >= end for begin, end in references):
                yield PersonalData(phone.start, phone.end, "PHONE")
    yield from (PersonalData(*match.span(), "PHONE") for match in _PREFIXED.finditer(text))
    wider = _WIDER_PLANS.get(language, ())
    if not wider or not _PHONE_WORD.search(text):
        return
    for plan in wider:
        for phone in phonenumbers.PhoneNumberMatcher(text, plan):
            if _SPOKEN_OF.search(text[max(0, phone.start - _REACH) : phone.start]):
                yield PersonalData(phone.start, phone.end, "PHONE")


def plans_of(language: str) -> tuple[str, ...]:
    """Countries whose numbers are read without a prefix."""
    return _PLANS.get(language, _UNDETERMINED if language == "und" else ("ES",))


def is_phone(digits: str, language: str) -> bool:
    """Whether `digits` are a valid number of the plans of `language`, the wider ones included, or with a prefix."""
    for plan in (*plans_of(language), *_WIDER_PLANS.get(language, ())):
        for form in (digits, f"+{digits}"):
            try:
                if phonenumbers.is_valid_number(phonenumbers.parse(form, plan)):
                    return True
            except phonenumbers.NumberParseException:
                continue
    return False
