"""Runs a program and ends it when its starter is gone: `python launcher.py LOCK REMOVE -- PROGRAM ...`.

The embedded broker's Java process must not outlive us, not even after a kill -9 of ours, when nothing of ours
runs any more. So a process of its own stands between: it holds the read end of a pipe (its standard input)
whose only write end is ours, and the end of the pipe is the end of the program. It is started by path with
`python -I`, so it imports the standard library only.

Standard input: `T` ends the program gracefully, `K` at once, end of file gracefully and at once after
`ABANDONED_GRACE` seconds. Standard output: the program's process id, on one line. Exit status: the program's;
`LOCK_REFUSED` when another launcher holds the file LOCK. REMOVE is a folder to delete after an end of file,
or "".
"""

import ctypes
import fcntl
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from types import FrameType

LOCK_REFUSED = 75
ABANDONED_GRACE = 5.0
_LOCK_PATIENCE = ABANDONED_GRACE + 1.0
_PARENT_CHECK = 1.0
_PR_SET_PDEATHSIG = 1


def _hold(path: str) -> bool:
    """Take the lock for as long as this process lives; wait some seconds for a dying predecessor."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + _LOCK_PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        else:
            return True


def _die_with_launcher() -> None:
    """On Linux the kernel ends the program even when this launcher itself is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _wakeups() -> int:
    """A descriptor from which the signal's number is read when a child ends or we are asked to stop."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)

    def note(_number: int, _frame: FrameType | None) -> None:
        """The number arrives by the descriptor; a handler must be there for that."""

    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, note)
    return readable


def _end(program: "subprocess.Popen[bytes]") -> None:
    program.terminate()
    try:
        program.wait(ABANDONED_GRACE)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()


def run(lock: str, remove: str, command: list[str]) -> int:
    """Run `command` until it ends or must end; returns its exit status, 128 + signal if a signal ended it."""
    parent = os.getppid()
    if not _hold(lock):
        return LOCK_REFUSED
    wakeups = _wakeups()
    # S603: the command is our caller's; PLW1509: this process has one thread, so preexec_fn is safe.
    program = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        preexec_fn=_die_with_launcher,  # noqa: PLW1509
    )
    print(program.pid, flush=True)  # noqa: T201 - the answer to our caller
    while program.poll() is None:
        readable, _, _ = select.select([0, wakeups], [], [], _PARENT_CHECK)
        signals = os.read(wakeups, 64) if wakeups in readable else b""
        order = os.read(0, 1) if 0 in readable else None
        # A forked sibling may hold the pipe open; a new parent shows that ours is gone all the same.
        if order == b"" or os.getppid() != parent:
            _end(program)
            if remove:
                shutil.rmtree(remove, ignore_errors=True)
        elif order == b"K":
            program.kill()
        elif order == b"T" or set(signals) - {signal.SIGCHLD}:
            program.terminate()
    status = program.returncode
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], sys.argv[2], sys.argv[4:]))
