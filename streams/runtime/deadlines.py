"""Which conversations of a partition are due when, by the broker's clock."""

import heapq


class Deadlines:
    """A queue of due times with one entry that counts for each key."""

    def __init__(self) -> None:
        self._due: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []

    def plan(self, key: str, due_ms: int | None) -> None:
        """Sets, moves or (None) removes the key's due time."""
        if due_ms is None:
            self._due.pop(key, None)
            return
        if self._due.get(key) == due_ms:
            return
        self._due[key] = due_ms
        heapq.heappush(self._heap, (due_ms, key))
        # Entries that were overtaken stay in the heap; it is rebuilt before they outnumber the others.
        if len(self._heap) > 64 and len(self._heap) > 2 * len(self._due):
            self._heap = [(due, name) for name, due in self._due.items()]
            heapq.heapify(self._heap)

    def due(self, now_ms: int, limit: int) -> list[str]:
        """At most `limit` keys whose time has come, earliest first; they stay planned."""
        found: list[tuple[int, str]] = []
        seen: set[str] = set()
        while self._heap and self._heap[0][0] <= now_ms and len(found) < limit:
            due_ms, key = heapq.heappop(self._heap)
            if self._due.get(key) == due_ms and key not in seen:
                found.append((due_ms, key))
                seen.add(key)
        for entry in found:
            heapq.heappush(self._heap, entry)
        return [key for _, key in found]

    def next_ms(self) -> int | None:
        """The earliest due time."""
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None
