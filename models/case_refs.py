"""Case references: numbers by which a case worker finds the matter. They are kept, not masked.

A reference is a word that announces one (claim, order, reserva, incidència, protocolo ...), then optionally
"number", "nº" or the like, then a value with a digit in it; booking locators may be six capital letters. A
bare "#88123" counts too. A word and a small count ("reserva para 4 personas", "pedido 2 veces") is none.
"""

import re
from collections.abc import Mapping
from typing import Final

from models.score import CaseRef

# Kind by announcing words, in the languages served. Longer forms of a word come by the `e?s?` of the
# pattern below.
_WORDS: Final[Mapping[str, str]] = {
    "claim": r"reclamo|reclamaci[oó]n?|reclama[çc][ãa]o|queixa|queja|claim|complaint",
    "order": r"pedido|orden(?: de compra)?|comanda|order|encomenda|encargo|enc[àa]rrec",
    "booking": r"reserva(?:ci[oó]n)?|localizador|localitzador|booking|reservation|record locator|pnr",
    "case": r"caso?|case|expediente?|tr[àáa]mite?|protocolo|processo|atendimento|dossier",
    "incident": r"incidencia|incid[èe]ncia|ocorr[êe]ncia|incident|aver[ií]a|ticket|tiquet|chamado|siniestro"
    r"|sinistr[eo]",
    "policy": r"p[óo]liza|p[òo]lissa|ap[óo]lice|policy",
    "invoice": r"factura|fatura|invoice|recibo|rebut",
    "shipment": r"env[ií]o|enviament|seguimiento|seguiment|tracking|shipment|parcel|rastreio|paquete?"
    r"|albar[áa]n|albar[àa]",
    "contract": r"contrato|contracte|contract",
    "reference": r"referencia|refer[èe]ncia|refer[êe]ncia|reference|ref",
}
_MARKER: Final = (
    r"(?:(?:n[º°]|n\.[º°]|nro|n[uú]m|n[uúù]mero|number|c[oó]digo|codi|code|id|ref(?:er[eèéê]nc(?:ia|e))?)"
    r"(?!\w)\.?|no\.|#)"
)
_LINK: Final = r"(?:(?:es|[ée]s|is|el|la|de|do|da|del|amb|con|com|with|é|no)(?!\w)|[:=,])"
_VALUE: Final = (
    r"(?P<value>(?=[A-Za-z/._-]{0,12}\d|(?-i:[A-Z]{6})(?!\w))"
    r"[A-Za-z0-9](?:[A-Za-z0-9]|[-/._](?=[A-Za-z0-9])){1,29})"
)
_ANNOUNCED: Final = re.compile(
    rf"(?<!\w)(?:{'|'.join(f'(?P<{kind}>(?:{words})(?:e?s)?)' for kind, words in _WORDS.items())})(?!\w)\.?"
    rf"(?P<between>(?:\s*{_LINK})?(?:\s*{_MARKER})?(?:\s*{_LINK}){{0,2}}(?:\s*{_MARKER})?[\s:#]*)"
    rf"{_VALUE}(?![\w@])",
    re.IGNORECASE,
)
_HASH: Final = re.compile(r"(?<![\w#&/])#\s?(?P<value>(?=[A-Za-z0-9-]*\d)[A-Za-z0-9][A-Za-z0-9-]{3,24})(?![\w@])")
_HAS_MARKER: Final = re.compile(_MARKER, re.IGNORECASE)
_LOCATOR: Final = re.compile(r"[A-Z]{6}\Z")
_DATE_OR_AMOUNT: Final = re.compile(
    r"(?:\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?|\d{4}-\d{2}-\d{2}|\d{1,2}[hx]\d{0,2}"
    r"|\d+(?:st|nd|rd|th|h|kg|gb|mb|am|pm)|\d+[.,]\d{2})\Z",
    re.IGNORECASE,
)
_LEAST_SIGNS: Final = 3  # a count has one or two digits
_YEAR: Final = re.compile(r"(?:19|20)\d\d\Z")
_COUNTED: Final = re.compile(
    r"\s*(?:[€$£%]|(?:euros?|eur|d[óo]lares|dollars|pesos|reais|d[ií]as?|dies|days?|semanas?|setmanes|weeks?"
    r"|mes(?:es|os)?|months?|a[ñn]os?|anys?|years?|horas?|hores|hours?|min|veces|vegades|vezes|times"
    r"|personas?|persones|pessoas|people)(?!\w))",
    re.IGNORECASE,
)


def find_case_refs(text: str) -> list[CaseRef]:
    """References in `text` in reading order, without overlaps; offsets are code points of the value."""
    if not any(map(str.isdigit, text)) and not text.isupper() and not _capitals(text):
        return []
    found: dict[int, CaseRef] = {}
    for match in _ANNOUNCED.finditer(text):
        kind = _kind(match)
        if _is_reference(match, kind, text):
            found[match.start("value")] = _reference(kind, match)
    for match in _HASH.finditer(text):
        if not any(ref["begin"] <= match.start("value") < ref["end"] for ref in found.values()):
            found[match.start("value")] = _reference("reference", match)
    return [found[begin] for begin in sorted(found)]


def _capitals(text: str) -> bool:
    return re.search(r"[A-Z]{6}", text) is not None


def _kind(match: re.Match[str]) -> str:
    return next(kind for kind in _WORDS if match.group(kind) is not None)


def _reference(kind: str, match: re.Match[str]) -> CaseRef:
    return {"kind": kind, "value": match.group("value"), "begin": match.start("value"), "end": match.end("value")}


def _is_reference(match: re.Match[str], kind: str, text: str) -> bool:
    value = match.group("value")
    if not any(map(str.isdigit, value)):
        return kind in {"booking", "reference"} and _LOCATOR.match(value) is not None
    if _DATE_OR_AMOUNT.match(value) or _COUNTED.match(text, match.end("value")):
        return False
    if _HAS_MARKER.search(match.group("between")):
        return True
    return sum(map(str.isalnum, value)) >= _LEAST_SIGNS and not _YEAR.match(value)
