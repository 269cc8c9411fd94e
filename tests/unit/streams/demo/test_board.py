from typing import Any

import orjson
import pytest
from rich.console import Console

from schemas.topics import CONVERSATIONS, ESCALATIONS, JOURNEY, MESSAGES, MOMENTS, ROUTING, SCORED
from streams.demo.board import ActionShown, DemoBoard, MomentShown
from streams.demo.view import DemoView, moment_line, reason_line, style_of, totals

AT = "2026-03-02T09:00:22.000Z"


def message(**fields: Any) -> bytes:
    return orjson.dumps(
        {
            "message_id": "m1",
            "conversation_id": "c1",
            "channel": "webchat",
            "role": "customer",
            "text": "És la tercera vegada que truco",
            "sent_at": AT,
        }
        | fields
    )


def scored(**fields: Any) -> bytes:
    return orjson.dumps(
        {
            "kind": "utterance",
            "catalogue": "abc",
            "conversation_id": "c1",
            "at": AT,
            "source": {"topic": MESSAGES},
            "message_id": "m1",
            "role": "customer",
            "channel": "webchat",
            "text": "És la tercera vegada que truco",
            "language": "ca",
            "model": "m",
            "abstain": False,
            "degraded": False,
        }
        | fields
    )


def moment(**fields: Any) -> bytes:
    return orjson.dumps(
        {
            "moment_id": "i1",
            "conversation_id": "c1",
            "type": "unresolved_repeat",
            "phase": "opened",
            "polarity": "negative",
            "severity": 45,
            "probability": 0.9,
            "message_id": "m1",
            "at": AT,
            "evidence": [{"message_id": "m1", "begin": 7, "end": 22, "text": "tercera vegada"}],
            "because": "el client ja havia trucat",
            "because_code": {"code": "repeat", "values": {}},
            "confidence": 0.8,
            "abstain": False,
            "degraded": False,
            "case_refs": [],
            "rule": "unresolved_repeat",
            "rule_version": "1",
            "model": "m",
            "catalogue": "abc",
            "channel": "webchat",
            "record_id": "r1",
        }
        | fields
    )


CONTEXT = {"case_refs": [], "topic": None, "facts": {}, "summary": ""}


def routing(**fields: Any) -> bytes:
    return orjson.dumps(
        {
            "routing_id": "h1",
            "conversation_id": "c1",
            "status": "raised",
            "action": "handoff_to_human",
            "reason": "explicit_request",
            "priority": 50,
            "required_skills": [],
            "language": "ca",
            "script_override_allowed": False,
            "aht_exempt": False,
            "context": CONTEXT,
            "moment_ids": ["i1"],
            "record_id": "h1r",
            "at": AT,
        }
        | fields
    )


def escalation(**fields: Any) -> bytes:
    return orjson.dumps(
        {
            "escalation_id": "e1",
            "conversation_id": "c1",
            "status": "raised",
            "reason": "unresolved_repeat",
            "severity": 45,
            "target_area": "case_owner",
            "due_at": "2026-03-02T10:00:22.000Z",
            "moment_ids": ["i1"],
            "context": CONTEXT,
            "record_id": "e1r",
            "at": AT,
        }
        | fields
    )


def closing(**fields: Any) -> bytes:
    return orjson.dumps(
        {
            "conversation_id": "c1",
            "revision": 1,
            "channel": "webchat",
            "language": "ca",
            "started_at": AT,
            "ended_at": AT,
            "peak_negative": {"value": -0.8, "message_ids": ["m1"]},
            "peak_positive": None,
            "end": -0.4,
            "composite": -0.6,
            "formula": "1",
            "predicted_csat": 2.0,
            "effort": {"turns": 1, "repeats": 0, "transfers": 0, "wait_seconds": 0.0},
            "outcome": "unresolved",
            "advocate": False,
            "churn": False,
            "agent_ids": [],
            "model": "m",
            "moments": ["i1"],
            "record_id": "c1r",
        }
        | fields
    )


@pytest.fixture
def board() -> DemoBoard:
    """A board that has seen an utterance and its score."""
    made = DemoBoard()
    assert made.take(MESSAGES, message(), 1_000) == []
    assert made.take(SCORED, scored(), 1_040) == []
    return made


def test_a_moment_is_shown_with_language_words_and_reason(board: DemoBoard) -> None:
    [shown] = board.take(MOMENTS, moment(), 1_050)
    assert isinstance(shown, MomentShown)
    assert (shown.language, shown.type, shown.phase, shown.severity) == ("ca", "unresolved_repeat", "opened", 45)
    assert (shown.words, shown.because) == ("tercera vegada", "el client ja havia trucat")
    assert (board.moments, board.open_moments) == (1, 1)


def test_a_repeated_record_changes_nothing(board: DemoBoard) -> None:
    board.take(MOMENTS, moment(), 1_050)
    assert board.take(MOMENTS, moment(), 2_000) == []
    assert len(board.latencies) == 1


