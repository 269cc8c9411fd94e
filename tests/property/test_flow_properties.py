"""What must hold of the whole flow, however its records are read, gathered into batches and repeated."""

from collections.abc import Iterable
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.times import rfc3339
from schemas.topics import DECIDED, JOURNEY, MESSAGES, TRANSCRIPTS
from streams.runtime.analysis import analyze
from streams.runtime.dead_letters import dead_letter_topic
from streams.runtime.log import LogRecord
from streams.runtime.recording import Recorded
from streams.runtime.score_stage import BatchLimits
from streams.runtime.scored_log import DECODERS
from tests.fakes import WordScorer
from tests.simulated_flow import DEFAULTS, SHELF, poured

START_MS = 1_772_442_000_000

TEXTS = (
    "hello",
    "I am furious",
    "furious, get me a human",
    "wonderful, thank you",
    "a human please",
    "",
    "this is the third time",
    "explode",
)
KINDS = (
    "bot_no_match", "bot_no_match", "bot_no_match", "bot_no_match", "queued", "answered", "transferred",
    "human_requested", "ended", "abandoned", "agent_note",
)  # fmt: skip

Decided = dict[str, list[dict[str, Any]]]
"""All that was decided, by conversation and in order."""


@st.composite
def conversations(draw: st.DrawFn, name: str) -> list[Recorded]:
    """One conversation as the input topics have it, in the order of its record times."""
    records: list[Recorded] = []
    time_ms = START_MS + draw(st.integers(0, 5)) * 1_000
    spoken = draw(st.booleans())
    for number in range(draw(st.integers(1, 12))):
        time_ms += draw(st.sampled_from([0, 1, 400, 5_000, 40_000, 20 * 60_000]))
        # What is said may be late on its way, and so in another order than it was said in.
        at_ms = time_ms - draw(st.sampled_from([0, 0, 0, 200, 30_000]))
        what = draw(st.sampled_from(["customer"] * 4 + ["event"] * 4 + ["bot", "agent", "poison"]))
        shared = {"conversation_id": name, "channel": "voice" if spoken else "webchat"}
        values: list[dict[str, Any] | bytes]
        if what == "poison":
            topic, values = draw(st.sampled_from([MESSAGES, TRANSCRIPTS, JOURNEY])), [f"{{{name}-{number}".encode()]
        elif what == "event":
            event = {"event_id": f"{name}-e{number}", "kind": draw(st.sampled_from(KINDS)), "at": rfc3339(at_ms)}
            topic, values = JOURNEY, [shared | event]
        elif spoken:
            topic, values = TRANSCRIPTS, [shared | each for each in _heard(draw, f"{name}-s{number}", what, at_ms)]
        else:
            message = {"message_id": f"{name}-m{number}", "role": what, "sent_at": rfc3339(at_ms)}
            topic, values = MESSAGES, [shared | message | {"text": draw(st.sampled_from(TEXTS))}]
        for value in values:
            payload = value if isinstance(value, bytes) else orjson.dumps(value)
            records.append(Recorded(topic, name.encode(), payload, time_ms))
    return records


def _heard(draw: st.DrawFn, segment_id: str, role: str, end_ms: int) -> list[dict[str, Any]]:
    """A segment as the recogniser tells it: at times in parts, each of which may still change."""
    revisions = draw(st.integers(1, 3))
    # Some recognisers count revisions of parts only: the final text has the number of the last part.
    counted = draw(st.booleans())
    return [
        {
            "segment_id": segment_id,
            "role": role,
            "text": draw(st.sampled_from(TEXTS)),
            "is_final": revision == revisions - 1,
            "revision": revision if counted else min(revision, max(0, revisions - 2)),
            "begin_ms": 0,
            "end_ms": 2_000,
            "started_at": rfc3339(end_ms - 2_000),
        }
        for revision in range(revisions)
    ]


@st.composite
def doubled(draw: st.DrawFn, records: list[Recorded]) -> list[Recorded]:
    """The same records, of which some come once more, at once or later."""
    repeats = []
    for index in draw(st.lists(st.integers(0, len(records) - 1), max_size=10)):
        record = records[index]
        later_ms = record.timestamp_ms + draw(st.sampled_from([0, 1_000, 60_000, 3_600_000]))
        repeats.append(Recorded(record.topic, record.key, record.value, later_ms))
    return sorted([*records, *repeats], key=lambda record: record.timestamp_ms)


def analysed(records: list[Recorded]) -> list[Recorded]:
    """What the plain reading makes of them: one process, no log, batches of its own."""
    return list(
        analyze(
            records,
            scorer=WordScorer,
            catalogue=SHELF.digest,
            catalogue_of=SHELF.by_digest,
            defaults=DEFAULTS,
            close_all=True,
        )
    )


def decided(records: Iterable[LogRecord | Recorded]) -> Decided:
    found: Decided = {}
    for record in records:
        found.setdefault((record.key or b"").decode(), []).append(orjson.loads(record.value or b""))
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(1, 4).flatmap(lambda count: st.tuples(*(conversations(f"c{number}") for number in range(count)))),
    st.data(),
    st.integers(1, 3),
    st.builds(
        BatchLimits,
        texts=st.integers(1, 64),
        linger_s=st.sampled_from([0.0, 0.005, 0.1]),
        waiting=st.integers(1, 30),
        lane=st.integers(1, 30),
    ),
    st.integers(0, 2**32),
)
def test_batches_duplicates_and_neighbours_change_nothing(
    alone: tuple[list[Recorded], ...], data: st.DataObject, partitions: int, limits: BatchLimits, seed: int
) -> None:
    together = data.draw(doubled(sorted((r for each in alone for r in each), key=lambda record: record.timestamp_ms)))
    log = poured(together, partitions, limits, seed)
    singly = [record for each in alone for record in analysed(each)]
    for topic in DECIDED:
        expected = decided(record for record in singly if record.topic == topic)
        assert decided(record for record in analysed(together) if record.topic == topic) == expected
        assert decided(log.topic(topic)) == expected
    for topic in map(dead_letter_topic, DECODERS):
        buried = {record.value for record in singly if record.topic == topic}
        assert {record.value for record in log.topic(topic)} == buried
