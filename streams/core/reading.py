"""From a scored utterance to the turn that the core keeps.

Everything that needs the full text is looked up here, once: the text itself is let go, except for the words that may
become evidence.
"""

import hashlib
import re
from array import array
from typing import Final
from zlib import crc32

from schemas.inputs import Role
from schemas.labels import CUES, EMOTIONS, INTENTS
from schemas.scored import CaseReference, Scored, Span
from streams.core.catalogue import Catalogue
from streams.core.clauses import any_holds
from streams.core.critical_events import OTHER, Events
from streams.core.moment_types import MomentTypes
from streams.core.phrases import Wordings, folded
from streams.core.turn import EVIDENCE_LIMIT, LEAST_CHANCE, NEGATIVE, STEM_DIGITS, STEMS_KEPT, CaseRef, Turn, Words

_EMOTIONS: Final = frozenset(EMOTIONS)
_INTENTS: Final = frozenset(INTENTS)
_CUES: Final = frozenset(CUES)
_SPANS_KEPT: Final = 4
_CASES_KEPT: Final = 3
_LABEL_LIMIT: Final = 64
_STEM: Final = 5
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
    chances = _chances(event) if role != "agent" else {}
    plain = folded(text) if role != "agent" else ""
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
        chances=chances,
        confidence=event.confidence,
        abstain=bool(event.abstain),
        degraded=bool(event.degraded),
        topic=event.topic[:_LABEL_LIMIT] if event.topic and customer else None,
        case_refs=_cases(event.case_refs) if event.case_refs and customer else (),
        words=_words(text, event.spans or ()) if customer else (),
        sketch=_sketch(event.sketch),
        stems="" if role == "agent" else _stems(plain),
        digest="" if customer else hashlib.blake2b(text.encode(), digest_size=6).hexdigest(),
        event=None,
        filed=customer and bool(intents or cues) and wordings.filed.found(plain, language),
        said=_said(plain, language, wordings, role),
        times=_times(plain, language, wordings) if customer and "cues.repeat_contact" in chances else 0,
    )
    if not customer:
        return turn
    name = _critical(turn, plain, catalogue.moments, events)
    return _adjusted(turn if name is None else turn._replace(event=name), catalogue)


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


def _chances(event: Scored) -> dict[str, float]:
    """Probabilities that rules may look at: `emotions.anger` and so on, and that of a negative sentiment."""
    found = {}
    for kind, chances, known in (
        ("emotions", event.emotions, _EMOTIONS),
        ("intents", event.intents, _INTENTS),
        ("cues", event.cues, _CUES),
    ):
        if chances is not None:
            for label, chance in chances.items():
                if chance >= LEAST_CHANCE and label in known:
                    found[f"{kind}.{label}"] = chance
    negative = (event.sentiment_probabilities or {}).get("negative", 0.0)
    if negative >= LEAST_CHANCE:
        found[NEGATIVE] = negative
    return found


def _adjusted(turn: Turn, catalogue: Catalogue) -> Turn:
    """Intensity as product.md M1 reads it: cold contempt is 3, dry irony alone is 2."""
    if turn.intensity is None:
        return turn
    types = catalogue.moments
    if turn.intensity < types.lift_to and any_holds(types.lift, turn):
        return turn._replace(intensity=types.lift_to)
    if turn.intensity > types.limit_to and types.limit.holds(turn):
        return turn._replace(intensity=types.limit_to)
    return turn


def _critical(turn: Turn, plain: str, types: MomentTypes, events: Events) -> str | None:
    """Name of the critical event that the utterance tells, most specific entry first; None if it tells none."""
    rule = types.rules["critical_event"]
    heard = any_holds(rule.heard, turn)
    hinted = heard or any_holds(rule.hinted, turn)
    stake = turn.has_cue("high_stakes")
    intents = turn.intents or ()
    for name, event in events.items():
        by_hint = hinted if event.told == "as_event" else heard
        if event.told == "plainly" or by_hint or (event.told == "with_stake" and stake):
            worded = event.phrases is not None and event.phrases.found(plain, turn.language)
            # Where the scorer hears a critical event, the wording alone tells which; else the intent must fit too.
            meant = not event.intents or not event.intents.isdisjoint(intents)
            if (worded and (by_hint or meant)) or (event.phrases is None and meant):
                return name
    return OTHER if heard else None


def _said(plain: str, language: str, wordings: Wordings, role: Role) -> tuple[str, ...]:
    if role == "agent":
        return ()
    return (wordings.said if role == "customer" else wordings.bot_said).found(plain, language)


def _times(plain: str, language: str, wordings: Wordings) -> int:
    for count, phrases in wordings.times:
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
    return "".join(f"{crc32(stem.encode()) & 0xFFFF:0{STEM_DIGITS}x}" for stem in list(stems)[:STEMS_KEPT])


def _sketch(sketch: tuple[int, ...] | None) -> str:
    if sketch is None or len(sketch) > 256:
        return ""
    return array("b", sketch).tobytes().hex()
