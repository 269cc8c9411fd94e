"""Digits spoken as words, as a recogniser writes them: "seis doce treinta y cuatro" is 6 12 34.

A run of number words below one thousand, in Spanish, Catalan, English or Portuguese, is read piece by piece
("six hundred twelve" 612, "treinta y cuatro" 34, "doble cero" 00). Fillers and the names of separators ("eh",
"ponto", "dash") do not end it. Words for thousands do: people say amounts with them, and card or phone numbers
without.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_DIGIT_WORDS: Final[Mapping[str, str]] = {
    "es": "cero uno|un|una dos tres cuatro cinco seis siete ocho nueve diez once doce trece "
    "catorce quince dieciséis|dieciseis "
    "diecisiete dieciocho diecinueve",
    "ca": "zero|cero u|un|una dos|dues tres quatre cinc sis set vuit|huit nou deu onze dotze tretze "
    "catorze quinze setze disset divuit "
    "dinou",
    "en": "zero|oh one two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen "
    "eighteen nineteen",
    "pt": "zero um|uma dois|duas três|tres quatro cinco seis|meia sete oito nove dez onze doze "
    "treze catorze|quatorze quinze "
    "dezesseis|dezasseis dezessete|dezassete dezoito dezenove|dezanove",
}
_TENS: Final[Mapping[str, str]] = {
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "ca": "vint trenta quaranta cinquanta seixanta setanta vuitanta|huitanta noranta",
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "pt": "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
}
_HUNDREDS: Final[Mapping[str, str]] = {
    "es": "cien|ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos",
    "ca": "cent dos-cents tres-cents quatre-cents cinc-cents sis-cents set-cents vuit-cents|huit-cents nou-cents",
    "en": "",
    "pt": "cem|cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos",
}
_TWENTIES_ES: Final = (
    "veintiuno|veintiun veintidós|veintidos veintitrés|veintitres veinticuatro veinticinco "
    "veintiséis|veintiseis veintisiete veintiocho veintinueve"
)
_JOINERS: Final = frozenset({"y", "i", "e", "and"})
_HUNDRED: Final = frozenset({"hundred", "cents"})
_FILLERS: Final = frozenset(
    {"eh", "em", "ehm", "mm", "hm", "uh", "uhm", "um", "er", "erm", "ah", "y", "luego", "després", "después"}
    | {"coma", "vírgula", "comma", "punto", "punt", "ponto", "dot", "espacio", "espai", "espaço", "space"}
    | {"guion", "guión", "guió", "traço", "traco", "hífen", "dash", "hyphen", "barra", "slash"}
)
_DOUBLES: Final[Mapping[str, int]] = {"doble": 2, "double": 2, "duplo": 2, "triple": 3, "triplo": 3}
_LEAST_WORDS: Final = 3
"""Fewer number words than these name no number that matters here."""
_WITHIN: Final = _JOINERS | _FILLERS | _HUNDRED
_WORD: Final = re.compile(r"[^\W_]+(?:-[^\W\d_]+)*")
_GAP: Final = re.compile(r"[\s,.-]*\Z")


@dataclass(frozen=True, slots=True)
class SpokenNumber:
    """Code points [begin, end) that say `digits`."""

    begin: int
    end: int
    digits: str


def find_spoken_numbers(text: str, language: str) -> Iterator[SpokenNumber]:
    """Runs of number words in `text`; `language` chooses the words (mixed: Spanish and Catalan; und: all)."""
    words = number_words(language)
    if sum(map(words.__contains__, _WORD.findall(text.casefold()))) < _LEAST_WORDS:
        return
    run: list[tuple[int, int, str]] = []
    for match in _WORD.finditer(text):
        word = match.group().casefold()
        counts = word in words or word in _DOUBLES or word.isdecimal() or (bool(run) and word in _WITHIN)
        if run and (not counts or not _GAP.match(text, run[-1][1], match.start())):
            yield from _read(run, words)
            run = []
        if counts:
            run.append((*match.span(), word))
    yield from _read(run, words)


def number_words(language: str) -> Mapping[str, int]:
    """Words of `language` that say a number below one thousand, in lower case.

    Mixed is Spanish and Catalan, undetermined all languages.
    """
    return _VOCABULARY.get(language, _ALL)


def _read(run: list[tuple[int, int, str]], words: Mapping[str, int]) -> Iterator[SpokenNumber]:
    while run and not (run[-1][2] in words or run[-1][2] in _HUNDRED or run[-1][2].isdecimal()):
        run.pop()
    # A number in figures is the matter of the other formats; without words there is nothing spoken here.
    if run and any(word in words for _, _, word in run):
        yield SpokenNumber(run[0][0], run[-1][1], read_digits([word for _, _, word in run], words))


def read_digits(run: Sequence[str], words: Mapping[str, int]) -> str:
    """The digits that number words say, figures among them; `words` as `number_words` gives them."""
    digits, times = "", 1
    pending: int | None = None
    for previous, word in pairwise(("", *run)):
        if word in _DOUBLES:
            times = _DOUBLES[word]
            continue
        if word in _JOINERS:
            continue
        if word in _FILLERS and word not in words:
            digits, pending = digits + _flush(pending), None
            continue
        if word in _HUNDRED:
            pending = pending * 100 if pending is not None and 0 < pending < 10 else pending
            continue
        value = words.get(word)
        if value is None:
            digits, pending = digits + _flush(pending) + word, None
        # "Eight hundred two seven five" is 800 2 7 5: a single digit joins a hundred by "and".
        elif pending is not None and _joins(pending, value) and (previous != "hundred" or value > 9):
            pending += value
        else:
            digits, pending = digits + _flush(pending), value
        if times > 1 and pending is not None:
            digits, pending, times = digits + str(pending) * times, None, 1
    return digits + _flush(pending)


def _flush(pending: int | None) -> str:
    return "" if pending is None else str(pending)


def _joins(pending: int, value: int) -> bool:
    # Twenty takes one to nine, a hundred takes one to ninety-nine; everything else starts anew.
    if pending >= 100 and pending % 100 == 0:
        return 0 < value < 100
    return pending >= 20 and pending % 10 == 0 and 0 < value < 10


def _vocabulary(language: str) -> dict[str, int]:
    values: dict[str, int] = {}
    for start, step, row in (
        (0, 1, _DIGIT_WORDS[language]),
        (20, 10, _TENS[language]),
        (100, 100, _HUNDREDS[language]),
        (21, 1, _TWENTIES_ES if language == "es" else ""),
    ):
        for at, forms in enumerate(row.split()):
            values.update(dict.fromkeys(forms.split("|"), start + step * at))
    if language == "ca":
        for unit in range(1, 10):
            for form in _DIGIT_WORDS["ca"].split()[unit].split("|"):
                values[f"vint-i-{form}"] = 20 + unit
                for tens, names in enumerate(_TENS["ca"].split()[1:], start=3):
                    values.update({f"{name}-{form}": 10 * tens + unit for name in names.split("|")})
    return values


_VOCABULARY: Final[Mapping[str, Mapping[str, int]]] = {
    **{language: _vocabulary(language) for language in _DIGIT_WORDS},
    "mixed": {**_vocabulary("es"), **_vocabulary("ca")},
}
_ALL: Final[Mapping[str, int]] = {word: value for table in _VOCABULARY.values() for word, value in table.items()}
