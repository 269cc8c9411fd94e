"""Conditions on one utterance, as the catalogue writes them: within a clause everything must hold."""

from dataclasses import dataclass
from typing import Final

from schemas.labels import CUES, EMOTIONS, INTENTS, SENTIMENTS
from streams.core.turn import Turn
from streams.core.yaml_nodes import YamlNode

_KEYS: Final = ("sentiment", "intensity", "emotions", "leads", "intents", "cues", "without", "arousal_below")


@dataclass(frozen=True, slots=True)
class Clause:
    """Holds of a turn if every part holds; a part whose score is missing does not."""

    sentiment: str | None
    intensity: int
    emotions: frozenset[str]
    leads: str | None
    intents: frozenset[str]
    cues: frozenset[str]
    without: frozenset[str]
    arousal_below: float | None

    def holds(self, turn: Turn) -> bool:  # noqa: PLR0911  # the first part that fails decides
        """Whether the turn meets the clause."""
        if self.sentiment is not None and turn.sentiment != self.sentiment:
            return False
        if self.intensity and (turn.intensity is None or turn.intensity < self.intensity):
            return False
        if self.leads is not None and turn.leads != self.leads:
            return False
        if self.cues and (turn.cues is None or self.cues.isdisjoint(turn.cues)):
            return False
        if self.intents and (turn.intents is None or self.intents.isdisjoint(turn.intents)):
            return False
        if self.emotions and (turn.emotions is None or self.emotions.isdisjoint(turn.emotions)):
            return False
        if self.without and (turn.cues is None or not self.without.isdisjoint(turn.cues)):
            return False
        return self.arousal_below is None or (turn.arousal is not None and turn.arousal < self.arousal_below)


def any_holds(clauses: tuple[Clause, ...], turn: Turn) -> bool:
    """Whether one of the clauses holds."""
    for clause in clauses:  # noqa: SIM110  # `any` over a generator costs three times as much, on every turn
        if clause.holds(turn):
            return True
    return False


def read_clause(node: YamlNode, extra: tuple[str, ...] = ()) -> Clause:
    """One clause; `extra` names keys that the caller reads itself.

    Raises:
        CatalogueError: an unknown key or label, or a clause that would hold of every turn.
    """
    fields = node.fields(optional=(*_KEYS, *extra))
    if fields.keys().isdisjoint(_KEYS):
        raise node.error(f"a condition needs at least one of {', '.join(_KEYS)}")

    def labels(name: str, known: tuple[str, ...]) -> frozenset[str]:
        return frozenset(fields[name].choices(known)) if name in fields else frozenset()

    return Clause(
        sentiment=fields["sentiment"].choice(SENTIMENTS) if "sentiment" in fields else None,
        intensity=fields["intensity"].integer(1, 3) if "intensity" in fields else 0,
        emotions=labels("emotions", EMOTIONS),
        leads=fields["leads"].choice(EMOTIONS) if "leads" in fields else None,
        intents=labels("intents", INTENTS),
        cues=labels("cues", CUES),
        without=labels("without", CUES),
        arousal_below=fields["arousal_below"].number(0, 1) if "arousal_below" in fields else None,
    )


def read_clauses(node: YamlNode) -> tuple[Clause, ...]:
    """A list of clauses, one of which must hold."""
    return tuple(read_clause(item) for item in node.sequence())
