"""Conversations for tests of the core: scored events written in a line each."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from schemas.scored import Scored
from schemas.times import rfc3339
from schemas.topics import CONVERSATIONS, ESCALATIONS, MOMENTS, ROUTING, SUPPRESSED
from streams.core.catalogue import Catalogue, parse_catalogue
from streams.core.state import ConversationState, decode_state, encode_state
from streams.core.step import Output, step

START_MS = 1_772_355_600_000
MINUTE = 60_000
CATALOGUE_FOLDER = Path(__file__).parent.parent / "streams" / "catalogue"


def catalogue_files() -> dict[str, str]:
    return {
        path.relative_to(CATALOGUE_FOLDER).as_posix(): path.read_text(encoding="utf-8")
        for path in CATALOGUE_FOLDER.rglob("*.yaml")
    }


@cache
def shipped() -> Catalogue:
    return parse_catalogue(catalogue_files())


def utterance(
    message_id: str,
    text: str = "text",
    *,
    role: str = "customer",
    at_ms: int = START_MS,
    sentiment: str | None = "neutral",
    intensity: int | None = 0,
    emotions: dict[str, float] | tuple[str, ...] | None = (),
    intents: dict[str, float] | tuple[str, ...] | None = (),
    cues: dict[str, float] | tuple[str, ...] | None = (),
    valence: float | None = None,
    channel: str = "webchat",
    conversation: str = "c1",
    **more: Any,
) -> Scored:
    """An utterance with scores that fit each other; labels given as a tuple have probability 0.9."""
    if valence is None and sentiment is not None and intensity is not None:
        valence = {"negative": -0.3, "neutral": 0.0, "positive": 0.3}[sentiment] * intensity
    fields: dict[str, Any] = {
        "kind": "utterance",
        "catalogue": shipped().digest,
        "conversation_id": conversation,
        "at": rfc3339(at_ms),
        "source": more.pop("source", {"topic": "cx.messages"}),
        "message_id": message_id,
        "role": role,
        "channel": channel,
        "text": text,
        "language": "en",
        "model": "test@1",
        "confidence": 0.9,
        "abstain": False,
        "degraded": False,
        "sentiment": sentiment,
        "intensity": intensity,
        "valence": valence,
    }
    for name, labels in (("emotions", emotions), ("intents", intents), ("cues", cues)):
        if labels is not None:
            chances = labels if isinstance(labels, dict) else dict.fromkeys(labels, 0.9)
            fields[name] = chances
            fields[f"{name}_present"] = list(chances)
    return Scored.from_value({name: value for name, value in (fields | more).items() if value is not None})


def journey(event_id: str, kind: str, *, at_ms: int = START_MS, conversation: str = "c1", **more: Any) -> Scored:
    return Scored.from_value(
        {
            "kind": "journey",
            "catalogue": shipped().digest,
            "conversation_id": conversation,
            "at": rfc3339(at_ms),
            "source": {"topic": "cx.journey"},
            "event_id": event_id,
            "journey": {"kind": kind},
        }
        | more
    )


def tick(at_ms: int, *, conversation: str = "c1") -> Scored:
    return Scored.from_value(
        {
            "kind": "tick",
            "catalogue": shipped().digest,
            "conversation_id": conversation,
            "at": rfc3339(at_ms),
            "source": {"topic": "cx.scored"},
        }
    )


@dataclass
class Play:
    """A conversation being played: each call is one event, ten seconds after the one before, and gives its outputs."""

    channel: str = "webchat"
    conversation: str = "c1"
    more: dict[str, Any] = field(default_factory=dict)
    at_ms: int = START_MS
    state: ConversationState | None = None
    outputs: list[Output] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    count: int = 0
    catalogue: Catalogue = field(default_factory=shipped)
    # Whether each state goes through its bytes and each record through its schema: thorough, and slow for large states.
    thorough: bool = True

    def put(self, event: Scored) -> list[Output]:
        done = step(self.state, event, self.at_ms, self.catalogue)
        self.state = done.state
        if self.thorough:
            self.state = decode_state(encode_state(done.state))
            assert self.state == done.state
            for output in done.outputs:
                assert type(output.record).decode(output.record.encode()) == output.record
        self.outputs.extend(done.outputs)
        self.notes.append(done.note)
        return list(done.outputs)

    def _say(self, role: str, text: str, **scores: Any) -> list[Output]:
        self.count += 1
        message_id = scores.pop("message_id", f"m{self.count}")
        self.at_ms += scores.pop("after_ms", 10_000)
        at_ms = scores.pop("at_ms", self.at_ms)
        return self.put(
            utterance(
                message_id,
                text,
                role=role,
                at_ms=at_ms,
                channel=self.channel,
                conversation=self.conversation,
                **(self.more | scores),
            )
        )

    def customer(self, text: str = "text", **scores: Any) -> list[Output]:
        return self._say("customer", text, **scores)

    def bot(self, text: str | None = None, **scores: Any) -> list[Output]:
        return self._say("bot", text if text is not None else f"bot text {self.count}", **scores)

    def agent(self, text: str = "agent text", **scores: Any) -> list[Output]:
        return self._say("agent", text, **scores)

    def angry(self, text: str = "This is outrageous!", **scores: Any) -> list[Output]:
        return self.customer(text, **({"sentiment": "negative", "intensity": 3, "emotions": ("anger",)} | scores))

    def upset(self, text: str = "I am fed up.", **scores: Any) -> list[Output]:
        return self.customer(text, **({"sentiment": "negative", "intensity": 2, "emotions": ("frustration",)} | scores))

    def thanks(self, text: str = "Thank you, that helps!", **scores: Any) -> list[Output]:
        return self.customer(
            text,
            **(
                {
                    "sentiment": "positive",
                    "intensity": 1,
                    "emotions": ("gratitude",),
                    "intents": ("praise_or_thanks",),
                }
                | scores
            ),
        )

    def event(self, kind: str, **more: Any) -> list[Output]:
        self.count += 1
        self.at_ms += more.pop("after_ms", 10_000)
        at_ms = more.pop("at_ms", self.at_ms)
        event_id = more.pop("event_id", f"e{self.count}")
        return self.put(journey(event_id, kind, at_ms=at_ms, conversation=self.conversation, **more))

    def tick(self, after_ms: int) -> list[Output]:
        self.at_ms += after_ms
        return self.put(tick(self.at_ms, conversation=self.conversation))

    def of(self, topic: str) -> list[Any]:
        return [output.record for output in self.outputs if output.topic == topic]

    @property
    def moments(self) -> list[tuple[str, str]]:
        return [(record.type, record.phase) for record in self.of(MOMENTS)]

    @property
    def routing(self) -> list[tuple[str, str, str]]:
        return [(record.action, record.reason, record.status) for record in self.of(ROUTING)]

    @property
    def escalations(self) -> list[tuple[str, str]]:
        return [(record.target_area, record.status) for record in self.of(ESCALATIONS)]

    @property
    def suppressed(self) -> list[Any]:
        return self.of(SUPPRESSED)

    @property
    def summaries(self) -> list[Any]:
        return self.of(CONVERSATIONS)
