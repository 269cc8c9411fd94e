"""architecture.md, "Time is data": each conversation has its own clock, and deadlines fire before its next event."""

from schemas.times import rfc3339
from streams.core.step import step
from tests.conversations import MINUTE, START_MS, Play, journey, shipped, tick, utterance


def test_a_due_silence_fires_before_the_next_event_which_reopens() -> None:
    play = Play()
    play.customer(cues=("repeat_contact",))
    play.customer("still there?", after_ms=3 * 60 * MINUTE)
    assert [phase for _, phase in play.moments] == ["opened", "closed"]
    assert play.summaries[0].ended_at == rfc3339(START_MS + 10_000 + 60 * MINUTE)
    play.event("ended")
    assert [summary.revision for summary in play.summaries] == [1, 2]


def test_what_a_time_out_emits_does_not_depend_on_who_noticed_it() -> None:
    """ended_at = last event + silence, whatever noticed it"""
    by_tick, by_event = Play(), Play()
    for play in (by_tick, by_event):
        play.angry()
    by_tick.tick(60 * MINUTE)
    by_tick.customer(message_id="late", after_ms=5 * 60 * MINUTE)
    by_event.customer(message_id="late", after_ms=6 * 60 * MINUTE)
    assert [output.record for output in by_tick.outputs] == [output.record for output in by_event.outputs]
    assert by_tick.state == by_event.state


def test_a_tick_fires_deadlines_and_nothing_else() -> None:
    play = Play()
    play.angry()
    before = play.state
    assert play.tick(59 * MINUTE) == []
    assert play.state == before


def test_a_lower_tick_changes_nothing() -> None:
    play = Play()
    play.angry()
    play.event("ended")
    before = play.state
    play.put(tick(START_MS - 10 * 24 * 60 * MINUTE))
    assert play.state == before


def test_a_tick_for_an_unknown_conversation_opens_none() -> None:
    done = step(None, tick(START_MS), START_MS, shipped())
    assert (done.state.closed, done.state.next_due_ms, done.outputs) == (True, None, ())


def test_only_the_future_is_wrong_event_time_is_clamped_to_append_time_and_a_minute() -> None:
    far = step(None, utterance("m1", at_ms=START_MS + 30 * MINUTE), START_MS, shipped())
    assert far.state.clock_ms == START_MS + MINUTE
    old = step(None, utterance("m1", at_ms=START_MS - 9_000 * MINUTE), START_MS, shipped())
    assert old.state.clock_ms == START_MS - 9_000 * MINUTE


def test_a_late_event_is_applied_at_the_clock_and_keeps_its_own_time() -> None:
    """Applied on arrival at the clock's time, keeps its own `at`, and is counted as late"""
    play = Play()
    play.customer()
    clock_ms = play.state.clock_ms if play.state else 0
    play.angry(at_ms=START_MS - 5 * MINUTE)
    assert play.notes[-1] == "late"
    assert play.state is not None
    assert play.state.clock_ms == clock_ms
    assert play.of("cx.moments")[0].at == rfc3339(START_MS - 5 * MINUTE)
    assert play.of("cx.escalations")[0].at == rfc3339(clock_ms)


def test_feedback_and_context_show_that_time_has_passed_and_keep_nothing_open() -> None:
    play = Play()
    play.customer()
    event = tick(START_MS + 61 * MINUTE).changed(kind="feedback")
    play.at_ms = START_MS + 61 * MINUTE
    assert [output.topic for output in play.put(event)] == ["cx.conversations"]
    assert play.notes[-1] == "ignored"


def test_waits_are_queue_and_hold() -> None:
    play = Play(channel="voice")
    play.event("queued")
    play.event("answered", after_ms=2 * MINUTE)
    play.customer()
    play.event("hold_started")
    play.event("hold_ended", after_ms=MINUTE)
    play.event("transferred")
    play.event("queued")
    play.event("abandoned", after_ms=30_000)
    effort = play.summaries[0].effort
    assert (effort.wait_seconds, effort.transfers, effort.turns) == (210.0, 1, 1)


def test_duplicates_change_nothing_even_when_they_come_much_later() -> None:
    play = Play()
    play.angry(message_id="m1")
    play.event("queued", event_id="e1")
    before = play.state
    play.at_ms += 600 * MINUTE
    assert play.put(utterance("m1", "other words", at_ms=play.at_ms)) == []
    assert play.put(journey("e1", "ended", at_ms=play.at_ms)) == []
    assert play.notes[-2:] == ["duplicate", "duplicate"]
    assert play.state == before


def test_a_conversation_may_begin_with_its_end() -> None:
    play = Play()
    play.event("ended")
    assert (play.summaries[0].outcome, play.summaries[0].language) == ("unknown", "und")