def test_an_update_is_shown_only_if_it_is_more_severe(board: DemoBoard) -> None:
    board.take(MOMENTS, moment(), 1_050)
    assert board.take(MOMENTS, moment(phase="updated", record_id="r2"), 1_060) == []
    assert len(board.take(MOMENTS, moment(phase="updated", severity=55, record_id="r3"), 1_070)) == 1


@pytest.mark.parametrize("phase", ["recovered", "lost", "closed", "retracted"])
def test_a_moment_that_ends_is_shown_and_no_longer_open(board: DemoBoard, phase: str) -> None:
    board.take(MOMENTS, moment(), 1_050)
    assert len(board.take(MOMENTS, moment(phase=phase, record_id="r2"), 1_060)) == 1
    assert (board.moments, board.open_moments) == (1, 0)


def test_handoffs_and_escalations_count_once_each(board: DemoBoard) -> None:
    [handoff] = board.take(ROUTING, routing(), 1_050)
    [escalated] = board.take(ESCALATIONS, escalation(), 1_050)
    assert isinstance(handoff, ActionShown)
    assert isinstance(escalated, ActionShown)
    assert (handoff.target, escalated.target) == ("explicit_request", "case_owner")
    assert board.take(ROUTING, routing(status="updated", record_id="h2r"), 1_060) == []
    assert board.take(ESCALATIONS, escalation(status="resolved", record_id="e2r"), 1_060) == []
    assert (board.handoffs, board.escalations) == (1, 1)


def test_routing_that_is_no_handoff_does_not_count(board: DemoBoard) -> None:
    assert board.take(ROUTING, routing(action="route"), 1_050) == []
    assert board.handoffs == 0


def test_latency_is_from_the_utterance_to_the_moment_it_opened(board: DemoBoard) -> None:
    board.take(MOMENTS, moment(), 1_090)
    assert board.latencies.percentile(0.5) == 90


def test_a_moment_that_an_event_fired_has_no_latency(board: DemoBoard) -> None:
    board.take(MOMENTS, moment(trigger="human_requested"), 9_000)
    assert board.latencies.percentile(0.5) is None


def test_percentiles_are_of_the_nearest_rank(board: DemoBoard) -> None:
    for number in range(1, 21):
        board.latencies.said(f"u{number}", 0)
        board.latencies.found(f"u{number}", number * 10)
    assert (board.latencies.percentile(0.5), board.latencies.percentile(0.95)) == (100, 190)


def test_what_cannot_be_read_is_left_aside(board: DemoBoard) -> None:
    assert board.take(MESSAGES, b"not json", 1_000) == []
    assert board.take(MOMENTS, b"{}", 1_000) == []
    assert board.utterances == 1


def test_a_journey_event_makes_no_utterance(board: DemoBoard) -> None:
    event = orjson.dumps({"event_id": "j1", "conversation_id": "c2", "kind": "queued", "at": AT, "channel": "voice"})
    board.take(JOURNEY, event, 1_000)
    assert board.utterances == 1
    assert board.conversations["c2"].channel == "voice"


def test_the_last_closing_record_counts(board: DemoBoard) -> None:
    board.take(CONVERSATIONS, closing(), 2_000)
    board.take(CONVERSATIONS, closing(revision=2, outcome="resolved", record_id="c2r"), 3_000)
    [seen] = board.closed
    assert seen.closing is not None
    assert seen.closing.outcome == "resolved"


def drawn(board: DemoBoard) -> str:
    console = Console(width=110, record=True, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    with console.file, DemoView(console) as view:
        view.summary(board)
        return console.export_text()


def test_the_closing_table_tells_peak_and_end_of_what_closed_and_names_what_is_open(board: DemoBoard) -> None:
    board.take(MOMENTS, moment(), 1_090)
    board.take(CONVERSATIONS, closing(), 2_000)
    board.take(MESSAGES, message(message_id="m9", conversation_id="c9"), 2_000)
    text = drawn(board)
    row = next(line for line in text.splitlines() if line.startswith("c1 "))
    assert row.split() == ["c1", "ca", "-0.80", "·", "-0.40", "-0.60", "1", "0", "0", "unresolved"]
    assert "Still open" in text
    assert text.rstrip().endswith("c9.")
    assert totals(board).startswith("2 conversations, 2 utterances: 1 moments, 0 hand-offs, 0 escalations;")


def test_lines_tell_when_where_what_and_why(board: DemoBoard) -> None:
    [shown] = board.take(MOMENTS, moment(evidence=[]), 1_050)
    assert isinstance(shown, MomentShown)
    assert moment_line(shown).plain.split() == ["09:00:22", "ca", "c1", "●", "opened", "unresolved_repeat", "45"]
    assert reason_line(shown).plain == "because el client ja havia trucat"


def test_each_band_of_severity_has_a_style_of_its_own() -> None:
    styles = [style_of(severity) for severity in (39, 40, 69, 70, 89, 90)]
    assert styles[1] == styles[2]
    assert styles[3] == styles[4]
    assert len(set(styles)) == 4
