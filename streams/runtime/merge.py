"""Merges the input topics of one partition by record time, so that `ended` never overtakes the last words.

Topics have no order between them. A record may go on when every other topic has been read past its time, or to its
end. Utterances accept the end as last known; a journey event, which arrives faster than the words it follows, asks
for an end that was looked up after it was read.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Waiting(Generic[T]):
    item: T
    time_ms: int
    read_at: int


@dataclass(slots=True)
class _Lane(Generic[T]):
    careful: bool
    position: int | None = None
    end: int | None = None
    end_seen: int = -1
    clock_ms: int = -1
    queue: deque[_Waiting[T]] = field(default_factory=deque)


class TimestampMerge(Generic[T]):
    """The lanes (topics) of one partition number. Pure: the caller brings records, positions and ends.

    Args:
        lanes: topic names, in the order in which records of equal time go on.
        careful: those among them whose records wait for an end looked up after they were read.
    """

    def __init__(self, lanes: Sequence[str], careful: frozenset[str]) -> None:
        self._lanes: dict[str, _Lane[T]] = {name: _Lane(name in careful) for name in lanes}
        self._rank = {name: rank for rank, name in enumerate(lanes)}
        self._reads = 0

    def start(self, lane: str, position: int) -> None:
        """`position` is the offset of the first record that will come."""
        self._lanes[lane].position = position

    def push(self, lane: str, item: T, *, offset: int, time_ms: int) -> None:
        """One record read. Within a lane the order stays that of the offsets, whatever the times say."""
        entry = self._lanes[lane]
        entry.position = offset + 1
        entry.clock_ms = max(entry.clock_ms, time_ms)
        self._reads += 1
        entry.queue.append(_Waiting(item, entry.clock_ms, self._reads))

    def mark(self) -> int:
        """To be taken before ends are looked up, and given back with them."""
        return self._reads

    def ends(self, ends: dict[str, int], mark: int) -> None:
        """End offsets looked up after `mark` was taken."""
        for lane, end in ends.items():
            entry = self._lanes[lane]
            entry.end = end if entry.end is None else max(entry.end, end)
            entry.end_seen = max(entry.end_seen, mark)

    def passed(self, lane: str, position: int) -> None:
        """The reader itself stands at `position`: offsets before it that never came hold no records."""
        entry = self._lanes[lane]
        if entry.position is None or position > entry.position:
            entry.position = position

    def waiting(self, lane: str) -> int:
        """Records of a lane that were read and may not go on yet."""
        return len(self._lanes[lane].queue)

    def blocked(self) -> bool:
        """Whether records wait."""
        return any(lane.queue for lane in self._lanes.values())

    def take(self) -> list[T]:
        """All records that may go on now, in order."""
        ready: list[T] = []
        while (head := self._next()) is not None:
            ready.append(head)
        return ready

    def _next(self) -> T | None:
        heads = [(lane.queue[0].time_ms, self._rank[name], name) for name, lane in self._lanes.items() if lane.queue]
        if not heads:
            return None
        _, _, name = min(heads)
        lane = self._lanes[name]
        head = lane.queue[0]
        for other_name, other in self._lanes.items():
            # A head of another lane is later than this one, by the choice of the smallest.
            if other_name == name or other.queue:
                continue
            at_end = other.end is not None and other.position is not None and other.position >= other.end
            if not at_end or (lane.careful and other.end_seen < head.read_at):
                return None
        lane.queue.popleft()
        return head.item
