"""Letters spoken by their names, alone and among digits: "te de cuatro eme ocho uno" is TD4M81."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from models.spoken_numbers import number_words, read_digits

_NAMES: Final[Mapping[str, str]] = {
    "es": "a:a be:b ce:c de:d e:e efe:f ge:g hache:h i:i jota:j ka:k ele:l eme:m ene:n o:o pe:p cu:q erre:r ere:r ese:s"
    " te:t u:u uve:v ve:v equis:x ye:y zeta:z ceta:z",
    "ca": "a:a be:b ce:c de:d e:e efa:f efe:f ge:g hac:h i:i jota:j ca:k ela:l ele:l ema:m eme:m ena:n ene:n o:o pe:p"
    " cu:q erra:r erre:r essa:s esse:s ese:s te:t ve:v ics:x xeix:x zeta:z",
    "en": "a:a bee:b cee:c dee:d e:e ef:f gee:g aitch:h i:i jay:j kay:k el:l em:m en:n o:o pee:p cue:q ar:r ess:s tee:t"
    " u:u vee:v ex:x wye:y zed:z zee:z",
    "pt": "a:a á:a bê:b be:b cê:c ce:c dê:d de:d e:e efe:f gê:g ge:g agá:h i:i jota:j cá:k ká:k ele:l eme:m ene:n"
    " o:o pê:p pe:p quê:q erre:r esse:s tê:t te:t u:u vê:v xis:x ípsilon:y zê:z",
}
_LONG_NAMES: Final[Mapping[str, str]] = {
    "i griega": "y",
    "i grego": "y",
    "y griega": "y",
    "i grega": "y",
    "uve doble": "w",
    "doble uve": "w",
    "doble ve": "w",
    "ve doble": "w",
    "doble u": "w",
    "double u": "w",
    "double you": "w",
    "dáblio": "w",
    "ve baixa": "v",
    "ve baja": "v",
    "ve chica": "v",
    "be alta": "b",
}
# Also articles, prepositions and pronouns: at the edge of a code they are that.
UNCERTAIN: Final = frozenset({*"aeoiyu", "de", "te", "se", "be", "ve", "en", "el", "em", "ar", "ca", "ele"})
_LONG: Final = re.compile("|".join(sorted(_LONG_NAMES, key=len, reverse=True)))
_WORD: Final = re.compile(r"[^\W_]+(?:-[^\W\d_]+)*")
# One letter, or some without a vowel: "lt quatro quatro". Units are written so too.
_SPELLED: Final = re.compile(r"[a-z]|(?!kg|km|cm|mm|ml|mg|mb|gb|tb|sr|dr|st|nd|rd|th|hr|pm|tv)[b-df-hj-np-tv-xz]{2,3}")
_GAP: Final = re.compile(r"[\s,.-]*\Z")
_BY_EXAMPLE: Final = re.compile(r"\s+(?:de|d'|as in|for|como)\s*(?P<example>[^\W\d_]{3,})")


@dataclass(frozen=True, slots=True)
class Sign:
    """Code points [begin, end) that say `value`: capital letters, mostly one, or digits.

    `word` is its first word in lower case; `named` tells a name or a number in words from a letter or figures.
    """

    begin: int
    end: int
    value: str
    word: str
    named: bool


def letter_names(language: str) -> Mapping[str, str]:
    """Capital letter by its name in lower case (mixed: Spanish and Catalan; und: all)."""
    return _LETTERS.get(language, _ALL)


def spoken_codes(text: str, language: str) -> Iterator[tuple[Sign, ...]]:
    """Runs of letters and digits that are spoken one after another, with one of each at least.

    A text whose letters may all be words has none.
    """
    words = set(_WORD.findall(text.lower()))
    if words.isdisjoint(number_words(language)) and not any(map(str.isdecimal, words)):
        return
    names = letter_names(language)
    if not any((word in names or _SPELLED.fullmatch(word)) and word not in UNCERTAIN for word in words):
        return
    run: list[Sign] = []
    for sign in _signs(text, language):
        if run and not _GAP.match(text, run[-1].end, sign.begin):
            yield from _code(run)
            run = []
        run.append(sign)
    yield from _code(run)


def _code(run: list[Sign]) -> Iterator[tuple[Sign, ...]]:
    if any(sign.value.isdecimal() for sign in run) and any(sign.value.isalpha() for sign in run):
        yield tuple(run)


def _signs(text: str, language: str) -> Iterator[Sign]:
    numbers, letters = number_words(language), letter_names(language)
    lowered = text.lower()
    if len(lowered) != len(text):
        return
    at = 0
    digits: list[re.Match[str]] = []
    while (match := _WORD.search(lowered, at)) is not None:
        at = match.end()
        word = match.group()
        number = word in numbers or word.isdecimal()
        joins = bool(digits) and word in {"y", "i", "e"} and _next_is_number(lowered, at, numbers)
        near = bool(digits) and _GAP.match(lowered, digits[-1].end(), match.start()) is not None
        if digits and not (near and (number or joins)):
            yield _number(digits, numbers)
            digits = []
        if number or joins:
            digits.append(match)
            continue
        long = _LONG.match(lowered, match.start())
        if long is not None:
            at = long.end()
            yield Sign(match.start(), at, _LONG_NAMES[long.group()].upper(), long.group(), named=True)
        elif word in letters or _SPELLED.fullmatch(word):
            letter = letters.get(word, word.upper())
            example = _BY_EXAMPLE.match(lowered, at)
            if example is not None and len(letter) == 1 and example["example"].startswith(letter.lower()):
                at = example.end()
            yield Sign(match.start(), at, letter, word, named=len(word) > 1 and word in letters)
    if digits:
        yield _number(digits, numbers)


def _next_is_number(text: str, at: int, numbers: Mapping[str, int]) -> bool:
    following = _WORD.search(text, at)
    return following is not None and following.group() in numbers


def _number(digits: list[re.Match[str]], numbers: Mapping[str, int]) -> Sign:
    words = [match.group() for match in digits]
    return Sign(
        digits[0].start(),
        digits[-1].end(),
        read_digits(words, numbers),
        words[0],
        any(word in numbers for word in words),
    )


def _table(names: str) -> dict[str, str]:
    return {name: letter.upper() for name, letter in (pair.split(":") for pair in names.split())}


_LETTERS: Final[Mapping[str, Mapping[str, str]]] = {
    **{language: _table(names) for language, names in _NAMES.items()},
    "mixed": {**_table(_NAMES["es"]), **_table(_NAMES["ca"])},
}
_ALL: Final[Mapping[str, str]] = {name: letter for table in _LETTERS.values() for name, letter in table.items()}
