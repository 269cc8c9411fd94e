import logging
import sys

from streams.cli.log_lines import OneLine


def record(message: str, *, error: bool = False) -> logging.LogRecord:
    info = None
    if error:
        try:
            raise ValueError("two\nlines")
        except ValueError:
            info = sys.exc_info()
    made = logging.LogRecord("streams.x", logging.WARNING, __file__, 1, message, None, info)
    made.created, made.msecs = 1_750_000_000.25, 250.0
    return made


def test_a_record_is_a_line_with_time_in_utc() -> None:
    assert OneLine().format(record("halted")) == "2025-06-15T15:06:40.250Z WARNING streams.x halted"


def test_a_traceback_stays_on_the_line() -> None:
    line = OneLine().format(record("the worker\ncrashes", error=True))
    assert "\n" not in line
    assert line.endswith("ValueError: two | lines")
