"""What must hold of the core for every stream of events."""

from collections.abc import Iterable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.labels import CUES, EMOTIONS, INTENTS
from schemas.scored import Scored
from streams.core.state import STATE_LIMIT, ConversationState, decode_state, encode_state
from streams.core.step import Output, step
from tests.conversations import MINUTE, START_MS, journey, shipped, tick, utterance

APPENDED_MS = START_MS + 100 * 24 * 60 * MINUTE
SCORED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

JOURNEYS = (
    "queued", "answered", "bot_no_match", "transferred", "hold_started", "hold_ended", "ended", "abandoned",
    "human_requested", "agent_note",
)  # fmt: skip

labels = {
    "sentiment": st.sampled_from(["negative", "neutral", "positive", "negative", None]),
    "intensity": st.sampled_from([0, 1, 2, 3, 3, None]),
    "emotions": st.none() | st.lists(st.sampled_from(EMOTIONS), max_size=3, unique=True).map(tuple),
    "intents": st.none() | st.lists(st.sampled_from(INTENTS), max_size=3, unique=True).map(tuple),
    "cues": st.lists(st.sampled_from(CUES), max_size=3, unique=True).map(tuple),
    "arousal": st.sampled_from([0.1, 0.9, None]),
    "abstain": st.sampled_from([False, False, False, True]),
    "degraded": st.booleans(),
    "language": st.sampled_from(["es", "ca", "en", "pt", "mixed", "und"]),
}


@st.composite
def streams(draw: st.DrawFn, conversation: str = "c1", longest: int = 14) -> list[Scored]:
    """Utterances with few ids (so that some repeat or are revised), journey events and ticks, out of order at times."""
    events: list[Scored] = []
    at_ms = START_MS
    for index in range(draw(st.integers(1, longest))):
        at_ms += draw(st.sampled_from([0, 5_000, 40_000, 20 * MINUTE, 100 * MINUTE, -30_000]))
        what = draw(st.sampled_from(["customer", "customer", "customer", "bot", "agent", "journey", "tick"]))
        if what == "tick":
            events.append(tick(at_ms, conversation=conversation))
        elif what == "journey":
            kind = draw(st.sampled_from(JOURNEYS))
            events.append(journey(f"e{index}", kind, at_ms=at_ms, conversation=conversation))
        else:
            scores: dict[str, Any] = {name: draw(strategy) for name, strategy in labels.items()}
            revision = draw(st.sampled_from([0, 0, 1, 2]))
            events.append(
                utterance(
                    f"m{draw(st.integers(0, 9))}",
                    draw(st.sampled_from(["", "hola", "No puedo ayudarte", "😡" * 300, "tercera vez"])),
                    role=what,
                    at_ms=at_ms,
                    conversation=conversation,
                    channel=draw(st.sampled_from(["voice", "webchat"])),
                    agent_id=draw(st.sampled_from(["a1", "a2", None])),
                    industry=draw(st.sampled_from([None, None, "banking", "airline"])),
                    source={"topic": "x", "revision": revision, "is_final": draw(st.booleans()) or revision == 2},
                    **scores,
                )
            )
    return events


def played(
    events: Iterable[Scored], state: ConversationState | None = None
) -> tuple[ConversationState | None, list[Output]]:
    outputs: list[Output] = []
    for event in events:
        done = step(state, event, APPENDED_MS, shipped())
        state = done.state
        outputs.extend(done.outputs)
    return state, outputs


@SCORED
@given(streams(), st.data())
def test_duplicates_change_nothing(events: list[Scored], data: st.DataObject) -> None:
    once = played(events)
    doubled: list[Scored] = []
    for index, event in enumerate(events):
        doubled.append(event)
        if event.kind != "tick":
            doubled.append(event)
        # Something heard earlier comes once more.
        earlier = [each for each in events[: index + 1] if each.kind != "tick"]
        if earlier and data.draw(st.booleans()):
            doubled.append(data.draw(st.sampled_from(earlier)))
    assert played(doubled) == once


