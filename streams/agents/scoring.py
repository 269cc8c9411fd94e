"""The scorer as the score stage uses it."""

from typing import Any

from models.masking import mask
from models.registry import ScorerSettings, load_scorer
from models.score import Request
from models.scorer import Scorer
from streams.config import Config
from streams.runtime.scored_log import ScoreRequest


class LoadedScorer:
    """The `TextScorer` protocol over a loaded model."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer

    @property
    def identity(self) -> str:
        """Weights digest, runtime and precision."""
        return self._scorer.identity

    def score(self, requests: list[ScoreRequest]) -> list[dict[str, Any]]:
        """See `TextScorer`."""
        scores = self._scorer.score([Request(request.text, request.language) for request in requests])
        return [_fields(score.to_dict()) for score in scores]

    def mask(self, text: str) -> str:
        """The text with personal data replaced.

        It is a note or another attribute, whose language nobody named: und reads number words of every language
        and phones by the plans of Spain, Portugal and Britain.
        """
        return mask(text, "und")


# Null says here "the runtime cannot judge it"; these are simply absent when there is nothing to say.
_ABSENT_IF_NULL = ("topic", "formality")


def _fields(score: dict[str, Any]) -> dict[str, Any]:
    fields = dict(score)
    fields["text"] = fields.pop("masked_text")
    if not fields["truncated"]:
        del fields["truncated"]
    for name in _ABSENT_IF_NULL:
        if fields[name] is None:
            del fields[name]
    return fields


def load(config: Config) -> LoadedScorer:
    """The scorer that the configuration names.

    Raises:
        models.errors.ModelError: it cannot be loaded; the message says what to do.
    """
    return LoadedScorer(
        load_scorer(ScorerSettings(config.runtime, config.model, config.model_threads, config.lexicons))
    )


def load_lexicon(config: Config) -> LoadedScorer:
    """The lexicon that answers in degraded mode."""
    return LoadedScorer(load_scorer(ScorerSettings("lexicon", lexicons=config.lexicons)))
