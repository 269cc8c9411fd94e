"""From a scored utterance to the turn that the core keeps.

Everything that needs the full text is looked up here, once: the text itself is let go, except for the words that may
become evidence.
"""

import hashlib
import re
from array import array
from typing import Final
from zlib import crc32

from schemas.labels import CUES, EMOTIONS, INTENTS
from schemas.scored import CaseReference, Scored, Span
from streams.core.catalogue import Catalogue
from streams.core.critical_events import OTHER, Events
from streams.core.phrases import folded
from streams.core.turn import EVIDENCE_LIMIT, CaseRef, Turn, Words

_EMOTIONS: Final = frozenset(EMOTIONS)
_INTENTS: Final = frozenset(INTENTS)
_CUES: Final = frozenset(CUES)
_SPANS_KEPT: Final = 4
_CASES_KEPT: Final = 3
_LABEL_LIMIT: Final = 64
_STEM: Final = 5
_STEMS_KEPT: Final = 16
_STEMS_TEXT: Final = 400
_WORD: Final = re.compile(r"[a-z]{4,}|\d{3,}")


def read_turn(event: Scored, *, seq: int, at_ms: int, time_ms: int, catalogue: Catalogue, events: Events) -> Turn:
    """The turn of an utterance.

    Args:
        at_ms: its own time.
        time_ms: its conversation's clock when it was applied.
        events: the critical events in force for its tenant and industry.
    """
    text = event.text or ""
    role = event.role or "customer"
    intents = _known(event.intents_present, _INTENTS)
    cues = _known(event.cues_present, _CUES)
    emotions = _known(event.emotions_present, _EMOTIONS)
    language = event.language or "und"
    customer = role == "customer"
    plain = ""
    if _needs_text(role, intents, cues):
        plain = folded(text)
    name = None
    if customer and (intents or cues):
        name = _critical(intents or (), cues or (), plain, language, events)
    wordings = catalogue.wordings
    turn = Turn(
        tag="u",
        seq=seq,
        message_id=event.message_id or "",
        revision=event.source.revision or 0,
        role=role,
        final=event.source.is_final is not False,
        at_ms=at_ms,
        time_ms=time_ms,
        agent=event.agent_id[:_LABEL_LIMIT] if event.agent_id else None,
        language=language,
        sentiment=event.sentiment,
        valence=event.valence,
        arousal=event.arousal,
        intensity=event.intensity,
        emotions=emotions,
        leads=_leading(event.emotions, emotions),
        intents=intents,
        cues=cues,
        chances=_chances(event, emotions, intents, cues) if customer else {},
        confidence=event.confidence,
        abstain=bool(event.abstain),
        degraded=bool(event.degraded),
        topic=event.topic[:_LABEL_LIMIT] if event.topic and customer else None,
        case_refs=_cases(event.case_refs) if event.case_refs and customer else (),
        words=_words(text, event.spans or ()) if customer else (),
        sketch=_sketch(event.sketch),
        stems="" if role == "agent" else _stems(plain or folded(text)),
        digest="" if customer else hashlib.blake2b(text.encode(), digest_size=6).hexdigest(),
        event=name,
        filed=bool(plain) and customer and wordings.filed.found(plain, language),
        times=_times(plain, language, catalogue) if customer and cues and "repeat_contact" in cues else 0,
        beyond_bot=role == "bot"
        and bool(plain)
        and wordings.cannot_do.found(plain, language)
        and not wordings.not_understood.found(plain, language),
    )
    return _adjusted(turn, catalogue) if customer else turn


def _needs_text(role: str, intents: tuple[str, ...] | None, cues: tuple[str, ...] | None) -> bool:
    if role == "customer":
        return bool(intents or cues)
    return role == "bot" and cues is not None and "cannot_help" in cues


def _known(present: tuple[str, ...] | None, known: frozenset[str]) -> tuple[str, ...] | None:
    if present is None:
        return None
    return tuple(label for label in dict.fromkeys(present) if label in known)


