"""Recordings: records of any topic as lines of JSON, read and written everywhere.

One line: `{"topic", "key", "timestamp_ms", "headers", "value" | "value_base64", "partition"?, "offset"?}`.

- `key` is a UTF-8 string, null, or `{"base64"}` for other bytes.
- `headers` maps names to UTF-8 strings, `{"base64"}` or null; to a list of these where a name is repeated.
- `value` is the JSON object of the payload, or null for a tombstone. Read back it becomes orjson's compact
  bytes: order and content of members stay, white space goes.
- `value_base64` holds, byte for byte, every payload that is not a JSON object.

Files that end in `.gz` are compressed. Equal records give equal bytes, compressed ones too.
"""

import base64
import binascii
import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import Any, Protocol

import orjson


class RecordingError(ValueError):
    """A line is not a record of a recording; the message names file and line, never the content."""

    def __init__(self, source: str, line: int, reason: str) -> None:
        super().__init__(f"{source}, line {line}: {reason}")
        self.source = source
        self.line = line
        self.reason = reason


class _LineError(ValueError):
    """What is wrong with a line whose place the raiser does not know."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One record: what Kafka has of it, in Kafka's types.

    Attributes:
        value: the payload; None is a tombstone.
        timestamp_ms: record time, milliseconds since 1970 UTC.
        partition: where it was read from, if it was.
        offset: likewise.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    timestamp_ms: int
    headers: tuple[tuple[str, bytes | None], ...] = ()
    partition: int | None = None
    offset: int | None = None


class Writer(Protocol):
    """Takes the records of a recording, one by one."""

    def __call__(self, record: Recorded, /) -> None:
        """Append a record."""
        ...


def payload(record: Mapping[str, Any]) -> bytes:
    """The bytes of a JSON object as recordings define them: compact, members in their order."""
    return orjson.dumps(record)


def encode(record: Recorded) -> bytes:
    """One line, with its line feed."""
    line: dict[str, Any] = {
        "topic": record.topic,
        "key": None if record.key is None else _text_or_base64(record.key),
        "timestamp_ms": record.timestamp_ms,
        "headers": _headers_out(record.headers),
    }
    if record.value is None:
        line["value"] = None
    else:
        parsed = _object(record.value)
        if parsed is None:
            line["value_base64"] = base64.b64encode(record.value).decode()
        else:
            line["value"] = parsed
    if record.partition is not None:
        line["partition"] = record.partition
    if record.offset is not None:
        line["offset"] = record.offset
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def decode(line: bytes, source: str = "recording", number: int = 1) -> Recorded:
    """The record of one line. Members that are not part of the format are left aside.

    Raises:
        RecordingError: naming `source` and line `number`.
    """
    try:
        return _record(line)
    except _LineError as error:
        raise RecordingError(source, number, str(error)) from None


def read(path: Path) -> Iterator[Recorded]:
    """The records of a file, in its order, as it is read; blank lines are skipped.

    Raises:
        RecordingError: at the first line that is no record, or where a compressed file is damaged.
        OSError: the file cannot be opened.
    """
    number = 0
    with _open_to_read(path) as file:
        lines = iter(file)
        while True:
            number += 1
            try:
                line = next(lines)
            except StopIteration:
                return
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise RecordingError(str(path), number, f"the compressed file is damaged: {error}") from error
            if line.strip():
                yield decode(line, str(path), number)


def write(path: Path, records: Iterable[Recorded]) -> int:
    """Write a file, in place of one that is there; returns how many records.

    Raises:
        OSError: the file cannot be written.
    """
    count = 0
    with open_writer(path) as append:
        for record in records:
            append(record)
            count += 1
    return count


@contextmanager
def open_writer(path: Path, *, line_by_line: bool = False) -> Iterator[Writer]:
    """A function that appends records to a new file, closed on leaving.

    `line_by_line` writes each record through at once, for a file that somebody follows.

    Raises:
        OSError: the file cannot be written.
    """
    with path.open("wb") as raw:
        # Neither name nor time goes into the compressed file: equal records, equal bytes.
        file: BufferedIOBase = (
            gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) if _is_compressed(path) else raw
        )
        with file:

            def append(record: Recorded, /) -> None:
                file.write(encode(record))
                if line_by_line:
                    file.flush()

            yield append


def _is_compressed(path: Path) -> bool:
    return path.suffix == ".gz"


def _open_to_read(path: Path) -> BufferedIOBase:
    return gzip.open(path, "rb") if _is_compressed(path) else path.open("rb")


def _text_or_base64(data: bytes) -> str | dict[str, str]:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def _object(value: bytes) -> dict[str, Any] | None:
    try:
        parsed = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _headers_out(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, Any]:
    found: dict[str, list[Any]] = {}
    for name, data in headers:
        found.setdefault(name, []).append(None if data is None else _text_or_base64(data))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _record(line: bytes) -> Recorded:
    parsed = _object(line)
    if parsed is None:
        raise _LineError("not a JSON object")
    topic = parsed.get("topic")
    if not isinstance(topic, str) or not topic:
        raise _LineError("topic is not a name")
    timestamp = _whole(parsed, "timestamp_ms")
    if timestamp is None:
        raise _LineError("timestamp_ms is missing")
    key = parsed.get("key")
    return Recorded(
        topic=topic,
        key=None if key is None else _bytes(key, "key"),
        value=_value(parsed),
        timestamp_ms=timestamp,
        headers=_headers_in(parsed.get("headers") or {}),
        partition=_whole(parsed, "partition"),
        offset=_whole(parsed, "offset"),
    )


def _value(parsed: Mapping[str, Any]) -> bytes | None:
    if ("value" in parsed) == ("value_base64" in parsed):
        raise _LineError("needs either value (null for a tombstone) or value_base64")
    if "value_base64" in parsed:
        return _from_base64(parsed["value_base64"], "value_base64")
    value = parsed["value"]
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _LineError("value is not an object; another payload stands in value_base64")
    return payload(value)


def _headers_in(headers: object) -> tuple[tuple[str, bytes | None], ...]:
    if not isinstance(headers, dict):
        raise _LineError("headers is not an object")
    return tuple(
        (name, None if value is None else _bytes(value, "a header"))
        for name, given in headers.items()
        for value in (given if isinstance(given, list) else [given])
    )


def _bytes(given: object, what: str) -> bytes:
    if isinstance(given, str):
        return given.encode()
    if isinstance(given, dict) and given.keys() == {"base64"}:
        return _from_base64(given["base64"], what)
    raise _LineError(f'{what} is neither a string nor {{"base64"}}')


def _from_base64(given: object, what: str) -> bytes:
    if not isinstance(given, str):
        raise _LineError(f"{what} is not base64 text")
    try:
        return base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        raise _LineError(f"{what} is not base64 text") from None


def _whole(parsed: Mapping[str, Any], name: str) -> int | None:
    number = parsed.get(name)
    if number is not None and (not isinstance(number, int) or isinstance(number, bool) or number < 0):
        raise _LineError(f"{name} is not a whole number from 0 on")
    return number
