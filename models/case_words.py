"""The words around case references, in the languages served. They are case-insensitive wherever they are used."""

import re
from collections.abc import Mapping
from typing import Final

CASE_WORDS: Final[Mapping[str, str]] = {
    "claim": r"reclamo|reclamaci[oó]n?|reclama[çc][ãa]o|queixa|queja|claim|complaint",
    "order": r"pedido|orde[nm](?: de (?:compra|trabajo|servi[çc]o))?|ordre(?: de treball)?|comanda"
    r"|(?:work )?order|encomenda|encargo|enc[àa]rrec",
    "booking": r"reserva(?:ci[oó]n?)?|localizador|localitzador|booking|reservation|record locator|pnr"
    r"|(?<!c[oó]digo de )(?<!codi de )confirma(?:ci[oó]n?|[çc][ãa]o|tion)",
    "case": r"caso?|case|expediente?|expte?|exp|tr[àáa]mite?|protocolo|processo|atendimento|dossier"
    r"|solicitud|sol·licitud|solicita[çc][ãa]o|petici[oó]n?|request|inst[àa]ncia|radicado|folio|pressupost|presupuesto"
    r"|or[çc]amento|quote|justificante?|comprobante|comprovant[ei]?|sugerencia"
    r"|suggeriment|liquidaci[oó]n?|cotizaci[oó]n?|cota[çc][ãa]o",
    "incident": r"incidencia|incid[èe]ncia|ocorr[êe]ncia|incident|aver[ií]a|ticket|tiquet|chamado|siniestro"
    r"|sinistr[eo]|pir|av[ií]so?|(?-i:av\.)|reporte|report|parte|job|part d'incid[èe]ncies",
    "policy": r"p[óo]liza|p[òo]lissa|ap[óo]lice|policy",
    "invoice": r"factura|fatura|invoice|recibo|rebut",
    "shipment": r"env[ií]o|enviament|seguimiento|seguiment|tracking|shipment|parcel|rastreio|paquete?"
    r"|albar[áa]n|albar[àa]|lliurament|entrega|delivery|collection|recogida|recollida|recolha|gu[ií]a",
    "contract": r"contrato|contracte|contract",
    "customer": r"(?:n[uúù]mero|n[º°]|num\.?|c[oó]digo|codi) (?:de |do |d')?(?:clienta?|abona[dt]o?|soci[oa]?)"
    r"|(?:customer|client|member(?:ship)?) (?:number|no\.?|ref(?:erence)?)",
    "reference": r"referencia|refer[èe]ncia|refer[êe]ncia|reference|ref",
}
WORDS: Final = "|".join(f"(?P<{kind}>(?:{words})(?:e?s)?)" for kind, words in CASE_WORDS.items())
"""Words that announce a reference, each kind in a group of its name."""
MARKER: Final = (
    r"(?:(?:n[º°]|n\.[º°]|nro|n[uú]m|n[uúù]mero|number|c[oó]digo|codi|code|id|ref(?:er[eèéê]nc(?:ia|e))?)"
    r"(?!\w)\.?|no\.|#)"
)
LINK: Final = (
    r"(?:(?:es|[ée]s|is|el|la|de|do|da|del|amb|con|com|with|é [ao]|é|que (?:es|[ée]s|é)|no|this|aquest|este|esse|ese"
    r"|feita|feta|hecha|made|confirmad[ao]|confirmed)(?!\w)|[:=,/])"
)
OF_WHAT: Final = r"(?:\s+(?:d'|(?:de|del|do|da|of|for)\s+)[^\W\d_]{3,15}(?!\w))"
BETWEEN: Final = rf"{OF_WHAT}?(?:\s*{LINK})?(?:\s*{MARKER})?(?:\s*{LINK}){{0,2}}(?:\s*{MARKER})?[\s:#]*"
"""What may stand between such a word and the value."""
SEPARATORS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("barra", "slash"), "/"),
    **dict.fromkeys(("guion", "guión", "guió", "traço", "traco", "hífen", "dash", "hyphen"), "-"),
}
"""Signs within a value, by their names in lower case."""
LEAD: Final = re.compile(
    r"\W*(?:(?:hola|buenas|hi|hello|hey|oi|ol[áa]|s[ií]|yes|yeah|yep|sim|claro|vale|ok|okay|sure|pues|a ver|mire|mira"
    r"|doncs|toma|tome|tenga?|t[ée]ns?|aqu[ií]|ac[áa]|ah[ií]|est[áa]n?|tiene[sn]?|va|here(?: it is| you go)?"
    r"|es|[ée]s|is|it'?s|é|el|la|lo|the|o|a|els|las?|los|este|esta|esto|aquest|aquesta|this|mi|my|meu|minha|meva"
    r"|n[uúù]mero|number|num|c[oó]digo|codi|code|dice|diu|diz|says|ser[ií]a|perd[oó]n?a?|sorry"
    r"|espera|espere|un momento|un moment|moment|gracias|gr[àa]cies|thanks"
    r"|home|hombre|se[ñn]or(?:a|ita)?|senyora?|senhora?|escolti|escolta|oiga|oye|olhe|olha|ora"
    r"|ent[ãa]o)(?![\w'])\W*){0,6}\Z",
    re.IGNORECASE,
)
"""What an answer may begin with, before the value."""
COUNTED: Final = re.compile(
    r"\s*(?:[€$£%]|(?:euros?|eur|d[óo]lares|dollars|pesos|reais|pounds|quid|libras?|lliures|c[eè]ntims|c[eé]ntimos"
    r"|d[ií]as?|dies|days?|semanas?|setmanes|weeks?|mes(?:es|os)?|months?|a[ñn]os?|anys?|years?|horas?|hores|hours?"
    r"|min(?:ut[oe]?s)?|segundos|segons|seconds|veces|vegades|vezes|times|personas?|persones|pessoas|people|mil|milions"
    r"|por ciento|per cent|por cento|percent|noches|nits|noites|nights|kilos?|metros|metres|megas?|megues)(?!\w))",
    re.IGNORECASE,
)
"""What says that the number before it counts something."""
