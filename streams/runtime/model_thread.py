"""The one thread that owns tokenizer and model, and what happens when they fail or fall behind."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from schemas.inputs import JourneyEvent
from streams.runtime import telemetry as measured
from streams.runtime.scored_log import Entry, Input, LogContext, TextScorer, entries_of
from streams.runtime.telemetry import Telemetry


class ModelThread:
    """Scores batches off the event loop, one at a time: tokenizers are not thread-safe.

    Args:
        lexicon: answers in degraded mode; None switches that mode off.
        degrade_after_s: age of a batch's oldest text at which the lexicon answers instead; None never.
    """

    def __init__(
        self,
        scorer: TextScorer,
        *,
        lexicon: TextScorer | None,
        degrade_after_s: float | None,
        telemetry: Telemetry,
    ) -> None:
        self._scorer = scorer
        self._lexicon = lexicon
        self._degrade_after_s = degrade_after_s
        self._telemetry = telemetry
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="peakend-model")

    async def entries(self, records: list[Input], oldest_s: float, context: LogContext) -> list[Entry]:
        """The entries of some records, in order; scoring, masking and encoding are all off the event loop.

        Args:
            oldest_s: for how long the oldest of them has waited.
        """
        texts = sum(not isinstance(record, JourneyEvent) for record in records)
        scorer = self._scorer
        if self._lexicon is not None and self._degrade_after_s is not None and oldest_s > self._degrade_after_s:
            scorer = self._lexicon
            self._telemetry.count(measured.DEGRADED, by=texts)
        begun = time.monotonic()
        entries = await asyncio.get_running_loop().run_in_executor(self._thread, entries_of, records, scorer, context)
        if texts:
            self._telemetry.observe(measured.BATCH_TEXTS, texts)
            self._telemetry.observe(measured.BATCH_DURATION, time.monotonic() - begun)
        return entries

    def close(self) -> None:
        """Ends the thread; what it is at is finished."""
        self._thread.shutdown(wait=False, cancel_futures=True)
