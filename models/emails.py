"""E-mail addresses: written, written so that a form takes them ("ana(arroba)correo.es"), and spoken.

A spoken address says no spaces: how far it reaches to the left is told by the words that cannot belong to it
("mi correo es ...", "send it to ..."). One word too many masked does no harm, one too few does.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from models.personal_data import PersonalData
from models.spoken_numbers import number_words

_DOT: Final = r"punto|punt|ponto|dot"
_TOP: Final = (
    r"com|es|cat|org|net|pt|br|mx|ar|uk|co|cl|pe|uy|ie|us|eu|eus|gal|info|edu|gov|gob|gub|io|online|me|fr|de|it"
)
_PROVIDERS: Final = (
    r"g?mail|hotmail|outlook|yahoo|icloud|live|msn|protonmail|proton|telefonica|movistar|terra|ono|sapo|iol|uol|bol|gmx"
    r"|btinternet|talktalk|sky|aol|comcast|verizon"
)
_WRITTEN: Final = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}"
    rf"(?:@(?:[\w-]{{1,63}}\.)+[A-Za-z]{{2,24}}| ?@ ?(?:{_PROVIDERS})(?:\.[A-Za-z]{{2,6}}){{1,2}})(?![\w-])",
    re.IGNORECASE,
)
_BRACKET: Final = re.compile(r"[\[({<]\s?(?:at|arroba|@)", re.IGNORECASE)
_BRACKETED: Final = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}\s?[\[({<]\s?(?:at|arroba|@)\s?[\])}>]\s?[\w-]{1,63}"
    rf"(?:(?:\.|\s?[\[({{<]\s?(?:{_DOT}|\.)\s?[\])}}>]\s?|\s(?:{_DOT})\s)[\w-]{{1,63}}){{1,3}}(?![\w-])",
    re.IGNORECASE,
)
_DOMAIN: Final = re.compile(
    rf"\s(?:arroba|arrova|at)\s+\w[\w-]*(?:\s+(?!(?:{_DOT})\b)\w+){{0,2}}?"
    rf"(?:\s+(?:{_DOT})\s+(?:{_TOP})\b|\s+(?:{_DOT})\s+\w+(?=\s+(?:{_DOT})\s))"
    rf"{{1,3}}(?<=\w)(?:\.(?:{_TOP})\b)*",
    re.IGNORECASE,
)
_TOKEN: Final = re.compile(r"[\w.+'’-]*[\w+]")
_JOINS: Final = re.compile(
    r"punto|punt|ponto|dot|gui[oó]n|guió|tra[çc]o|h[ií]fen|dash|hyphen|minus|barra|underscore|underline"
    r"|sublinhado|baix[oa]?"
    r"|medio|mig|low|score|under",
    re.IGNORECASE,
)
# What speaks about an address, in the languages served, and never is a part of one.
_ABOUT: Final[Mapping[str, str]] = {
    "es": "es sería era el la lo los las al a mi mío tu su correo electrónico electronico dirección direccion"
    " usuario cuenta de del en y pues bueno mire mira vale sí si claro eh em este apunte apunta apúntate anote"
    " anota anotá escriba escribe escriban mándemelo mándamelo mándalo mándelo mándeme mandame mandeme"
    " envíemelo envíamelo envíelo envíame envieme manda mande mandar para por deletreo dicto digo con hijo hija"
    " mujer marido nombre entonces luego aquí tengo nuevo otro otra trabajo personal siguiente le te me os",
    "ca": "és sí el els la les a al meu meva teu seu seva correu electrònic adreça compte de del en i doncs miri"
    " mira val clar ehm apunti apunta escriu escrigui envia'm envieu enviï per amb fill filla dona home nom"
    " aquí tinc nou altre feina següent",
    "en": "is it its it's that that's this my email e-mail mail address user login to on and or okay ok yes yeah yep"
    " sure uh um er send write use try with at in son daughter wife husband name called here have i've work"
    " other new",
    "pt": "é era seria será o os a as ao meu minha e-mail email eletrônico eletrónico endereço usuário conta de do"
    " da em no na e então olha olhe tá sim anota anote aponte escreva escreve manda mande mandar enviar para"
    " pra por com filho filha marido mulher nome aqui ai aí tenho novo outro trabalho seguinte uso",
}
_NEVER: Final = frozenset(word for words in _ABOUT.values() for word in words.split())
_BETWEEN_NUMBERS: Final = frozenset("aeioy")
_LONGEST_LOCAL: Final = 3  # plain words that follow one another
_REACH: Final = 120


def emails(text: str, language: str) -> Iterator[PersonalData]:
    """Addresses in `text`; `language` chooses the number words that spoken ones may have."""
    if "@" in text:
        yield from (PersonalData(*match.span(), "EMAIL") for match in _WRITTEN.finditer(text))
    if _BRACKET.search(text):
        yield from (PersonalData(*match.span(), "EMAIL") for match in _BRACKETED.finditer(text))
    for domain in _DOMAIN.finditer(text):
        begin = _begin_of_local(text, domain.start(), language)
        if begin is not None:
            yield PersonalData(begin, domain.end(), "EMAIL")


def _begin_of_local(text: str, at: int, language: str) -> int | None:
    """Where the words before the sign begin that belong to it; None if there are none."""
    numbers = number_words(language)
    tokens = [(token.group().casefold(), *token.span()) for token in _TOKEN.finditer(text, max(0, at - _REACH), at)]
    begin: int | None = None
    reach, plain, joined = at, 0, True
    for index in range(len(tokens) - 1, -1, -1):
        word, start, end = tokens[index]
        if text[end:reach].strip():
            break
        if begin is not None and _JOINS.fullmatch(word):
            reach, plain, joined = start, 0, True
            continue
        spelled = (len(word) == 1 and word not in _NEVER) or word in numbers or word.isdecimal()
        if word in _BETWEEN_NUMBERS and begin is not None and not joined:
            if index == 0 or tokens[index - 1][0] not in numbers:
                break
        elif (not spelled and (word in _NEVER if begin is None or not joined else False)) or (
            not spelled and plain == _LONGEST_LOCAL
        ):
            break
        begin, reach, joined = start, start, False
        plain += not spelled
    return begin
