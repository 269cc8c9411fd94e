import signal
import subprocess
import sys

import pytest

from streams.cli.worker_child import send_settings

# A worker's beginning and end without what lies between.
CHILD = """
import signal, sys, time
from streams.cli.worker_child import await_settings
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print(await_settings(), flush=True)
time.sleep(60)
"""


@pytest.fixture
def child():
    process = subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    yield process
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        pipe.close()


def test_the_worker_gets_the_settings_of_its_supervisor(child: "subprocess.Popen[bytes]") -> None:
    send_settings(child, {"bootstrap": "127.0.0.1:1", "metrics_port": 0})
    assert child.stdout is not None
    assert child.stdout.readline() == b"{'bootstrap': '127.0.0.1:1', 'metrics_port': 0}\n"


def test_the_worker_leaves_in_order_when_its_supervisor_is_gone(child: "subprocess.Popen[bytes]") -> None:
    send_settings(child, {})
    assert child.stdout is not None
    assert child.stdin is not None
    child.stdout.readline()
    child.stdin.close()  # as the system does when the supervisor dies
    assert child.wait(10) == 7


def test_a_worker_whose_supervisor_dies_before_the_settings_has_nothing_to_do(child: "subprocess.Popen[bytes]") -> None:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.close()
    assert child.stdout.readline() == b"None\n"


def test_sending_to_a_worker_that_is_gone_is_no_error(child: "subprocess.Popen[bytes]") -> None:
    child.send_signal(signal.SIGKILL)
    child.wait()
    send_settings(child, {})
