import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.kafka import launcher

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list["subprocess.Popen[bytes]"]]:
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _launch(
    processes: list["subprocess.Popen[bytes]"], lock: Path, remove: str = "", program: tuple[str, ...] = SLEEP
) -> tuple["subprocess.Popen[bytes]", int]:
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", launcher.__file__, str(lock), remove, "--", *program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    )
    processes.append(process)
    assert process.stdout is not None
    return process, int(process.stdout.readline() or -1)


def _gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize(("order", "number"), [(b"T", signal.SIGTERM), (b"K", signal.SIGKILL)])
def test_orders_end_the_program(
    tmp_path: Path, started: list["subprocess.Popen[bytes]"], order: bytes, number: int
) -> None:
    process, pid = _launch(started, tmp_path / "lock")
    assert process.stdin is not None
    process.stdin.write(order)
    assert process.wait(10) == 128 + number
    assert _gone(pid)


def test_the_end_of_the_pipe_ends_the_program_and_removes_the_folder(
    tmp_path: Path, started: list["subprocess.Popen[bytes]"]
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    process, pid = _launch(started, tmp_path / "lock", str(folder))
    assert process.stdin is not None
    process.stdin.close()
    process.wait(10)
    assert _gone(pid)
    assert not folder.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_killed_launcher_takes_the_program_with_it(tmp_path: Path, started: list["subprocess.Popen[bytes]"]) -> None:
    process, pid = _launch(started, tmp_path / "lock")
    process.kill()
    process.wait()
    assert _gone(pid)


def test_a_signal_to_the_launcher_reaches_the_program(tmp_path: Path, started: list["subprocess.Popen[bytes]"]) -> None:
    process, pid = _launch(started, tmp_path / "lock")
    process.terminate()
    assert process.wait(10) == 128 + signal.SIGTERM
    assert _gone(pid)


def test_the_status_is_the_programs(tmp_path: Path, started: list["subprocess.Popen[bytes]"]) -> None:
    process, _ = _launch(started, tmp_path / "lock", program=(sys.executable, "-c", "raise SystemExit(3)"))
    assert process.wait(10) == 3


def test_a_folder_takes_one_program(tmp_path: Path, started: list["subprocess.Popen[bytes]"]) -> None:
    _launch(started, tmp_path / "lock")
    process, pid = _launch(started, tmp_path / "lock")
    assert pid == -1
    assert process.wait(10) == launcher.LOCK_REFUSED
