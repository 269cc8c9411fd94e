import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from streams.cli.supervisor import Backoff, Supervisor
from streams.runtime.failures import EXIT_CRASHED, EXIT_HALTED

QUICK = Backoff(first_s=0.05, most_s=0.2, healthy_s=60)


def child(code: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-S", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def starting(*codes: str) -> tuple[Callable[[], "subprocess.Popen[bytes]"], list["subprocess.Popen[bytes]"]]:
    left: Iterator[str] = iter(codes)
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        started.append(child(next(left)))
        return started[-1]

    return start, started


def close(children: list["subprocess.Popen[bytes]"]) -> None:
    for process in children:
        assert process.poll() is not None
        if process.stdout is not None:
            process.stdout.close()


def test_a_crash_is_followed_by_a_new_start_after_a_growing_wait() -> None:
    crash = f"raise SystemExit({EXIT_CRASHED})"
    start, started = starting(crash, crash, "")
    told: list[str] = []
    assert Supervisor(start, told.append, backoff=QUICK).run() == 0
    assert len(started) == 3
    assert len(told) == 2
    assert f"status {EXIT_CRASHED}" in told[0]
    close(started)


def test_a_halt_stays() -> None:
    start, started = starting(f"raise SystemExit({EXIT_HALTED})")
    assert Supervisor(start, lambda _: None, backoff=QUICK).run() == EXIT_HALTED
    close(started)


def test_a_killed_child_is_started_again() -> None:
    start, started = starting("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "")
    assert Supervisor(start, lambda _: None, backoff=QUICK).run() == 0
    assert started[0].returncode == -9
    close(started)


def test_stop_ends_the_child_in_order() -> None:
    start, started = starting(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
        "print('up', flush=True)\n"
        "time.sleep(60)"
    )
    supervisor = Supervisor(start, lambda _: None, backoff=QUICK)
    status: list[int] = []
    running = threading.Thread(target=lambda: status.append(supervisor.run()))
    running.start()
    up(started)
    supervisor.stop()
    running.join(10)
    assert status == [0]
    assert len(started) == 1
    close(started)


def test_a_second_stop_ends_a_child_that_does_not_listen() -> None:
    start, started = starting(
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(60)"
    )
    supervisor = Supervisor(start, lambda _: None, backoff=QUICK)
    running = threading.Thread(target=supervisor.run)
    running.start()
    up(started)
    supervisor.stop()
    supervisor.stop()
    running.join(10)
    assert not running.is_alive()
    assert started[0].returncode == -9
    close(started)


def test_a_child_that_does_not_listen_is_ended_after_the_patience() -> None:
    start, started = starting(
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(60)"
    )
    supervisor = Supervisor(start, lambda _: None, backoff=QUICK, patience_s=0.2)
    running = threading.Thread(target=supervisor.run)
    running.start()
    up(started)
    supervisor.stop()
    running.join(10)
    assert started[0].returncode == -9
    close(started)


def test_stop_ends_a_wait_between_starts() -> None:
    start, started = starting("raise SystemExit(1)")
    waiting = threading.Event()
    supervisor = Supervisor(start, lambda _: waiting.set(), backoff=Backoff(first_s=60, most_s=60))
    running = threading.Thread(target=supervisor.run)
    running.start()
    assert waiting.wait(10)
    supervisor.stop()
    running.join(5)
    assert not running.is_alive()
    close(started)


@pytest.mark.parametrize(("crashes", "wait_s"), [(1, 1), (2, 2), (5, 16), (6, 30), (500, 30)])
def test_the_wait_doubles_to_half_a_minute(crashes: int, wait_s: float) -> None:
    assert Backoff().wait_s(crashes) == wait_s


def up(started: list["subprocess.Popen[bytes]"]) -> None:
    """Waits until the child has its signal handlers."""
    deadline = time.monotonic() + 10
    while not started and time.monotonic() < deadline:
        time.sleep(0.01)
    assert started[0].stdout is not None
    assert started[0].stdout.readline() == b"up\n"
