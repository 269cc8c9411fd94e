"""Formality of address (U7): formal (usted, vostè, o senhor), informal (tú, tu, você), or None where
nothing tells.

First version: marker words and verb forms of the second person. English has no such markers. Brazilian
`você` is the unmarked form and counts as informal. Both kinds in one utterance: the more frequent, on a tie
None.
"""

import re
from collections.abc import Mapping
from typing import Final

_INFORMAL: Final[Mapping[str, str]] = {
    "es": r"t[uú]|te|ti|contigo|tus|vosotr[oa]s|vuestr[oa]s?|os|vos|tenés|podés|sabés|querés|sos|puedes"
    r"|tienes|quieres|sabes|eres|est[aá]s"
    r"|dices|haces|dime|oye|mira|perdona|ayúdame|explícame|podéis|tenéis|sabéis|sois|estáis|habéis"
    r"|hab[ée]is|dais|tío|t[ií]a",
    "ca": r"tu|teu|teva|teus|teves|et|vosaltres|pots|tens|saps|vols|ets|estàs|dius|fas|digue'm|escolta|mira"
    r"|perdona|podeu|teniu|sabeu"
    r"|voleu|sou|esteu|heu|feu|dieu|noi|tio|tia|ajuda'm",
    "pt": r"tu|teu|tua|teus|tuas|contigo|você|vc|vocês|vcs|podes|tens|sabes|queres|és|estás|fazes|olha|cara"
    r"|mano|pá",
}
_FORMAL: Final[Mapping[str, str]] = {
    "es": r"usted|ud|disculpe|perdone|dígame|digame|oiga|mire|podría|le agradecer[ií]a|le ruego|les ruego"
    r"|estimad[oa]s?|atentamente"
    r"|un cordial saludo|cordialmente|muy señor(?:es)? m[ií]os?|sírva(?:n)?se|tenga la amabilidad",
    "ca": r"vostè|vostès|vós|disculpi|perdoni|digui'm|miri|escolti|podria|li agrairia|els agrairia|li prego"
    r"|benvolgu(?:t|da|ts|des)|atentament"
    r"|cordialment|ben cordialment|tingui l'amabilitat",
    "pt": r"o senhor|a senhora|os senhores|vossa|v\. ?ex[ªa]|desculpe|diga-me|poderia|agradecia|agradeceria"
    r"|solicito|prezad[oa]s?|exm[oa]s?"
    r"|atenciosamente|atentamente|com os melhores cumprimentos|cordialmente",
}


def _compiled(table: Mapping[str, str]) -> dict[str, re.Pattern[str]]:
    patterns = {language: rf"(?<![\w'])(?:{words})(?!\w)" for language, words in table.items()}
    patterns["mixed"] = f"{patterns['es']}|{patterns['ca']}"
    return {language: re.compile(pattern, re.IGNORECASE) for language, pattern in patterns.items()}


_INFORMAL_MARKS: Final = _compiled(_INFORMAL)
_FORMAL_MARKS: Final = _compiled(_FORMAL)


def formality_of(text: str, language: str) -> str | None:
    """`formal`, `informal`, or None for a language without marks, no marks, or as many of each."""
    if language not in _FORMAL_MARKS:
        return None
    formal = len(_FORMAL_MARKS[language].findall(text))
    informal = len(_INFORMAL_MARKS[language].findall(text))
    if formal == informal:
        return None
    return "formal" if formal > informal else "informal"
