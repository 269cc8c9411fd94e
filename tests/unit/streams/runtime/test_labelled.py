import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from schemas.inputs import JourneyEvent, Message, TranscriptSegment
from schemas.topics import JOURNEY, MESSAGES, TRANSCRIPTS
from streams.core.catalogue import Catalogue
from streams.runtime.labelled import LabelledError, read_labelled, records_of
from streams.runtime.trial import START_MS, TrialError, judge_log, scored_log
from tests.conversations import shipped
from tests.fakes import WordScorer

CONVERSATION: dict[str, Any] = {
    "id": "c1",
    "language": "en",
    "industry": "telecom",
    "channel": "webchat",
    "split": "dev",
    "turns": [
        {"turn": 1, "role": "customer", "text": "hello", "intents": ["greeting"]},
        {"turn": 2, "role": "bot", "text": "choose a number"},
        {"turn": 3, "role": "customer", "text": "I am furious, get me a human"},
        {"turn": 4, "journey": "answered"},
        {"turn": 5, "role": "customer", "text": "wonderful"},
    ],
    "moments": [
        {"type": "anger_peak", "first_turn": 3, "by_turn": 3},
        {"type": "human_request", "first_turn": 3, "by_turn": 3},
        {"type": "recovery", "first_turn": 5, "by_turn": 5},
    ],
    "escalation": ["supervisor"],
    "handoff_reason": "explicit_request",
    "case_refs": [],
}


def file_of(folder: Path, *conversations: dict[str, Any]) -> Path:
    path = folder / "labelled.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in conversations), "utf-8")
    return path


def test_turns_become_messages_and_journey_events_twenty_seconds_apart(tmp_path: Path) -> None:
    (conversation,) = read_labelled([file_of(tmp_path, CONVERSATION)])
    lines = list(records_of(conversation, START_MS))
    assert [line.topic for line in lines] == [MESSAGES, MESSAGES, MESSAGES, JOURNEY, MESSAGES]
    assert {later.timestamp_ms - line.timestamp_ms for line, later in pairwise(lines)} == {20_000}
    assert Message.decode(lines[1].value or b"").role == "bot"
    assert JourneyEvent.decode(lines[3].value or b"").kind == "answered"


def test_voice_becomes_final_transcripts(tmp_path: Path) -> None:
    (conversation,) = read_labelled([file_of(tmp_path, CONVERSATION | {"channel": "voice"})])
    lines = list(records_of(conversation, START_MS))
    assert [line.topic for line in lines[:3]] == [TRANSCRIPTS] * 3
    segments = [TranscriptSegment.decode(line.value or b"") for line in lines[:3]]
    assert all(segment.is_final for segment in segments)
    assert [segment.end_ms for segment in segments] == [20_000, 40_000, 60_000]


def test_only_the_split_that_is_asked_for(tmp_path: Path) -> None:
    path = file_of(tmp_path, CONVERSATION, CONVERSATION | {"id": "c2", "split": "test"})
    assert [each.id for each in read_labelled([path], "test")] == ["c2"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"moments": [{"type": "rage", "first_turn": 1, "by_turn": 1}]}, "moments.0.type"),
        ({"moments": [{"type": "delight", "first_turn": 3, "by_turn": 2}]}, "delight needs first_turn, by_turn"),
        ({"moments": [{"type": "delight", "first_turn": 3, "by_turn": 9}]}, "last turn"),
        ({"turns": [{"turn": 2, "role": "customer", "text": "secret"}]}, "numbered 1, 2, 3"),
        ({"turns": [{"turn": 1, "role": "customer"}]}, "needs role and text, or journey"),
    ],
)
def test_a_wrong_line_is_named_without_its_words(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    path = file_of(tmp_path, CONVERSATION, CONVERSATION | {"id": "c2"} | change)
    with pytest.raises(LabelledError, match="line 2") as caught:
        list(read_labelled([path]))
    assert reason in str(caught.value)
    assert "secret" not in str(caught.value)


def test_an_id_stands_once(tmp_path: Path) -> None:
    with pytest.raises(LabelledError, match="stands on an earlier line"):
        list(read_labelled([file_of(tmp_path, CONVERSATION, CONVERSATION)]))


@pytest.fixture
def rules() -> Catalogue:
    return shipped()


def test_the_flow_is_judged_by_turns(tmp_path: Path, rules: Catalogue) -> None:
    conversations = list(
        read_labelled([file_of(tmp_path, CONVERSATION, CONVERSATION | {"id": "v1", "channel": "voice", "moments": []})])
    )
    log = list(scored_log(conversations, scorer=WordScorer, catalogue=rules))
    chat, voice = judge_log(conversations, log, rules)
    assert [(fate.outcome, fate.turn) for fate in chat.fates] == [("in_time", 3), ("in_time", 3), ("in_time", 5)]
    assert chat.detected.handoff == "explicit_request"
    assert chat.detected.areas == {"supervisor"}
    assert voice.detected.opened == chat.detected.opened
    assert voice.alarmed


def test_a_moment_that_a_button_opens_has_the_turn_of_the_button(tmp_path: Path, rules: Catalogue) -> None:
    turns = [*CONVERSATION["turns"][:2], {"turn": 3, "journey": "human_requested"}]
    moments = [{"type": "human_request", "first_turn": 3, "by_turn": 3}]
    (conversation,) = read_labelled([file_of(tmp_path, CONVERSATION | {"turns": turns, "moments": moments})])
    (case,) = judge_log([conversation], scored_log([conversation], scorer=WordScorer, catalogue=rules), rules)
    assert case.fates[0].outcome == "in_time"


def test_each_conversation_keeps_its_own_order_of_words_and_events(tmp_path: Path, rules: Catalogue) -> None:
    path = file_of(tmp_path, CONVERSATION, *(CONVERSATION | {"id": f"c{number}"} for number in range(2, 5)))
    conversations = list(read_labelled([path]))
    log = list(scored_log(conversations, scorer=WordScorer, catalogue=rules))
    cases = judge_log(conversations, log, rules)
    assert len({case.detected for case in cases}) == 1
    assert cases[0].detected.handoff == "explicit_request"


def test_kept_scores_of_other_conversations_are_refused(tmp_path: Path, rules: Catalogue) -> None:
    one, other = read_labelled([file_of(tmp_path, CONVERSATION, CONVERSATION | {"id": "c2"})])
    log = list(scored_log([one], scorer=WordScorer, catalogue=rules))
    with pytest.raises(TrialError, match="lack 1 of 2"):
        judge_log([one, other], log, rules)
