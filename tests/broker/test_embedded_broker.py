import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from streams.kafka.admin import Creation, create_topics, describe_topics
from streams.kafka.broker_process import BrokerError
from streams.kafka.embedded import EmbeddedBroker
from streams.kafka.security import Security
from streams.topics import topic_list

PLAIN = Security()

CRASHING_PARENT = """
import sys, time
from pathlib import Path
from streams.kafka.embedded import EmbeddedBroker
broker = EmbeddedBroker().start()
print(broker.pid, broker.folder, flush=True)
time.sleep(120)
"""


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie still has its number; nobody may have collected it yet.
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] == "Z")


async def test_topics_and_ports_survive_a_kill_and_a_temporary_folder_goes_with_the_stop() -> None:
    broker = EmbeddedBroker()
    with pytest.raises(BrokerError, match="not started"):
        _ = broker.bootstrap
    async with broker:
        assert broker.start() is broker
        first, folder = broker.bootstrap, broker.folder
        created = await create_topics(first, PLAIN, topic_list())
        assert set(created.values()) == {Creation.CREATED}
        broker.kill()
        assert not broker.running
        broker.restart()
        assert broker.bootstrap == first
        assert set(await describe_topics(first, PLAIN, set(created))) == set(created)
    assert not broker.running
    assert not folder.exists()
    broker.stop()


async def test_a_given_folder_keeps_topics_and_log_and_takes_one_broker_at_a_time(tmp_path: Path) -> None:
    topic = topic_list()[0]
    async with EmbeddedBroker(tmp_path / "broker") as broker:
        await create_topics(broker.bootstrap, PLAIN, [topic])
        with pytest.raises(BrokerError, match="another broker uses"):
            EmbeddedBroker(tmp_path / "broker").start()
    async with EmbeddedBroker(tmp_path / "broker") as again:
        assert topic.name in await describe_topics(again.bootstrap, PLAIN, {topic.name})
        assert "Kafka Server started" in again.log_file.read_text()


def test_a_broker_dies_with_its_killed_parent_and_its_temporary_folder_goes() -> None:
    parent = subprocess.Popen([sys.executable, "-c", CRASHING_PARENT], stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout is not None
        pid, folder = parent.stdout.readline().split()
        assert _lives(int(pid))
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        deadline = time.monotonic() + 10
        while (_lives(int(pid)) or Path(folder).exists()) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not _lives(int(pid))
        assert not Path(folder).exists()
    finally:
        parent.kill()
        parent.wait()
        assert parent.stdout is not None
        parent.stdout.close()


def test_a_start_that_fails_says_why_and_leaves_nothing_running(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path, properties={"listeners": "NONSENSE"})
    with pytest.raises(BrokerError, match="listeners"):
        broker.start()
    assert not broker.running