@SCORED
@given(streams("c1"), streams("c2"), st.randoms(use_true_random=False))
def test_conversations_do_not_disturb_each_other(one: list[Scored], other: list[Scored], random: Any) -> None:
    states: dict[str, ConversationState] = {}
    outputs: dict[str, list[Output]] = {"c1": [], "c2": []}
    queues = {"c1": list(one), "c2": list(other)}
    while queues["c1"] or queues["c2"]:
        name = random.choice([name for name, queue in queues.items() if queue])
        done = step(states.get(name), queues[name].pop(0), APPENDED_MS, shipped())
        states[name] = done.state
        outputs[name].extend(done.outputs)
        assert {output.key for output in done.outputs} <= {name}
    for name, events in (("c1", one), ("c2", other)):
        assert (states[name], outputs[name]) == played(events)


@SCORED
@given(streams(), st.data())
def test_a_stream_cut_anywhere_gives_the_same(events: list[Scored], data: st.DataObject) -> None:
    state: ConversationState | None = None
    outputs: list[Output] = []
    for event in events:
        done = step(state, event, APPENDED_MS, shipped())
        outputs.extend(done.outputs)
        state = done.state
        if data.draw(st.booleans()):
            state = decode_state(encode_state(state))
            assert state == done.state
    assert (state, outputs) == played(events)


@SCORED
@given(streams(longest=25))
def test_outputs_are_valid_have_ids_of_their_own_and_states_are_bounded(events: list[Scored]) -> None:
    state, outputs = played(events)
    assert state is not None
    assert len(encode_state(state)) <= STATE_LIMIT
    ids = [output.record.value()["record_id"] for output in outputs]
    assert len(ids) == len(set(ids))
    for output in outputs:
        assert type(output.record).decode(output.record.encode()) == output.record


@SCORED
@given(streams(), st.integers(0, 200 * MINUTE))
def test_a_tick_at_any_lower_time_changes_nothing(events: list[Scored], back_ms: int) -> None:
    state, _ = played(events)
    assert state is not None
    done = step(state, tick(state.clock_ms - back_ms), APPENDED_MS, shipped())
    assert (done.state, done.outputs) == (state, ())


@SCORED
@given(streams())
def test_ticks_between_events_change_neither_outputs_nor_state(events: list[Scored]) -> None:
    """A deadline fires at its own time: whether a tick notices it first does not show."""
    ordered = sorted((event for event in events if event.kind != "tick"), key=lambda event: event.at)
    # A repeat changes nothing, not even that time has passed: so none stands here.
    ordered = [
        event.changed(message_id=f"u{index}") if event.kind == "utterance" else event
        for index, event in enumerate(ordered)
    ]
    ticked: list[Scored] = []
    for event in ordered:
        ticked.extend((tick_before(event), event))
    assert played(ticked) == played(ordered)


def tick_before(event: Scored) -> Scored:
    return event.from_value(
        {name: event.value()[name] for name in ("catalogue", "conversation_id", "at", "source")} | {"kind": "tick"}
    )


@SCORED
@given(streams(longest=25))
def test_moments_live_by_their_phases(events: list[Scored]) -> None:
    """opened, updated, then recovered, lost, closed or retracted; a corrected transcript may take an end back."""
    _, outputs = played(events)
    phases: dict[str, list[str]] = {}
    for output in outputs:
        if output.topic == "cx.moments":
            record = output.record.value()
            phases.setdefault(record["moment_id"], []).append(record["phase"])
    revised = any(event.source.revision for event in events if event.kind == "utterance")
    for course in phases.values():
        assert course[0] == "opened"
        if not revised:
            assert set(course[1:-1]) <= {"updated"}
            assert course.count("opened") == 1


@SCORED
@given(streams(longest=25))
def test_after_the_last_deadline_everything_is_closed(events: list[Scored]) -> None:
    state, outputs = played(events)
    done = step(state, tick(APPENDED_MS), APPENDED_MS, shipped())
    assert done.state.closed
    assert not any(incident.open for incident in done.state.now.incidents)
    assert not any(route.open for route in done.state.now.routes)
    assert not any(each.state == "open" for each in done.state.now.escalations)
    assert all(each.held_until is None for each in done.state.told)
    summaries = [output for output in (*outputs, *done.outputs) if output.topic == "cx.conversations"]
    revisions = [output.record.value()["revision"] for output in summaries]
    assert revisions == sorted(set(revisions))
