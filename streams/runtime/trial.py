"""Labelled conversations through the whole flow: what the detector makes of each."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from schemas.outputs import Escalation, Moment, Routing
from schemas.record import Record
from schemas.scored import Scored
from schemas.times import epoch_ms
from schemas.topics import ESCALATIONS, MOMENTS, ROUTING, SCORED
from streams.core.catalogue import Catalogue
from streams.core.settings import REASONS
from streams.runtime.analysis import analyze
from streams.runtime.judging import Detected, Judged, Opened, judged
from streams.runtime.labelled import Labelled, records_of, turn_at
from streams.runtime.recording import Recorded
from streams.runtime.scored_log import TextScorer

START_MS: Final = 1_767_261_600_000
"""When every conversation starts: 2026-01-01 10:00 UTC. Each has its own clock, so that they may all start at once."""

_READ: Final[dict[str, type[Record]]] = {MOMENTS: Moment, ROUTING: Routing, ESCALATIONS: Escalation, SCORED: Scored}


class TrialError(ValueError):
    """The kept scores are not those of the labelled conversations; the message says what to do."""


@dataclass(slots=True)
class _Seen:
    opened: list[Opened] = field(default_factory=list)
    handoffs: set[str] = field(default_factory=set)
    areas: set[str] = field(default_factory=set)
    case_refs: set[str] = field(default_factory=set)

    def see(self, record: Record) -> None:
        match record:
            case Moment(phase="opened"):
                self.opened.append(Opened(record.type, turn_at(epoch_ms(record.at), START_MS)))
            case Routing(action="handoff_to_human", status="raised"):
                self.handoffs.add(record.reason)
            case Escalation(status="raised"):
                self.areas.add(record.target_area)
            case Scored(case_refs=references) if references:
                self.case_refs.update(reference.value for reference in references)

    def detected(self) -> Detected:
        return Detected(
            opened=tuple(self.opened),
            handoff=next((reason for reason in REASONS if reason in self.handoffs), None),
            areas=frozenset(self.areas),
            case_refs=frozenset(self.case_refs),
        )


def scored_log(
    conversations: Iterable[Labelled],
    *,
    scorer: Callable[[], TextScorer],
    catalogue: Catalogue,
) -> Iterator[Recorded]:
    """The conversations as entries of `cx.scored`, as the score stage would write them."""
    lines = [line for conversation in conversations for line in records_of(conversation, START_MS)]
    if not lines:
        return
    # In a recording, as in a topic, what stands later happened later.
    lines.sort(key=lambda line: line.timestamp_ms)
    done = analyze(lines, scorer=scorer, catalogue=catalogue.digest, catalogue_of=lambda _: catalogue)
    yield from (line for line in done if line.topic == SCORED)


def judge_log(conversations: Sequence[Labelled], log: Iterable[Recorded], catalogue: Catalogue) -> list[Judged]:
    """What the rules of `catalogue` make of the entries of `cx.scored`, whatever catalogue these name.

    Raises:
        TrialError: entries of a conversation are missing.
    """
    wanted = {conversation.id.encode(): _Seen() for conversation in conversations}
    lines = [line for line in log if line.topic == SCORED and line.key in wanted]
    missing = wanted.keys() - {line.key for line in lines}
    if missing:
        raise TrialError(
            f"the kept scores lack {len(missing)} of {len(wanted)} conversations: keep them again from these files"
        )
    if not lines:
        return []
    outputs = analyze(lines, scorer=_no_scorer, catalogue=catalogue.digest, catalogue_of=lambda _: catalogue)
    for recorded in (*lines, *outputs):
        seen = wanted.get(recorded.key or b"")
        if seen is not None and recorded.topic in _READ:
            seen.see(_READ[recorded.topic].decode(recorded.value or b""))
    return [judged(each, wanted[each.id.encode()].detected()) for each in conversations]


def _no_scorer() -> TextScorer:
    raise TrialError("entries of cx.scored need no scorer")
