import asyncio
import time
from pathlib import Path

import orjson
import pytest

from streams.kafka.admin import create_topics
from streams.kafka.partitioner import partition_for
from streams.kafka.record import NoSuchTopicError, RecordProgress, Span, record
from streams.kafka.replay import ReplayError, replay
from streams.kafka.security import Security
from streams.runtime.pace import ReplayProgress
from streams.runtime.recording import Recorded, RecordingError, payload, read, write
from streams.topics import TopicSpec, topic_list

START = 1_700_000_000_000  # 2023-11-14T22:13:20Z


def _message(number: int, conversation: str, at: int) -> Recorded:
    value = {"message_id": f"m-{number}", "text": "¿sigue sin línea?", "sent_at": "2023-11-14T22:13:20.250+01:00"}
    return Recorded("cx.messages", conversation.encode(), payload(value), at, (("ce_id", b"1"), ("raw", b"\xff")))


def _conversation(count: int) -> list[Recorded]:
    return [_message(n, f"c-{n % 7}", START + 10 * n) for n in range(count)]


def _essence(found: Recorded) -> tuple[str, bytes | None, bytes | None, int, object]:
    return found.topic, found.key, found.value, found.timestamp_ms, found.headers


@pytest.mark.usefixtures("topics")
async def test_what_is_replayed_is_recorded_again_equal_byte_for_byte(
    tmp_path: Path, bootstrap: str, security: Security, prefix: str
) -> None:
    sent = [
        *_conversation(3000),
        Recorded("cx.messages", b"c-1", b"\xff not JSON", START + 30_000),
        Recorded("cx.profiles", b"customer", None, START + 30_001),
        Recorded("cx.journey", None, b"{}", START + 30_002, partition=6),
        Recorded("cx.messages", b"\xfe", b"{}", START + 30_003, (("nothing", None),)),
    ]
    write(tmp_path / "in.jsonl.gz", sent)
    told: list[ReplayProgress] = []
    summary = await replay(
        tmp_path / "in.jsonl.gz",
        bootstrap,
        security,
        speed=0,
        prefix=prefix,
        keep_times=True,
        progress=told.append,
    )
    assert (summary.sent, summary.shifted_seconds, summary.complete) == (3004, 0, True)
    assert told[-1].sent == told[-1].total == 3004
    seen: list[RecordProgress] = []
    begun = time.monotonic()
    found = await record(
        bootstrap,
        security,
        ["cx.messages", "cx.profiles", "cx.journey"],
        tmp_path / "out.jsonl",
        prefix=prefix,
        progress=seen.append,
    )
    assert time.monotonic() - begun < 10
    assert found.topics == {"cx.messages": 3002, "cx.profiles": 1, "cx.journey": 1}
    assert (found.first_ms, found.last_ms) == (START, START + 30_003)
    assert (seen[-1].written, seen[-1].passed, seen[-1].total) == (3004, 3004, 3004)
    again = list(read(tmp_path / "out.jsonl"))
    assert [_essence(each) for each in again] == [_essence(each) for each in sent]
    for each in again:
        if each.key is not None:
            assert each.partition == partition_for(each.key, 4)
    assert [each.partition for each in again if each.topic == "cx.journey"] == [6 % 4]


@pytest.mark.usefixtures("topics")
async def test_times_move_to_now_in_records_and_values_alike(
    tmp_path: Path, bootstrap: str, security: Security, prefix: str
) -> None:
    write(tmp_path / "in.jsonl", [_message(0, "c-1", START + 7), _message(1, "c-1", START + 400_007)])
    before = time.time_ns() // 1_000_000
    summary = await replay(tmp_path / "in.jsonl", bootstrap, security, speed=0, prefix=prefix)
    await record(bootstrap, security, ["cx.messages"], tmp_path / "out.jsonl", prefix=prefix)
    first, last = read(tmp_path / "out.jsonl")
    assert last.timestamp_ms - first.timestamp_ms == 400_000
    assert before - 1000 <= last.timestamp_ms <= before + 1000
    assert first.timestamp_ms == START + 7 + summary.shifted_seconds * 1000
    assert first.value is not None
    moved = orjson.loads(first.value)["sent_at"]
    assert moved.endswith(".250+01:00")
    assert not moved.startswith("2023-11-14")


