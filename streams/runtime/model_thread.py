"""The one thread that owns tokenizer and model, and what happens when they fail or fall behind."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from streams.runtime import telemetry as measured
from streams.runtime.scored_log import ScoreRequest, TextScorer
from streams.runtime.telemetry import Telemetry

Answer = dict[str, Any] | Exception


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
        self.scorer = scorer
        self._lexicon = lexicon
        self._degrade_after_s = degrade_after_s
        self._telemetry = telemetry
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="peakend-model")

    async def answers(self, requests: list[ScoreRequest], oldest_s: float) -> list[Answer]:
        """For each request the scoring fields, or the failure of that one text.

        Args:
            oldest_s: for how long the oldest of them has waited.
        """
        scorer = self.scorer
        if self._lexicon is not None and self._degrade_after_s is not None and oldest_s > self._degrade_after_s:
            scorer = self._lexicon
            self._telemetry.count(measured.DEGRADED, by=len(requests))
        begun = time.monotonic()
        answers = await self._scored(scorer, requests)
        self._telemetry.observe(measured.BATCH_TEXTS, len(requests))
        self._telemetry.observe(measured.BATCH_DURATION, time.monotonic() - begun)
        return answers

    async def _scored(self, scorer: TextScorer, requests: list[ScoreRequest]) -> list[Answer]:
        loop = asyncio.get_running_loop()
        try:
            return list(await loop.run_in_executor(self._thread, scorer.score, requests))
        except Exception as error:  # noqa: BLE001 - a text on which the scorer fails is kept whole as a dead letter
            if len(requests) == 1:
                return [error]
        # One text must not take its batch with it: each is tried alone.
        return [answer for request in requests for answer in await self._scored(scorer, [request])]

    def close(self) -> None:
        """Ends the thread; what it is at is finished."""
        self._thread.shutdown(wait=False, cancel_futures=True)
