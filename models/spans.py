"""Charged phrases in a text, with negation (U5).

A negator up to three words before a phrase, in the same clause, turns it: "no estoy enfadado" carries no
anger and no charge, "no estoy contento" is mildly negative. "No solo" and its kin negate nothing. A phrase
that itself starts with a negator ("no funciona") is listed as such and is not turned again.
"""

import re
from collections.abc import Sequence
from typing import Final

from models.lexicon import STRONGEST, Entry, Lexicon, Match, Token, tokens_of
from models.score import Span

_REACH: Final = 3
_CLAUSE_END: Final = re.compile(r"[.,;:!?¡¿\n()]")
_CONTRAST: Final = frozenset(
    {"pero", "sino", "aunque", "but", "mas", "embora", "encara", "because", "porque", "perque", "que"}
)
_NOT_ONLY: Final = frozenset({"solo", "solamente", "sols", "nomes", "only", "just", "apenas", "so"})


def find_spans(text: str, lexicon: Lexicon) -> list[Span]:
    """Spans of `text` in reading order; what carries no charge (bare intents, blame denied) gives none."""
    tokens = tokens_of(text)
    spans = [
        _span(text, tokens, match, negated=is_negated(text, tokens, match, lexicon))
        for match in lexicon.find(tokens)
        if match.entry.valence
    ]
    return [span for span in spans if span["valence"]]


def is_negated(text: str, tokens: Sequence[Token], match: Match, lexicon: Lexicon) -> bool:
    """Whether a negator governs the phrase."""
    for at in range(match.first - 1, max(-1, match.first - 1 - _REACH), -1):
        if _CLAUSE_END.search(text, tokens[at].end, tokens[at + 1].begin) or tokens[at].word in _CONTRAST:
            return False
        if tokens[at].word in lexicon.negators:
            return tokens[at + 1].word not in _NOT_ONLY
    return False


def turned(entry: Entry) -> int:
    """Valence under negation, -3 to 3: praise denied is mild blame; blame denied is nothing."""
    return -max(1, entry.valence - 1) if entry.valence > 0 else 0


def _span(text: str, tokens: Sequence[Token], match: Match, *, negated: bool) -> Span:
    begin, end = tokens[match.first].begin, tokens[match.last].end
    valence = turned(match.entry) if negated else match.entry.valence
    return {
        "begin": begin,
        "end": end,
        "text": text[begin:end],
        "polarity": "negative" if valence < 0 else "positive",
        "valence": round(valence / STRONGEST, 2),
        "negated": negated,
        "labels": [] if negated else list(match.entry.labels),
    }
