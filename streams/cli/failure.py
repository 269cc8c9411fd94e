"""What a user is told of an error, and the exit status."""

import errno
from dataclasses import dataclass
from typing import Final

EXIT_FAILED: Final = 1
EXIT_UNEXPECTED: Final = 70
"""An error that nobody thought of (sysexits EX_SOFTWARE)."""

_OURS: Final = frozenset({"schemas", "models", "streams"})


@dataclass(frozen=True, slots=True)
class Failure:
    """One error for people: a message that says what to do, and the status to exit with."""

    message: str
    status: int


def explain(error: Exception) -> Failure | None:
    """What to tell of `error`; None if it is the command line's own business (usage, exit, a closed pipe).

    Every exception that our packages define is written for the person who meets it, so its message is shown as it
    is. Only the type of an error that nobody expected is shown: its message could hold what a customer wrote.
    """
    package = type(error).__module__.partition(".")[0]
    if package == "typer" or (isinstance(error, OSError) and error.errno == errno.EPIPE):
        return None
    if package in _OURS:
        return Failure(str(error) or type(error).__name__, _status(error))
    if package == "aiokafka":
        return Failure(f"Kafka refused: {type(error).__name__}: {error}", EXIT_FAILED)
    if isinstance(error, OSError):
        return Failure(_file_error(error), EXIT_FAILED)
    return Failure(
        f"unexpected {type(error).__name__}; run it again as `peakend --debug ...` and report what that prints",
        EXIT_UNEXPECTED,
    )


def _status(error: Exception) -> int:
    # Imported here, as every start of the program imports this module.
    from streams.runtime.failures import EXIT_HALTED, Halt  # noqa: PLC0415

    return EXIT_HALTED if isinstance(error, Halt) else EXIT_FAILED


def _file_error(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename else reason
