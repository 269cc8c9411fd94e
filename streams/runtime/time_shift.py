"""Recordings moved in time: record times and the times inside their values by the same amount."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

import orjson

from schemas.topics import FEEDBACK, JOURNEY, MESSAGES, SCORED, TRANSCRIPTS
from streams.runtime.recording import Recorded, payload

TIME_FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {MESSAGES: "sent_at", TRANSCRIPTS: "started_at", JOURNEY: "at", FEEDBACK: "at", SCORED: "at"}
)
"""The member of each input record that says when it happened, by topic."""

_RFC3339: Final = re.compile(
    r"(?P<local>\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2})(?P<rest>(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2}))", re.ASCII
)
_MS_PER_SECOND: Final = 1000


@dataclass(frozen=True, slots=True)
class TimeShift:
    """Moves records by `seconds`; whole ones, so that a time written without fractions stays so."""

    seconds: int

    def __call__(self, record: Recorded) -> Recorded:
        """The record moved. A time that cannot be read or leaves the calendar stays: bad input replays as bad."""
        timestamp = record.timestamp_ms + self.seconds * _MS_PER_SECOND
        return replace(record, timestamp_ms=max(0, timestamp), value=self._value(record))

    def _value(self, record: Recorded) -> bytes | None:
        name = TIME_FIELDS.get(record.topic)
        if name is None or record.value is None or self.seconds == 0:
            return record.value
        try:
            parsed: Any = orjson.loads(record.value)
        except orjson.JSONDecodeError:
            return record.value
        given = parsed.get(name) if isinstance(parsed, dict) else None
        if not isinstance(given, str):
            return record.value
        return payload({**parsed, name: self.text(given)})

    def text(self, timestamp: str) -> str:
        """An RFC 3339 `timestamp` moved, its fraction, offset and spelling kept; other text as it is."""
        found = _RFC3339.fullmatch(timestamp)
        if found is None:
            return timestamp
        local = found["local"]
        try:
            moved = datetime.fromisoformat(local) + timedelta(seconds=self.seconds)
        except (ValueError, OverflowError):
            return timestamp
        return moved.isoformat(sep=local[10]) + found["rest"]


def shift_to(now_ms: int, first_ms: int, last_ms: int, speed: float) -> TimeShift:
    """The shift for a replay that begins at `now_ms`, so that no record is sent before its own time.

    Played at original speed or slower, the first record is now. Played faster, the spacing stays and the last
    record's time is when it is sent, so that the first lie in the past.

    Args:
        now_ms: the wall clock at the start, milliseconds since 1970 UTC.
        first_ms: least record time of the recording.
        last_ms: greatest record time.
        speed: how many times faster than recorded; 0: without waiting.
    """
    span = last_ms - first_ms
    played = 0.0 if speed == 0 else span / speed
    ahead = max(0.0, span - played)
    return TimeShift(int((now_ms - first_ms - ahead) // _MS_PER_SECOND))
