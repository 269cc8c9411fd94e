import os
import subprocess
import sys
from pathlib import Path

from streams.demo.session_file import Session, announced, running_demo


def test_a_running_demo_is_found_and_gone_at_its_end(tmp_path: Path) -> None:
    session = Session(os.getpid(), "127.0.0.1:9", "demo.")
    with announced(tmp_path / "cache", session):
        assert running_demo(tmp_path / "cache") == session
    assert running_demo(tmp_path / "cache") is None
    assert list((tmp_path / "cache").iterdir()) == []


def test_what_a_killed_demo_left_behind_is_no_demo(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-S", "-c", ""])
    dead.wait()
    with announced(tmp_path, Session(dead.pid, "127.0.0.1:9", "")):
        assert running_demo(tmp_path) is None


def test_of_two_demos_the_one_started_later_is_found(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE)
    later = Session(other.pid, "127.0.0.1:2", "")
    first = Session(os.getpid(), "127.0.0.1:1", "")
    with announced(tmp_path, first):
        with announced(tmp_path, later):
            assert running_demo(tmp_path) == later
        assert running_demo(tmp_path) == first
    other.communicate()


def test_a_file_of_another_form_is_no_demo(tmp_path: Path) -> None:
    (tmp_path / "demo-1.json").write_text('{"pid": 1, "colour": "blue"}')
    assert running_demo(tmp_path) is None
