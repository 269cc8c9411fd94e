"""Several recordings as one, in the order of time."""

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from pathlib import Path

from streams.runtime.recording import Recorded, read


def interleave(recordings: Sequence[Iterable[Recorded]]) -> Iterator[Recorded]:
    """The records of all `recordings` by record time; within a recording their order stays, whatever times say."""
    lanes = [_clocked(recording, rank) for rank, recording in enumerate(recordings)]
    return (record for _, _, _, record in merge(*lanes, key=lambda entry: entry[:3]))


def read_all(paths: Sequence[Path]) -> Iterator[Recorded]:
    """The records of all files, interleaved.

    Raises:
        RecordingError, OSError: as `streams.runtime.recording.read`.
    """
    return interleave([read(path) for path in paths])


def _clocked(recording: Iterable[Recorded], rank: int) -> Iterator[tuple[int, int, int, Recorded]]:
    clock = 0
    for index, record in enumerate(recording):
        clock = max(clock, record.timestamp_ms)
        yield clock, rank, index, record
