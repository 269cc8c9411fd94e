"""The scorer: text in, score out, in three phases that a batcher may drive or in one call.

Order of work for one text: cut at 8,000 code points, language, masking of personal data, case references
and charged phrases on the masked text, then tokens of the masked text. The model never sees an unmasked
text.

Not thread-safe: one thread owns a scorer, because tokenizers are not thread-safe and one owner keeps the
order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.batching import DEFAULT_TOKEN_BUDGET, SMALL_BATCH, plan_batches
from models.calibration import DECIMALS
from models.case_refs import find_case_refs
from models.combination import combine, expected_intensity, likely_intensity
from models.formality import formality_of
from models.language import LanguageIdentifier
from models.lexicon import LexiconSet
from models.masking import mask
from models.protocol import SKETCH_WIDTH, FloatArray, HeadScores, Logits, Prepared, PreparedBatch, Runtime
from models.score import CaseRef, Request, Score, SentimentHead, Span
from models.spans import find_spans
from models.topics import topic_of
from schemas.labels import CUES, EMOTIONS, INTENTS, SENTIMENTS

MAX_CODE_POINTS: Final = 8_000
UNDETERMINED: Final = "und"


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """One request after everything that needs no model."""

    prepared: Prepared
    masked_text: str
    language: str
    spans: list[Span]
    case_refs: list[CaseRef]
    formality: str | None
    head: SentimentHead
    truncated: bool

    @property
    def tokens(self) -> int:
        """Tokens in all windows, unpadded."""
        return self.prepared.tokens


class Scorer:
    """A runtime with everything around it that a score needs."""

    def __init__(self, runtime: Runtime, *, language: LanguageIdentifier, lexicons: LexiconSet) -> None:
        """Compose from loaded parts; `models.registry.load_scorer` builds the usual ones."""
        self._runtime = runtime
        self._language = language
        self._lexicons = lexicons

    @property
    def identity(self) -> str:
        """The runtime's identity, which every score carries as `model`."""
        return self._runtime.identity

    @property
    def runtime(self) -> Runtime:
        """The runtime behind this scorer."""
        return self._runtime

    def score(self, requests: Sequence[Request], *, token_budget: int = DEFAULT_TOKEN_BUDGET) -> list[Score]:
        """Scores in the order of `requests`, any number of them; a score does not depend on the others."""
        prepared = self.prepare(requests)
        batches = self.plan(prepared, token_budget)
        return self.finish(prepared, batches, [self.forward(batch) for batch in batches])

    def prepare(self, requests: Sequence[Request]) -> list[PreparedRequest]:
        """Phase one: language, masking, spans and tokens. Results of several calls may be planned together."""
        readings = [self._read(request) for request in requests]
        prepared = self._runtime.prepare([reading.masked_text for reading in readings])
        return [
            PreparedRequest(
                prepared=windows,
                masked_text=reading.masked_text,
                language=reading.language,
                spans=find_spans(reading.masked_text, self._lexicons.for_language(reading.language)),
                case_refs=find_case_refs(reading.masked_text, reading.language),
                formality=formality_of(reading.masked_text, reading.language),
                head=request.head,
                truncated=reading.truncated,
            )
            for request, reading, windows in zip(requests, readings, prepared, strict=True)
        ]

    def plan(self, prepared: Sequence[PreparedRequest], token_budget: int) -> list[PreparedBatch]:
        """Which windows run together, each batch within `token_budget` padded tokens (one window at least)."""
        windows = [window for request in prepared for window in request.prepared.windows]
        owners = [owner for owner, request in enumerate(prepared) for _ in request.prepared.windows]
        return [
            PreparedBatch(
                tuple(windows[at] for at in plan.items),
                tuple(owners[at] for at in plan.items),
                plan.padded,
                tweets=any(prepared[owners[at]].head == "tweets" for at in plan.items),
            )
            for plan in plan_batches(
                [window.padded for window in windows],
                token_budget=token_budget,
                merge_below=SMALL_BATCH if self._runtime.ignores_padding else 0,
            )
        ]

    def forward(self, batch: PreparedBatch) -> Logits:
        """Phase two: the model, once."""
        return self._runtime.forward(batch)

    def finish(
        self, prepared: Sequence[PreparedRequest], batches: Sequence[PreparedBatch], logits: Sequence[Logits]
    ) -> list[Score]:
        """Phase three: scores of `prepared`, given the batches planned from it and their outputs."""
        parts: list[list[tuple[HeadScores, int]]] = [[] for _ in prepared]
        for batch, outputs in zip(batches, logits, strict=True):
            languages = [prepared[owner].language for owner in batch.owners]
            scores = self._runtime.finish(batch, outputs, languages)
            for owner, window, score in zip(batch.owners, batch.windows, scores, strict=True):
                parts[owner].append((score, window.tokens))
        return [
            self._score(request, combine(*zip(*own, strict=True))) if own else self._blank(request)
            for request, own in zip(prepared, parts, strict=True)
        ]

    def _read(self, request: Request) -> "_Reading":
        # Lone surrogates cannot be encoded; some JSON readers let them through.
        text = request.text[:MAX_CODE_POINTS].encode("utf-8", "replace").decode("utf-8")
        language = self._language.identify(text, hint=request.language_hint)
        return _Reading(mask(text, language), language, len(request.text) > MAX_CODE_POINTS)

    def _score(self, request: PreparedRequest, heads: HeadScores) -> Score:
        sentiments = heads.sentiment_service if request.head == "service" else heads.sentiment_tweets
        confidence = max(sentiments) if sentiments is not None else None
        intensity = heads.intensity
        valence = None
        if sentiments is not None and intensity is not None:
            valence = round((sentiments[2] - sentiments[0]) * expected_intensity(intensity) / 3, DECIMALS)
        doubtful = confidence is None or confidence < self._runtime.min_confidence
        return self._assemble(
            request,
            sentiment=SENTIMENTS[sentiments.index(max(sentiments))] if sentiments is not None else None,
            probabilities=dict(zip(SENTIMENTS, sentiments, strict=True)) if sentiments is not None else None,
            valence=valence,
            intensity=likely_intensity(intensity) if intensity is not None else None,
            heads=heads,
            confidence=confidence,
            abstain=doubtful or request.language == UNDETERMINED,
        )

    def _blank(self, request: PreparedRequest) -> Score:
        # Nothing was said: neutral by definition in every head the runtime has, and the score abstains.
        has = self._runtime.heads
        heads = HeadScores(
            arousal=0.0 if "arousal" in has else None,
            emotions=dict.fromkeys(EMOTIONS, 0.0) if "emotions" in has else None,
            intents=dict.fromkeys(INTENTS, 0.0) if "intents" in has else None,
            cues=dict.fromkeys(CUES, 0.0) if "cues" in has else None,
            emotions_present=() if "emotions" in has else None,
            intents_present=() if "intents" in has else None,
            cues_present=() if "cues" in has else None,
            sketch=np.zeros(SKETCH_WIDTH, dtype=np.float32) if "sketch" in has else None,
        )
        judges = f"sentiment_{request.head}" in has
        return self._assemble(
            request,
            sentiment="neutral" if judges else None,
            probabilities={"negative": 0.0, "neutral": 1.0, "positive": 0.0} if judges else None,
            valence=0.0 if judges and "intensity" in has else None,
            intensity=0 if "intensity" in has else None,
            heads=heads,
            confidence=0.0 if judges else None,
            abstain=True,
        )

    def _assemble(
        self,
        request: PreparedRequest,
        *,
        sentiment: str | None,
        probabilities: dict[str, float] | None,
        valence: float | None,
        intensity: int | None,
        heads: HeadScores,
        confidence: float | None,
        abstain: bool,
    ) -> Score:
        return Score(
            sentiment=sentiment,
            sentiment_probabilities=probabilities,
            valence=valence,
            arousal=heads.arousal,
            intensity=intensity,
            emotions=_dictionary(heads.emotions),
            intents=_dictionary(heads.intents),
            cues=_dictionary(heads.cues),
            emotions_present=_list(heads.emotions_present),
            intents_present=_list(heads.intents_present),
            cues_present=_list(heads.cues_present),
            sketch=_int8(heads.sketch),
            language=request.language,
            spans=request.spans,
            case_refs=request.case_refs,
            topic=topic_of(heads.intents, heads.intents_present),
            formality=request.formality,
            masked_text=request.masked_text,
            model=self._runtime.identity,
            confidence=confidence,
            abstain=abstain,
            degraded=self._runtime.degraded,
            truncated=request.truncated,
        )


@dataclass(frozen=True, slots=True)
class _Reading:
    masked_text: str
    language: str
    truncated: bool


def _dictionary(values: Mapping[str, float] | None) -> dict[str, float] | None:
    return dict(values) if values is not None else None


def _list(values: Sequence[str] | None) -> list[str] | None:
    return list(values) if values is not None else None


def _int8(sketch: FloatArray | None) -> list[int] | None:
    return None if sketch is None else np.clip(np.round(sketch), -127, 127).astype(np.int8).tolist()
