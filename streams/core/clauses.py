"""Conditions on one utterance, as the catalogue writes them: within a clause everything must hold."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from schemas.labels import CUES, EMOTIONS, INTENTS, SENTIMENTS
from streams.core.turn import LEAST_CHANCE, NEGATIVE, STEMS_KEPT, Turn
from streams.core.yaml_nodes import YamlNode

_CUES: Final = frozenset(CUES)
_INTENTS: Final = frozenset(INTENTS)
_EMOTIONS: Final = frozenset(EMOTIONS)
_LABELLED: Final = ("emotions", "intents", "cues")
_KEYS: Final = (
    "sentiment",
    "negative_from",
    "intensity",
    *_LABELLED,
    "leads",
    "said",
    "lacks",
    "without",
    "arousal_below",
    "long_words",
)


@dataclass(frozen=True, slots=True)
class Clause:
    """Holds of a turn if every part holds; a part whose score is missing does not.

    Labels count where the scorer calls them present: its thresholds balance what is found against what is found
    falsely over single utterances. With a `floor`, emotions, intents and cues count from that probability on instead:
    higher for a rule that alarms people by one label alone, lower where other evidence must agree with it.
    `negative_from` is the same for sentiment: a turn may be neutral by the guide and yet sound dissatisfied to some.
    """

    sentiment: str | None
    negative_from: float | None
    intensity: int
    emotions: frozenset[str]
    leads: str | None
    intents: frozenset[str]
    cues: frozenset[str]
    said: frozenset[str]
    lacks: frozenset[str]
    without: frozenset[str]
    arousal_below: float | None
    long_words: int
    floor: float | None

    def holds(self, turn: Turn) -> bool:  # noqa: PLR0911  # the first part that fails decides
        """Whether the turn meets the clause."""
        if self.sentiment is not None and turn.sentiment != self.sentiment:
            return False
        if self.negative_from is not None and turn.chances.get(NEGATIVE, 0.0) < self.negative_from:
            return False
        if self.intensity and (turn.intensity is None or turn.intensity < self.intensity):
            return False
        if self.leads is not None and turn.leads != self.leads:
            return False
        if self.arousal_below is not None and (turn.arousal is None or turn.arousal >= self.arousal_below):
            return False
        if turn.long_words < self.long_words:
            return False
        if (self.said and self.said.isdisjoint(turn.said)) or not self.lacks.isdisjoint(turn.said):
            return False
        if self.without and not self._without(turn):
            return False
        return self._labelled(turn) if self.floor is None else self._likely(turn, self.floor)

    def _labelled(self, turn: Turn) -> bool:
        if self.cues and (turn.cues is None or self.cues.isdisjoint(turn.cues)):
            return False
        if self.intents and (turn.intents is None or self.intents.isdisjoint(turn.intents)):
            return False
        return not self.emotions or (turn.emotions is not None and not self.emotions.isdisjoint(turn.emotions))

    def _without(self, turn: Turn) -> bool:
        for known, present in ((_CUES, turn.cues), (_INTENTS, turn.intents), (_EMOTIONS, turn.emotions)):
            if not self.without.isdisjoint(known) and (present is None or not self.without.isdisjoint(present)):
                return False
        return True

    def _likely(self, turn: Turn, floor: float) -> bool:
        return all(
            any(turn.chances.get(f"{kind}.{label}", 0.0) >= floor for label in labels)
            for kind, labels in (("emotions", self.emotions), ("intents", self.intents), ("cues", self.cues))
            if labels
        )


def any_holds(clauses: tuple[Clause, ...], turn: Turn) -> bool:
    """Whether one of the clauses holds."""
    for clause in clauses:  # noqa: SIM110  # `any` over a generator costs three times as much, on every turn
        if clause.holds(turn):
            return True
    return False


def read_clause(node: YamlNode, wordings: Collection[str], extra: tuple[str, ...] = ()) -> Clause:
    """One clause.

    Args:
        wordings: the names of lists that `said` and `lacks` may refer to.
        extra: keys that the caller reads itself.

    Raises:
        CatalogueError: an unknown key or label, or a clause that would hold of every turn.
    """
    fields = node.fields(optional=(*_KEYS, "floor", *extra))
    if fields.keys().isdisjoint(_KEYS):
        raise node.error(f"a condition needs at least one of {', '.join(_KEYS)}")
    if "floor" in fields and fields.keys().isdisjoint(_LABELLED):
        raise fields["floor"].error(f"a floor is for {', '.join(_LABELLED)}; name some labels, or remove it")

    def labels(name: str, known: tuple[str, ...]) -> frozenset[str]:
        return frozenset(fields[name].choices(known)) if name in fields else frozenset()

    return Clause(
        sentiment=fields["sentiment"].choice(SENTIMENTS) if "sentiment" in fields else None,
        negative_from=fields["negative_from"].number(LEAST_CHANCE, 1) if "negative_from" in fields else None,
        intensity=fields["intensity"].integer(1, 3) if "intensity" in fields else 0,
        emotions=labels("emotions", EMOTIONS),
        leads=fields["leads"].choice(EMOTIONS) if "leads" in fields else None,
        intents=labels("intents", INTENTS),
        cues=labels("cues", CUES),
        said=labels("said", tuple(wordings)),
        lacks=labels("lacks", tuple(wordings)),
        without=labels("without", (*CUES, *INTENTS, *EMOTIONS)),
        arousal_below=fields["arousal_below"].number(0, 1) if "arousal_below" in fields else None,
        long_words=fields["long_words"].integer(1, STEMS_KEPT) if "long_words" in fields else 0,
        floor=fields["floor"].number(LEAST_CHANCE, 1) if "floor" in fields else None,
    )


def read_clauses(node: YamlNode, wordings: Collection[str]) -> tuple[Clause, ...]:
    """A list of clauses, one of which must hold."""
    return tuple(read_clause(item, wordings) for item in node.sequence())
