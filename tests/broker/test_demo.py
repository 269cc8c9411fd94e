"""The demo as a process, its message from outside, and what is left when it is told to stop."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from schemas.topics import MESSAGES
from streams.config import load_config
from streams.demo.bundled import bundled_recordings
from streams.demo.conversation import NoAnswerError, message, say
from streams.kafka.cache import cache_folder
from streams.kafka.connection import open_admin
from streams.kafka.follow import UnknownTopicError, open_follower
from streams.kafka.producer import KafkaProducer
from streams.kafka.sample import sample_keys
from streams.kafka.security import Security
from streams.topics import TopicSpec

SETTINGS = {"PEAKEND_RUNTIME": "lexicon"}
DEADLINE_S = 120.0


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "streams.cli", *arguments]


@pytest.fixture
def environment() -> dict[str, str]:
    """Without settings of this machine, apart from where downloads are kept."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(("PEAKEND_", "KAFKA_"))}
    return others | SETTINGS | {"PEAKEND_CACHE": str(cache_folder(os.environ))}


@contextmanager
def started(environment: dict[str, str], *arguments: str) -> "Iterator[subprocess.Popen[str]]":
    process = subprocess.Popen(
        command("demo", *arguments), env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def until(process: "subprocess.Popen[str]", words: str) -> str:
    """Reads the demo's output up to a line with `words`."""
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if words in line:
            return seen
    raise AssertionError(f"the demo ended before {words!r}:\n{seen}")


def descendants(pid: int) -> set[int]:
    listing = ["ps", "-eo", "pid=,ppid="]
    told = subprocess.run(listing, capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in told.splitlines()]
    found = {pid}
    while more := {child for child, parent in pairs if parent in found} - found:
        found |= more
    return found - {pid}


def left_of(pids: set[int], patience_s: float) -> set[int]:
    deadline = time.monotonic() + patience_s
    while (left := {pid for pid in pids if alive(pid)}) and time.monotonic() < deadline:
        time.sleep(0.2)
    return left


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_the_demo_shows_moments_and_a_closing_table_and_leaves_a_foreign_broker_clean(
    environment: dict[str, str], bootstrap: str, security: Security
) -> None:
    done = await asyncio.to_thread(
        subprocess.run,
        command("demo", "--exit", "--speed", "60"),
        env=environment
        | {name: value for name, value in os.environ.items() if name.startswith("KAFKA_")}
        | {"KAFKA_BOOTSTRAP": bootstrap},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "● opened" in done.stdout
    for path in bundled_recordings():
        # The key of a bundled conversation is its file's name without the channel.
        language, _, rest = path.stem.partition("-")
        conversation = f"{language}-{rest.partition('-')[2]}"
        assert f"\n{conversation} " in done.stdout
    assert f"{len(bundled_recordings())} conversations" in done.stdout
    assert "p50" in done.stdout
    assert "\x1b" not in done.stdout
    async with open_admin(bootstrap, security) as admin:
        assert [name for name in await admin.list_topics() if name.startswith("demo-")] == []


def test_what_is_said_into_the_running_demo_is_answered_and_ctrl_c_leaves_no_process(
    environment: dict[str, str],
) -> None:
    # Slow enough to be there for the message.
    with started(environment, "--exit", "--speed", "2") as process:
        until(process, "replay ")
        said = subprocess.run(
            command("say", "I am furious, this is a disgrace. Get me a human, card 4111 1111 1111 1111"),
            env=environment,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
        children = descendants(process.pid)
        assert len(children) >= 3  # launcher, broker, worker
        process.send_signal(signal.SIGINT)
        assert process.wait(40) == 130
        assert left_of(children, 0) == set()
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith("en  negative")
    assert "4111" not in said.stdout
    assert "moment opened: " in said.stdout


def test_kill_9_leaves_no_process(environment: dict[str, str]) -> None:
    with started(environment, "--exit", "--speed", "2") as process:
        until(process, "replay ")
        children = descendants(process.pid)
        process.kill()
        process.wait()
        assert left_of(children, 30) == set()


async def test_saying_something_to_a_broker_without_a_worker_tells_what_is_missing(
    bootstrap: str, prefix: str, topics: tuple[TopicSpec, ...]
) -> None:
    config = load_config(None, bootstrap=bootstrap, topic_prefix=prefix)
    said = message("hello", "c1", channel="webchat", role="customer")
    with pytest.raises(NoAnswerError, match="no worker has scored the message within 1 s"):
        await say(config, said, timeout_s=1)


async def test_a_follower_sees_what_is_written_after_it_was_opened(
    bootstrap: str, security: Security, prefix: str, topics: tuple[TopicSpec, ...]
) -> None:
    config = load_config(None, bootstrap=bootstrap, topic_prefix=prefix)
    producer = KafkaProducer(bootstrap, security, client_id="test")
    await producer.start()
    try:
        topic = config.topic(MESSAGES)
        await producer.send(topic, key=b"a", value=b"before")
        await producer.flush()
        async with (
            open_follower(bootstrap, security, [topic]) as youngest,
            open_follower(bootstrap, security, [topic], from_beginning=True) as whole,
        ):
            await producer.send(topic, key=b"a", value=b"after")
            await producer.flush()
            async with asyncio.timeout(20):
                seen: list[bytes | None] = []
                while not seen:
                    seen += [record.value for record in await youngest.take(0.2)]
            assert seen == [b"after"]
            assert [record.value for record in await whole.rest()] == [b"before", b"after"]
    finally:
        await producer.stop()
    sampled = await sample_keys(bootstrap, security, [topic])
    assert [placed.key for placed in sampled] == [b"a", b"a"]


async def test_following_a_topic_that_is_not_there_is_told(bootstrap: str, security: Security) -> None:
    with pytest.raises(UnknownTopicError, match="nowhere"):
        async with open_follower(bootstrap, security, ["nowhere"]):
            pass
