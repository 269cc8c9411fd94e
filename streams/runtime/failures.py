"""How a worker ends: a crash is started again, a halt is not."""

from typing import Final

EXIT_HALTED: Final = 78
"""Exit status of a deliberate halt (sysexits EX_CONFIG): somebody must act, starting again would not help."""

EXIT_CRASHED: Final = 75
"""Exit status of an end that a fresh start mends (sysexits EX_TEMPFAIL)."""


class Halt(Exception):  # noqa: N818 - it is an order, not only an error
    """The worker must stop and stay stopped; the message says why and what to do."""


class LogGapError(RuntimeError):
    """Offsets of a partition came with a hole: applying on would lose events, so the worker crashes instead."""


class StateAheadError(Halt):
    """Saved state has applied offsets that the log does not have: the topic was recreated or truncated."""
