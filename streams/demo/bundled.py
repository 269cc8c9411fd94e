"""The recordings that come with peakend."""

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "recordings"


class NoRecordingsError(FileNotFoundError):
    """The package was installed without its recordings."""


def bundled_recordings() -> list[Path]:
    """The files, one conversation each, by name.

    Raises:
        NoRecordingsError: there are none.
    """
    found = sorted(FOLDER.glob("*.jsonl"))
    if not found:
        raise NoRecordingsError("the bundled recordings are missing; install peakend again")
    return found
