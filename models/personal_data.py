"""What masking finds: a stretch of text and its kind; and the words by which people say what a number is."""

import re
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["CARD", "CVV", "IBAN", "ID", "PHONE", "EMAIL", "NUMBER"]


@dataclass(frozen=True, slots=True)
class PersonalData:
    """Code points [begin, end) of a text that are personal data.

    `kind`: IBAN stands for bank accounts in all notations, ID for numbers of persons and companies, NUMBER for a long
    spoken number that passes as none of the others.
    """

    begin: int
    end: int
    kind: Kind


# Words that announce a value, in the languages served. They are case-insensitive wherever they are used.
CARD_WORDS: Final = (
    r"tarjetas?|target(?:a|es)|cards?|cart[ãa]o|cart[õo]es|visa|master ?card|amex|american(?: express)?|maestro|diners"
)
CVV_WORDS: Final = (
    r"cvv2?|cvc2?|cv2|c[oó]digo de seguridad|codi de seguretat|security code|c[oó]digo de seguran[çc]a"
    r"|(?:tres|3|tr[êe]s|three) (?:n[uú]meros|d[ií]gitos|cifras|xifres|digits|numbers)"
)
BEHIND_WORDS: Final = (
    r"atr[áa]s|detr[áa]s|dorso|reverso|revers|darrere|darrera|on the back|verso|segur(?:idad|etat|an[çc]a)|security"
)
"""What is said of a card's security code; only beside a card do they announce one."""
ACCOUNT_WORDS: Final = r"i\.?b\.?a\.?n\.?|cuenta|compte|conta|account|clabe|c\.?b\.?u\.?|c\.?c\.?c\.?|n\.?i\.?b\.?"
ID_WORDS: Final = (
    r"d\.? ?n\.? ?i\.?|n\.? ?i\.? ?e\.?|n\.?i\.?f\.?|c\.?i\.?f\.?|c\.? ?p\.? ?f\.?|c\.?n\.?p\.?j\.?|c\.?u\.?r\.?p\.?"
    r"|r\.?f\.?c\.?|rg"
    r"|cuit|cuil|nit|(?-i:C\.?C\.?|T\.?I\.?)|c[eé]dula|documento(?: (?:nacional )?de identi(?:dad|dade))?"
    r"|document d'identitat|carnet de identidad|cart[ãa]o de cidad[ãa]o|carteira de identidade|pasaporte|passaporte?"
    r"|passaport|passport|contribuinte|contribuyente|national insurance|n\.? ?i\.? number|nino|social security|ssn|ss"
    r"|my social|seguridad social|seguretat social|seguran[çc]a social|tax id|tax number"
)
PHONE_WORDS: Final = (
    r"tel(?:[eèé]f(?:ono?|on)?s?|efone)?|t(?:e?lf|lm|el[eé]f|fno)|m[oòó][vb]il|celu(?:lar)?|cel|cell(?:phone)?|mobile"
    r"|phone|ph|landline|whats(?:app)?|wasap|wsp|zap|telem[oó]ve[li]|fij[oa]|fixe?o?|ll[aá]m(?:ame|enme"
    r"|adme|eme|ar(?:me)?)"
    r"|m[aá]rqu?(?:ame|enme|eme|en|ar)|localizarme|escr[ií]b(?:ime|eme|anme|idme)|truqueu-me|truca'm|trucar(?:-me)?"
    r"|trucadme|call(?: me)?|ring(?: me)?|text(?: me)?|reach me|ligue(?:m|-me)?|me liga|ligar|ligou|liga|contact[oe]?"
    r"|contacte|contato|portaria"
)
_LINKS: Final = (
    r"n[uúù]m(?:ero|s)?|number|no|n[oº°]|n\.[oº°]|nr|nro|n|es|[ée]s|is|was|era|s[eé]r[ií]?a|é|ser[áa]|el"
    r"|la|lo|les?|os?|as?"
    r"|els?|de|del?|d|da|do|dos|mi|mío|m[ií]a|m[ea]u|meva|minha|my|teu|seu|s[ií]|yes|sim|en|em|on|at|al"
    r"|ao|no|na|para|pra|to"
    r"|con|amb|com|with|and|y|i|e|tengo|tinc|tenho|m'?e|nuevo|nou|novo|new|completo|propio|actual|are|son|són|s[ãa]o"
    r"|contact[oe]|cr[eéè]dit[oe]?|d[eèé]b[ií]t[oe]?|espa[ñn]ol|argentino|titular|afiliaci[oó]n?"
    r"|(?:inter)?banc[aá]ri[ao]|corriente|corrent|corrente|bank|empresa|compa[ñn][ií]a|companyia|company"
    r"|sociedad|societat"
    r"|marido|mujer|esposa|hij[oa]|madre|padre|marit|dona|fill|filla|mare|pare|wife|husband|mother|father"
    r"|mom|dad|m[ãa]e|pai"
)
BRIDGE: Final = rf"(?:[\s:,;.#º°()*/-]{{1,4}}(?:{_LINKS})(?![\w'])){{0,5}}[\s:,;.#º°(*-]{{0,4}}"
"""What may stand between such a word and the value."""


def announced(words: str, value: str) -> re.Pattern[str]:
    """A pattern of `value`, in the group of that name, after one of `words` and little else."""
    return re.compile(rf"(?<!\w)(?:{words}){BRIDGE}(?P<value>{value})", re.IGNORECASE)


def announcing(words: str) -> re.Pattern[str]:
    """A pattern of a text that ends with one of `words` and little else: what follows is announced."""
    return re.compile(rf"(?<!\w)(?:{words}){BRIDGE}\Z", re.IGNORECASE)
