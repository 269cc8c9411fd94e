"""Time from an utterance being on its topic to its moment being on its topic, as a reader of both sees it."""

import math


class Latencies:
    """Pairs utterances with the moments that they opened. Times in milliseconds of one clock.

    Record times cannot be used: a replay faster than life keeps the spacing of the conversations, so that all but
    the last record bear times of the past.
    """

    def __init__(self) -> None:
        self._said: dict[str, int] = {}
        self._took: list[int] = []

    def __len__(self) -> int:
        return len(self._took)

    def said(self, utterance_id: str, seen_ms: int) -> None:
        """An utterance was seen. A later revision of a segment starts anew."""
        self._said[utterance_id] = seen_ms

    def found(self, utterance_id: str, seen_ms: int) -> None:
        """A moment that the utterance opened was seen."""
        said = self._said.get(utterance_id)
        if said is not None:
            self._took.append(max(0, seen_ms - said))

    def percentile(self, share: float) -> int | None:
        """The latency in milliseconds that `share` of the pairs do not exceed (nearest rank); None without pairs."""
        if not self._took:
            return None
        ordered = sorted(self._took)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
