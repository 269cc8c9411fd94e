"""Scores JSON lines: the form of a question and of an answer on the command line."""

from collections.abc import Iterator, Sequence
from typing import Final

import orjson

from models.score import Request, Score, SentimentHead
from models.scorer import Scorer

FIELDS: Final = (
    "sentiment",
    "sentiment_probabilities",
    "valence",
    "arousal",
    "intensity",
    "emotions",
    "emotions_present",
    "intents",
    "intents_present",
    "cues",
    "cues_present",
    "language",
    "spans",
    "case_refs",
    "masked_text",
    "model",
    "confidence",
    "abstain",
    "degraded",
)
"""The members of an answer, in their order."""

_AT_ONCE: Final = 512
"""Texts in one call: enough to fill batches of every length, few enough that answers keep coming."""


class _LineError(ValueError):
    """What is wrong with a line; never quotes it."""


class LineScorer:
    """Answers lines one by one, scores them many at a time, and counts the lines read and those not answerable."""

    def __init__(self, scorer: Scorer, head: SentimentHead) -> None:
        self._scorer = scorer
        self._head = head
        self.read = 0
        self.failed = 0

    def one(self, text: str, language: str | None = None) -> bytes:
        """The answer to one text, as a line."""
        return _answer(self._scorer.score([Request(text, language, self._head)])[0])

    def lines(self, lines: Sequence[bytes]) -> Iterator[bytes]:
        """For every line that is not blank an answer, in order, in chunks of whole lines.

        A line that is no question is answered by `{"error"}` with its number, counted from 1.
        """
        for start in range(0, len(lines), _AT_ONCE):
            yield self._chunk(lines[start : start + _AT_ONCE])

    def _chunk(self, lines: Sequence[bytes]) -> bytes:
        asked: list[Request | _LineError] = []
        for line in lines:
            self.read += 1
            if not line.strip():
                continue
            try:
                asked.append(self._request(line))
            except _LineError as error:
                self.failed += 1
                asked.append(error)
        scores = iter(self._scorer.score([request for request in asked if isinstance(request, Request)]))
        return b"".join(_answer(next(scores)) if isinstance(request, Request) else _error(request) for request in asked)

    def _request(self, line: bytes) -> Request:
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            raise _LineError(f"line {self.read}: not JSON") from None
        if not isinstance(value, dict):
            raise _LineError(f"line {self.read}: not a JSON object with `text`")
        text, language = value.get("text"), value.get("language")
        if not isinstance(text, str):
            raise _LineError(f"line {self.read}: `text` is missing or is no string")
        if language is not None and not isinstance(language, str):
            raise _LineError(f"line {self.read}: `language` is no string")
        return Request(text, language, self._head)


def _answer(score: Score) -> bytes:
    fields = score.to_dict()
    return orjson.dumps({name: fields[name] for name in FIELDS}, option=orjson.OPT_APPEND_NEWLINE)


def _error(error: _LineError) -> bytes:
    return orjson.dumps({"error": str(error)}, option=orjson.OPT_APPEND_NEWLINE)
