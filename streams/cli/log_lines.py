"""The worker's log: one line a record on standard error, times in UTC, no personal data."""

import logging
import sys
import time
from typing import Final

_OURS: Final = ("streams", "models", "schemas")
_FAUST_SPEAKS_AS: Final = "streams.agents.faust_app"
"""Faust's services log by the name of the module where their class stands: each start and stop of each service."""


class OneLine(logging.Formatter):
    """A record with its traceback on one line, so that nothing that reads logs line by line tears it apart."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its line feed."""
        return " | ".join(line.rstrip() for line in super().format(record).splitlines() if line.strip())


def log_to_stderr(level: str) -> None:
    """Sends our records of `level` and above to standard error, and warnings of the libraries."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in _OURS:
        logging.getLogger(name).setLevel(level.upper())
    # Its warnings are of its own bookkeeping; what concerns people comes as an error.
    logging.getLogger(_FAUST_SPEAKS_AS).setLevel(logging.ERROR)