def _leading(chances: dict[str, float] | None, present: tuple[str, ...] | None) -> str | None:
    """The most probable emotion that is present; ties go to the order of the labels."""
    if not present:
        return None
    if len(present) == 1 or chances is None:
        return present[0]
    return max((label for label in EMOTIONS if label in present), key=lambda label: chances.get(label, 0.0))


def _chances(
    event: Scored,
    emotions: tuple[str, ...] | None,
    intents: tuple[str, ...] | None,
    cues: tuple[str, ...] | None,
) -> dict[str, float]:
    """Probabilities of the labels that are present: `emotions.anger` and so on."""
    found = {}
    for kind, chances, present in (
        ("emotions", event.emotions, emotions),
        ("intents", event.intents, intents),
        ("cues", event.cues, cues),
    ):
        if chances is not None and present:
            for label in present:
                chance = chances.get(label)
                if chance is not None:
                    found[f"{kind}.{label}"] = chance
    return found


def _adjusted(turn: Turn, catalogue: Catalogue) -> Turn:
    """Intensity as product.md M1 reads it: cold contempt is 3, dry irony alone is 2."""
    if turn.intensity is None:
        return turn
    types = catalogue.moments
    if turn.intensity < types.lift_to and types.lift.holds(turn):
        return turn._replace(intensity=types.lift_to)
    if turn.intensity > types.limit_to and types.limit.holds(turn):
        return turn._replace(intensity=types.limit_to)
    return turn


def _critical(intents: tuple[str, ...], cues: tuple[str, ...], plain: str, language: str, events: Events) -> str | None:
    """Name of the critical event that the utterance tells, most specific entry first; None if it tells none."""
    heard = "critical_event" in cues
    stake = "high_stakes" in cues
    for name, event in events.items():
        if event.told == "plainly" or heard or (event.told == "with_stake" and stake):
            worded = event.phrases is not None and event.phrases.found(plain, language)
            # Where the scorer hears a critical event, the wording alone tells which; else the intent must fit too.
            meant = not event.intents or not event.intents.isdisjoint(intents)
            if (worded and (heard or meant)) or (event.phrases is None and meant):
                return name
    return OTHER if heard else None


def _times(plain: str, language: str, catalogue: Catalogue) -> int:
    for count, phrases in catalogue.wordings.times:
        if phrases.found(plain, language):
            return count
    return 0


def _cases(references: tuple[CaseReference, ...]) -> tuple[CaseRef, ...]:
    return tuple(
        CaseRef(reference.kind[:_LABEL_LIMIT], reference.value[:_LABEL_LIMIT], reference.begin, reference.end)
        for reference in references[:_CASES_KEPT]
    )


def _words(text: str, spans: tuple[Span, ...]) -> tuple[Words, ...]:
    """Charged spans of the scorer, and the sentence that stands where none fits."""
    found: list[Words] = []
    for span in spans:
        if len(found) == _SPANS_KEPT:
            break
        begin, end = span.begin, min(span.end, span.begin + EVIDENCE_LIMIT)
        if begin < end <= len(text):
            # A negated phrase says the opposite of its words.
            polarity = -1 if (span.polarity == "negative") != span.negated else 1
            found.append(Words(begin, end, text[begin:end], polarity))
    begin = len(text) - len(text.lstrip())
    sentence = text[begin : begin + EVIDENCE_LIMIT].rstrip()
    if sentence:
        found.append(Words(begin, begin + len(sentence), sentence, 0))
    return tuple(found)


def _stems(plain: str) -> str:
    """The first letters of the longer words, each as 16 bits in hexadecimal: enough to tell shared words."""
    stems = dict.fromkeys(word[:_STEM] for word in _WORD.findall(plain[:_STEMS_TEXT]))
    return "".join(f"{crc32(stem.encode()) & 0xFFFF:04x}" for stem in list(stems)[:_STEMS_KEPT])


def _sketch(sketch: tuple[int, ...] | None) -> str:
    if sketch is None or len(sketch) > 256:
        return ""
    return array("b", sketch).tobytes().hex()
