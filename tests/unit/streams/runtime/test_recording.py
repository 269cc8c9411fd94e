import gzip
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.runtime.recording import Recorded, RecordingError, decode, encode, open_writer, read, write

MESSAGE = Recorded("cx.messages", b"c-1", b'{"text":"no funciona","n":1.5}', 1_700_000_000_000)

records = st.builds(
    Recorded,
    topic=st.text(min_size=1, max_size=10),
    key=st.none() | st.binary(max_size=8),
    value=st.none() | st.binary(max_size=30),
    timestamp_ms=st.integers(0, 2**53),
    headers=st.lists(st.tuples(st.sampled_from("ab"), st.none() | st.binary(max_size=5)), max_size=1).map(tuple),
    partition=st.none() | st.integers(0, 100),
    offset=st.none() | st.integers(0, 2**53),
)


def test_a_json_object_stands_readable_in_value() -> None:
    assert orjson.loads(encode(MESSAGE)) == {
        "topic": "cx.messages",
        "key": "c-1",
        "timestamp_ms": 1_700_000_000_000,
        "headers": {},
        "value": {"text": "no funciona", "n": 1.5},
    }


def test_partition_and_offset_are_written_when_they_are_known() -> None:
    record = Recorded("t", None, None, 1, partition=0, offset=0)
    assert decode(encode(record)) == record
    assert b'"partition":0,"offset":0' in encode(record)


@given(records)
def test_every_payload_that_is_no_json_object_survives_byte_for_byte(record: Recorded) -> None:
    try:
        is_object = record.value is not None and isinstance(orjson.loads(record.value), dict)
    except orjson.JSONDecodeError:
        is_object = False
    if not is_object:
        assert decode(encode(record)) == record


@pytest.mark.parametrize("value", [b"[1]", b'"text"', b"null", b"{", b"\xff", b"", b'{"a":NaN}'])
def test_payloads_that_are_no_json_object_stand_in_base64(value: bytes) -> None:
    line = encode(Recorded("t", None, value, 1))
    assert b"value_base64" in line
    assert decode(line).value == value


def test_an_object_reads_back_compact_with_its_members_in_order() -> None:
    record = Recorded("t", None, b'{ "b": 1,\n "a": "\\u00e9" }', 1)
    again = decode(encode(record))
    assert again.value == '{"b":1,"a":"é"}'.encode()
    assert encode(again) == encode(record)


def test_a_tombstone_is_a_null_value() -> None:
    line = encode(Recorded("cx.state", b"k", None, 1))
    assert orjson.loads(line)["value"] is None
    assert decode(line).value is None


def test_headers_keep_bytes_nulls_and_repeated_names() -> None:
    headers = (("ce_id", "ñ".encode()), ("raw", b"\xff"), ("none", None), ("twice", b"1"), ("twice", b"2"))
    line = encode(Recorded("t", None, b"{}", 1, headers))
    assert orjson.loads(line)["headers"] == {
        "ce_id": "ñ",
        "raw": {"base64": "/w=="},
        "none": None,
        "twice": ["1", "2"],
    }
    assert decode(line).headers == headers


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"nonsense", "not a JSON object"),
        (b"[]", "not a JSON object"),
        (b'{"timestamp_ms":1,"value":{}}', "topic"),
        (b'{"topic":"t","value":{}}', "timestamp_ms is missing"),
        (b'{"topic":"t","timestamp_ms":"1","value":{}}', "timestamp_ms"),
        (b'{"topic":"t","timestamp_ms":true,"value":{}}', "timestamp_ms"),
        (b'{"topic":"t","timestamp_ms":-1,"value":{}}', "timestamp_ms"),
        (b'{"topic":"t","timestamp_ms":1}', "either value"),
        (b'{"topic":"t","timestamp_ms":1,"value":{},"value_base64":""}', "either value"),
        (b'{"topic":"t","timestamp_ms":1,"value":[]}', "value is not an object"),
        (b'{"topic":"t","timestamp_ms":1,"value_base64":"?"}', "value_base64"),
        (b'{"topic":"t","timestamp_ms":1,"value_base64":1}', "value_base64"),
        (b'{"topic":"t","timestamp_ms":1,"value":{},"key":7}', "key"),
        (b'{"topic":"t","timestamp_ms":1,"value":{},"headers":[1]}', "headers"),
        (b'{"topic":"t","timestamp_ms":1,"value":{},"headers":{"a":1}}', "a header"),
        (b'{"topic":"t","timestamp_ms":1,"value":{},"partition":"0"}', "partition"),
    ],
)
def test_a_line_that_is_no_record_is_refused_with_file_and_line(line: bytes, reason: str) -> None:
    with pytest.raises(RecordingError, match=reason) as caught:
        decode(line, "calls.jsonl", 7)
    assert str(caught.value).startswith("calls.jsonl, line 7: ")


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_file_gives_back_what_was_written(tmp_path: Path, name: str) -> None:
    wanted = [MESSAGE, Recorded("t", None, b"\x00", 2), Recorded("t", b"k", None, 3)]
    path = tmp_path / name
    assert write(path, wanted) == 3
    assert list(read(path)) == wanted


def test_equal_records_give_equal_compressed_bytes(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl.gz", [MESSAGE])
    write(tmp_path / "b.jsonl.gz", [MESSAGE])
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()


def test_reading_names_the_bad_line_and_skips_blank_ones(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(encode(MESSAGE) + b"\n" + b"{}\n")
    with pytest.raises(RecordingError, match=r"r\.jsonl, line 3: topic"):
        list(read(path))


def test_a_damaged_compressed_file_is_an_error_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl.gz"
    path.write_bytes(gzip.compress(encode(MESSAGE) * 50)[:-12])
    with pytest.raises(RecordingError, match="damaged"):
        list(read(path))


def test_a_followed_file_has_each_record_at_once(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    with open_writer(path, line_by_line=True) as append:
        append(MESSAGE)
        assert list(read(path)) == [MESSAGE]
