"""The worker process under its supervisor: settings come by standard input, whose end is its end.

The pipe is the leash: when the supervisor is gone, even by kill -9, the system closes its end, and the worker
leaves in order. That works on every platform and whatever thread started the worker.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import IO, Any, Final

import orjson

from streams.runtime.failures import EXIT_CRASHED

_GRACE_S: Final = 8.0
"""Seconds for an orderly end after the supervisor is gone."""


def start_worker(
    stage: str, *, stdout: int | IO[bytes] | None = None, stderr: int | IO[bytes] | None = None
) -> "subprocess.Popen[bytes]":
    """Starts the worker's process, which loads its packages and waits for `send_settings`."""
    return subprocess.Popen(
        [sys.executable, "-m", "streams.cli", "worker", "--stage", stage, "--supervised"],
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        # Nothing of ours waits in a buffer, to fail when the pipe to a worker that is gone is closed.
        bufsize=0,
        # Ctrl-C in a terminal is for the supervisor, which passes it on once.
        start_new_session=True,
    )


def send_settings(child: "subprocess.Popen[bytes]", settings: Mapping[str, object]) -> None:
    """Lets the worker begin, with `settings` over those of environment and file. One that is gone gets nothing."""
    if child.stdin is None:
        raise ValueError("the worker was not started by start_worker")
    try:
        child.stdin.write(orjson.dumps(dict(settings), option=orjson.OPT_APPEND_NEWLINE))
        child.stdin.flush()
    except BrokenPipeError:
        pass  # waiting for it tells its exit status


def await_settings() -> dict[str, Any] | None:
    """In the worker: the settings that the supervisor sends, None if it is gone. From then on we go when it goes."""
    line = sys.stdin.buffer.readline()
    if not line:
        return None
    threading.Thread(target=_leave_with_supervisor, name="peakend-leash", daemon=True).start()
    settings: dict[str, Any] = orjson.loads(line)
    return settings


def _leave_with_supervisor() -> None:
    # Below Python's buffered reader, whose lock must be free when the interpreter ends.
    while os.read(sys.stdin.fileno(), 4096):
        pass
    last_resort = threading.Timer(_GRACE_S, os._exit, args=(EXIT_CRASHED,))
    last_resort.daemon = True
    last_resort.start()
    os.kill(os.getpid(), signal.SIGTERM)
