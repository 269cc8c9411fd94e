"""Personal data out, before the text goes anywhere: to the model, to a topic, to a log.

What has a check is masked when the check holds (`models.checked_numbers`; phones by their numbering plans,
`models.phones`). What has none, or fails it by a slip of the finger, is masked only where words before it say what it
is ("mi tarjeta es ...", `models.announced_numbers`). Case references are left alone, unless the value passes as one of
the strong formats. Numbers spoken as words (transcripts) are read as digits first (`models.spoken_data`).

Measured on written-out strings: `tests/data/masking.jsonl`.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from models.announced_numbers import announced_numbers, codes_beside_cards
from models.checked_numbers import accounts, cards, national_ids
from models.emails import emails
from models.personal_data import PersonalData
from models.phones import phones
from models.spoken_data import spoken_data

_SHORTEST_SECRET: Final = 3  # digits of a security code


def mask(text: str, language: str) -> str:
    """`text` with personal data replaced by [CARD], [CVV], [IBAN], [ID], [PHONE], [EMAIL] or [NUMBER].

    `language` chooses the numbering plan of phones without a country prefix, and the words of spoken numbers.
    """
    for data in reversed(find_personal_data(text, language)):
        text = f"{text[: data.begin]}[{data.kind}]{text[data.end :]}"
    return text


def find_personal_data(text: str, language: str) -> list[PersonalData]:
    """Personal data in `text` in reading order, without overlaps; offsets are code points."""
    found: list[PersonalData] = []
    _keep(found, _candidates(text, language))
    _keep(found, codes_beside_cards(text, found))
    return sorted(found, key=lambda data: data.begin)


def _keep(found: list[PersonalData], candidates: Iterable[PersonalData]) -> None:
    found.extend(
        data for data in candidates if all(data.end <= other.begin or data.begin >= other.end for other in found)
    )


def _candidates(text: str, language: str) -> Iterator[PersonalData]:
    # Strongest evidence first: what comes later must not overlap it.
    yield from emails(text, language)
    if sum(map(str.isdigit, text)) >= _SHORTEST_SECRET:
        yield from accounts(text)
        yield from cards(text)
        yield from national_ids(text)
        yield from announced_numbers(text)
        yield from phones(text, language)
    yield from spoken_data(text, language)