@pytest.mark.usefixtures("topics")
async def test_speed_divides_the_spacing_and_a_replay_can_be_stopped(
    tmp_path: Path, bootstrap: str, security: Security, prefix: str
) -> None:
    write(tmp_path / "in.jsonl", [_message(0, "c", START), _message(1, "c", START + 10_000)])
    summary = await replay(tmp_path / "in.jsonl", bootstrap, security, speed=20, prefix=prefix)
    assert 0.5 <= summary.seconds < 3
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(0.3, stop.set)
    summary = await replay(tmp_path / "in.jsonl", bootstrap, security, prefix=prefix, stop=stop)
    assert (summary.sent, summary.complete) == (1, False)


@pytest.mark.usefixtures("topics")
async def test_a_recording_keeps_offsets_in_order_and_takes_only_the_span_asked_for(
    tmp_path: Path, bootstrap: str, security: Security, prefix: str
) -> None:
    times = [START, START + 500, START + 100, START + 600]
    write(tmp_path / "in.jsonl", [_message(n, "late", at) for n, at in enumerate(times)])
    await replay(tmp_path / "in.jsonl", bootstrap, security, speed=0, prefix=prefix, keep_times=True)
    await record(bootstrap, security, ["cx.messages"], tmp_path / "all.jsonl", prefix=prefix)
    assert [each.timestamp_ms for each in read(tmp_path / "all.jsonl")] == times
    span = Span(START + 100, START + 600)
    await record(bootstrap, security, ["cx.messages"], tmp_path / "part.jsonl", prefix=prefix, span=span)
    assert [each.timestamp_ms for each in read(tmp_path / "part.jsonl")] == [START + 500, START + 100]


@pytest.mark.usefixtures("topics")
async def test_following_goes_on_until_stopped(tmp_path: Path, bootstrap: str, security: Security, prefix: str) -> None:
    write(tmp_path / "in.jsonl", _conversation(5))
    await replay(tmp_path / "in.jsonl", bootstrap, security, speed=0, prefix=prefix)
    stop = asyncio.Event()
    output = tmp_path / "out.jsonl"
    following = asyncio.create_task(
        record(bootstrap, security, ["cx.messages"], output, prefix=prefix, follow=True, stop=stop)
    )
    while not output.exists() or len(output.read_bytes().splitlines()) < 5:
        await asyncio.sleep(0.05)
    await replay(tmp_path / "in.jsonl", bootstrap, security, speed=0, prefix=prefix)
    while len(output.read_bytes().splitlines()) < 10:
        await asyncio.sleep(0.05)
    stop.set()
    assert (await following).written == 10


async def test_what_cannot_work_is_refused_before_anything_is_sent(
    tmp_path: Path, bootstrap: str, security: Security, prefix: str
) -> None:
    write(tmp_path / "in.jsonl", _conversation(2))
    with pytest.raises(ReplayError, match=r"cx\.messages; run `peakend topics create`"):
        await replay(tmp_path / "in.jsonl", bootstrap, security, prefix=prefix)
    with pytest.raises(NoSuchTopicError, match=r"cx\.messages"):
        await record(bootstrap, security, ["cx.messages"], tmp_path / "out.jsonl", prefix=prefix)
    assert not (tmp_path / "out.jsonl").exists()
    messages: list[TopicSpec] = [t for t in topic_list(prefix) if t.base_name == "cx.messages"]
    await create_topics(bootstrap, security, messages)
    with pytest.raises(ReplayError, match="keeps records for 168 h"):
        await replay(tmp_path / "in.jsonl", bootstrap, security, prefix=prefix, keep_times=True)
    with pytest.raises(ReplayError, match="speed"):
        await replay(tmp_path / "in.jsonl", bootstrap, security, prefix=prefix, speed=-1)
    with (tmp_path / "in.jsonl").open("ab") as file:
        file.write(b"oops\n")
    with pytest.raises(RecordingError, match="line 3"):
        await replay(tmp_path / "in.jsonl", bootstrap, security, prefix=prefix)
    summary = await record(bootstrap, security, ["cx.messages"], tmp_path / "out.jsonl", prefix=prefix)
    assert summary.written == 0
