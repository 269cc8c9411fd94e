"""What a conversation has added up to: counts, languages, cases, stakes."""

from typing import Final, NamedTuple

from streams.core.clauses import any_holds
from streams.core.moment_types import MomentTypes
from streams.core.turn import CaseRef, Turn

_CASES_KEPT: Final = 5
_INTENTS_KEPT: Final = 8
# Manners of speaking say nothing about the matter; illness, bereavement and debt stay off routing (product.md A2).
_NOT_FACTS: Final = frozenset(
    {
        "greeting",
        "affirm",
        "deny",
        "insult",
        "praise_or_thanks",
        "urgency",
        "talk_to_human",
        "bereavement_or_illness",
        "payment_difficulty",
    }
)
_PRIVATE_TOPICS: Final = frozenset({"life_event", "payment_difficulty"})


class Tally(NamedTuple):
    """`counts` and `counted_seqs`: for each rule that needs several turns, how many there were, and the last one.

    `last_*` tell the last customer turn that is no formula; `last_seq` and `last_id` the last customer turn.
    `accepted_seq` is the last turn in which the customer accepted or thanked, or -1.
    """

    turns: int
    repeats: int
    languages: tuple[tuple[str, int], ...]
    language: str
    case_refs: tuple[CaseRef, ...]
    topic: str | None
    intents: tuple[str, ...]
    stakes: bool
    repeat: bool
    times: int
    counts: tuple[tuple[str, int], ...]
    counted_seqs: tuple[tuple[str, int], ...]
    strongest: int
    last_negative: int
    last_accepts: bool
    accepted_seq: int
    last_seq: int
    last_id: str | None
    last_abstain: bool
    last_degraded: bool
    left: bool


NOTHING: Final = Tally(
    turns=0, repeats=0, languages=(), language="und", case_refs=(), topic=None, intents=(), stakes=False,
    repeat=False, times=0, counts=(), counted_seqs=(), strongest=0, last_negative=0, last_accepts=False,
    accepted_seq=-1, last_seq=-1, last_id=None, last_abstain=False, last_degraded=False, left=False,
)  # fmt: skip


def tally_after(tally: Tally, turn: Turn, types: MomentTypes) -> Tally:
    """The tally after a customer turn. Partial transcripts only name the last utterance."""
    if not turn.final:
        return tally._replace(
            last_seq=turn.seq,
            last_id=turn.message_id,
            last_abstain=turn.abstain,
            last_degraded=turn.degraded,
        )
    personal = turn.personal
    formula = turn.has_cue("formula")
    counts, counted_seqs = tally.counts, tally.counted_seqs
    topic, intents = tally.topic, tally.intents
    if personal:
        for rule in types.rules.values():
            if rule.turns > 1 and any_holds(rule.when, turn):
                counts = counted(counts, rule.type, count_of(counts, rule.type) + 1)
                counted_seqs = counted(counted_seqs, rule.type, turn.seq)
        if turn.topic is not None and turn.topic not in _PRIVATE_TOPICS:
            topic = turn.topic
        if turn.intents:
            new = [name for name in turn.intents if name not in intents and name not in _NOT_FACTS]
            intents = (*intents, *new)[:_INTENTS_KEPT]
    judged = personal and not formula
    accepts = judged and any_holds(types.accepts, turn)
    return Tally(
        turns=tally.turns + 1,
        repeats=tally.repeats + (personal and turn.has_cue("repeat_contact")),
        languages=_spoken(tally.languages, turn.language),
        language=turn.language if turn.language != "und" else tally.language,
        case_refs=_cases(tally.case_refs, turn.case_refs) if turn.case_refs else tally.case_refs,
        topic=topic,
        intents=intents,
        stakes=tally.stakes or (personal and turn.has_cue("high_stakes")),
        repeat=tally.repeat or (personal and turn.has_cue("repeat_contact")),
        times=max(tally.times, turn.times) if personal else tally.times,
        counts=counts,
        counted_seqs=counted_seqs,
        strongest=max(tally.strongest, turn.negative) if personal else tally.strongest,
        last_negative=turn.negative if judged else tally.last_negative,
        last_accepts=accepts if judged else tally.last_accepts,
        accepted_seq=turn.seq if accepts else tally.accepted_seq,
        last_seq=turn.seq,
        last_id=turn.message_id,
        last_abstain=turn.abstain,
        last_degraded=turn.degraded,
        # Who accepts after having left has been won back.
        left=not accepts and (tally.left or (personal and any_holds(types.leaves, turn))),
    )


def count_of(counts: tuple[tuple[str, int], ...], name: str) -> int:
    """The count of `name`, 0 if there is none."""
    for known, count in counts:
        if known == name:
            return count
    return 0


def counted(counts: tuple[tuple[str, int], ...], name: str, count: int) -> tuple[tuple[str, int], ...]:
    """The counts with `name` set."""
    return (*(pair for pair in counts if pair[0] != name), (name, count))


def _spoken(languages: tuple[tuple[str, int], ...], language: str) -> tuple[tuple[str, int], ...]:
    if language == "und":
        return languages
    return counted(languages, language, count_of(languages, language) + 1)


def main_language(tally: Tally) -> str:
    """The language of most customer turns, the last one spoken on a tie; `und` if none is known."""
    best, most = tally.language, count_of(tally.languages, tally.language)
    for language, count in tally.languages:
        if count > most:
            best, most = language, count
    return best


def _cases(known: tuple[CaseRef, ...], named: tuple[CaseRef, ...]) -> tuple[CaseRef, ...]:
    """Each case once, the one named last at the end."""
    values = {(case.kind, case.value) for case in named}
    return (*(case for case in known if (case.kind, case.value) not in values), *named)[-_CASES_KEPT:]
