"""The whole flow without Kafka: recordings in, every downstream record out, in order, the same bytes every time."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeGuard

from schemas.inputs import JourneyEvent
from schemas.record import DecodeError
from schemas.scored import Scored
from schemas.times import rfc3339
from schemas.topics import SCORED
from streams.core.catalogue import Catalogue
from streams.core.state import ConversationState
from streams.core.step import Output, step
from streams.runtime.dead_letters import Stage, dead_letter_headers, dead_letter_topic
from streams.runtime.decision import DecisionError, decide
from streams.runtime.log import LogRecord, TopicPartition
from streams.runtime.prosody import Use
from streams.runtime.recording import Recorded
from streams.runtime.scored_log import DECODERS, Input, LogContext, ScoringError, TextScorer, entries_of

_BATCH: Final = 256


class AnalysisError(ValueError):
    """A recording cannot be analysed; the message says what to record or pass instead."""


@dataclass(frozen=True, slots=True)
class _Applied:
    state: ConversationState
    appended_ms: int
    order: int


def analyze(
    records: Iterable[Recorded],
    *,
    scorer: Callable[[], TextScorer],
    catalogue: str,
    catalogue_of: Callable[[str], Catalogue],
    defaults: Mapping[str, str] | None = None,
    prefix: str = "",
    close_all: bool = False,
    prosody: Use = "off",
) -> Iterator[Recorded]:
    """What the pipeline makes of a recording of input topics, or of `cx.scored`.

    Args:
        scorer: loads the scorer; not called for a recording of `cx.scored`.
        catalogue: digest of the catalogue in force, which raw records get.
        catalogue_of: the catalogue for a digest.
        defaults: tenant and industry of raw records that name none.
        prefix: what stands before the topic names in the recording.
        prosody: whose voice features may move arousal, in raw records.
        close_all: fire all deadlines at the end, also those due later than the recording's last timestamp.

    Raises:
        AnalysisError: the recording holds both input topics and `cx.scored`, or neither.
    """
    lines = [replace(line, topic=line.topic.removeprefix(prefix)) for line in records]
    topics = {line.topic for line in lines}
    raw = topics & set(DECODERS)
    if raw and SCORED in topics:
        raise AnalysisError(
            f"the recording holds {', '.join(sorted(raw))} and {SCORED}, which is made of them: "
            "record either the input topics or cx.scored"
        )
    if not raw and SCORED not in topics:
        raise AnalysisError(
            f"the recording holds no input: it needs {', '.join(DECODERS)}, or {SCORED} (it has "
            f"{', '.join(sorted(topics)) or 'no record at all'})"
        )
    if raw:
        inputs = [line for line in lines if line.topic in DECODERS]
        log = _scored(_merged(inputs), scorer(), LogContext(catalogue, defaults or {}, prosody))
    else:
        log = iter(_in_log_order([line for line in lines if line.topic == SCORED]))
    last_ms = max(line.timestamp_ms for line in lines)
    yield from _conversations(log, catalogue_of, last_ms, raw=bool(raw), close_all=close_all)


def _merged(lines: list[Recorded]) -> list[Recorded]:
    """By time, as the score stage merges: within a topic and partition the order stays, whatever the times say."""
    clocks: dict[tuple[str, int | None], int] = {}
    rank = {topic: index for index, topic in enumerate(DECODERS)}
    keyed = []
    for index, line in enumerate(_in_log_order(lines)):
        lane = (line.topic, line.partition)
        clocks[lane] = max(clocks.get(lane, line.timestamp_ms), line.timestamp_ms)
        keyed.append((clocks[lane], rank[line.topic], index, line))
    return [line for *_, line in sorted(keyed, key=lambda entry: entry[:3])]


def _in_log_order(lines: list[Recorded]) -> list[Recorded]:
    """Offsets rule within a partition; a recording without them is in order as it stands."""
    by_lane: dict[tuple[str, int | None], list[Recorded]] = {}
    for line in lines:
        by_lane.setdefault((line.topic, line.partition), []).append(line)
    for lane in by_lane.values():
        if all(line.offset is not None for line in lane):
            lane.sort(key=lambda line: line.offset or 0)
    places = {lane: iter(ordered) for lane, ordered in by_lane.items()}
    return [next(places[line.topic, line.partition]) for line in lines]


def _scored(lines: list[Recorded], scorer: TextScorer, context: LogContext) -> Iterator[Recorded]:
    for start in range(0, len(lines), _BATCH):
        decoded: list[tuple[Recorded, Input | DecodeError]] = []
        for line in lines[start : start + _BATCH]:
            try:
                decoded.append((line, DECODERS[line.topic].decode(line.value or b"")))
            except DecodeError as error:
                decoded.append((line, error))
        entries = iter(entries_of([record for _, record in decoded if _belongs(record)], scorer, context))
        for line, record in decoded:
            if isinstance(record, DecodeError):
                yield _buried(line, record, "VALUE_CONVERTER")
            elif _belongs(record):
                entry = next(entries)
                if isinstance(entry, Exception):
                    yield _buried(line, ScoringError(type(entry).__name__), "TRANSFORMATION")
                    continue
                scored, payload = entry
                yield Recorded(SCORED, scored.conversation_id.encode(), payload, line.timestamp_ms)


def _belongs(record: Input | DecodeError) -> TypeGuard[Input]:
    """Whether a record has a place in `cx.scored`."""
    if isinstance(record, JourneyEvent):
        return record.conversation_id is not None
    return not isinstance(record, DecodeError)


def _log_record(line: Recorded) -> LogRecord:
    headers = tuple((name, value or b"") for name, value in line.headers)
    at = TopicPartition(line.topic, line.partition or 0)
    return LogRecord(at, line.offset or 0, line.key, line.value, headers, line.timestamp_ms)


def _buried(line: Recorded, error: Exception, stage: Stage) -> Recorded:
    return replace(
        line,
        topic=dead_letter_topic(line.topic),
        headers=tuple(dead_letter_headers(_log_record(line), error, stage)),
        partition=None,
        offset=None,
    )


def _conversations(
    log: Iterator[Recorded],
    catalogue_of: Callable[[str], Catalogue],
    last_ms: int,
    *,
    raw: bool,
    close_all: bool,
) -> Iterator[Recorded]:
    states: dict[str, _Applied] = {}
    for order, line in enumerate(log):
        if line.topic != SCORED:
            yield line
            continue
        if raw:
            yield line
        try:
            event = Scored.decode(line.value or b"")
        except DecodeError as error:
            yield _buried(line, error, "VALUE_CONVERTER")
            continue
        known = states.get(event.conversation_id)
        before = (known.state, known.appended_ms) if known else None
        try:
            decision = decide(before, event, _log_record(line), catalogue_of, str)
        except DecisionError as error:
            yield _buried(line, error, "TRANSFORMATION")
            continue
        states[event.conversation_id] = _Applied(decision.state, decision.appended_ms, order)
        yield from _recorded(decision.outputs, line.timestamp_ms)
    for conversation_id, applied in sorted(states.items(), key=lambda entry: entry[1].order):
        yield from _at_the_end(conversation_id, applied, catalogue_of, last_ms, close_all=close_all)


def _at_the_end(
    conversation_id: str,
    applied: _Applied,
    catalogue_of: Callable[[str], Catalogue],
    last_ms: int,
    *,
    close_all: bool,
) -> Iterator[Recorded]:
    state = applied.state
    if state.closed or state.next_due_ms is None:
        return
    now_ms = state.clock_ms + max(0, last_ms - applied.appended_ms)
    if close_all:
        # Silence is the last deadline that emits: it closes the conversation. A marker's end emits nothing.
        now_ms = max(now_ms, state.silence_due_ms)
    if state.next_due_ms > now_ms:
        return
    tick = Scored.from_value(
        {
            "kind": "tick",
            "catalogue": state.catalogue,
            "conversation_id": conversation_id,
            "at": rfc3339(now_ms),
            "source": {"topic": SCORED},
        }
    )
    done = step(state, tick, now_ms, catalogue_of(state.catalogue))
    yield from _recorded(done.outputs, last_ms)


def _recorded(outputs: tuple[Output, ...], timestamp_ms: int) -> Iterator[Recorded]:
    for output in outputs:
        yield Recorded(output.topic, output.key.encode(), output.record.encode(), timestamp_ms)
