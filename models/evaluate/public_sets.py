"""The public test sets: which file, which language, measured how. Nothing here is ever trained or tuned on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.evaluate.judge import Judge, present, probabilities, sentiments
from models.evaluate.metrics import area_under_curve, calibration_error, confusion, label_f1, macro_f1
from models.evaluate.mistakes import worst
from models.train.label_maps import LABELS, LabelMap, load_label_maps
from models.train.rows import read_jsonl, their_labels, unescape
from schemas.labels import EMOTIONS, SENTIMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table: ``value`` is what the measure named ``measure`` gave on ``rows`` rows."""

    name: str
    measure: str
    value: float
    rows: int
    more: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PublicSet:
    """Files under ``public_test/`` that make one line, their language, and the label table where labels are mapped."""

    name: str
    files: tuple[str, ...]
    language: str
    kind: str
    table: str = ""


def _sentiment(*names: tuple[str, str, tuple[str, ...]]) -> tuple[PublicSet, ...]:
    return tuple(PublicSet(name, files, language, "sentiment") for name, language, files in names)


def _labels(*names: tuple[str, str, str, tuple[str, ...]]) -> tuple[PublicSet, ...]:
    return tuple(PublicSet(name, files, language, "labels", table) for name, language, table, files in names)


SETS: Final = (
    *_sentiment(
        ("umsab_en", "en", ("umsab_en_test",)),
        ("umsab_es", "es", ("umsab_es_test",)),
        ("umsab_pt", "pt", ("umsab_pt_test",)),
        ("airline_customers_en", "en", ("airline_customers_en",)),
        ("airline_customers_es", "es", ("airline_customers_es",)),
        ("hotel_reviews_ca", "ca", ("hotel_reviews_ca_train", "hotel_reviews_ca_dev")),
        ("hotel_reviews_en", "en", ("hotel_reviews_en_test",)),
        ("hotel_reviews_es", "es", ("hotel_reviews_es_test",)),
    ),
    *_labels(
        ("emoevent_en", "en", "emoevent", ("emoevent_en_test",)),
        ("emoevent_es", "es", "emoevent", ("emoevent_es_test",)),
        ("brighter_en", "en", "brighter", ("brighter_en_dev",)),
        ("brighter_es", "es", "brighter", ("brighter_es_dev",)),
        ("brighter_pt", "pt", "brighter", ("brighter_pt_dev",)),
        ("goemotions", "en", "goemotions", ("goemotions_test",)),
        ("banking77", "en", "banking77", ("banking77_test",)),
        ("clinc150", "en", "clinc150", ("clinc150_test", "clinc150_oos_test")),
        ("nlupp", "en", "nlupp", ("nlupp_public",)),
        ("multidogo", "en", "multidogo", ("multidogo_test",)),
    ),
    PublicSet("support_chats_pt", ("support_chats_pt",), "pt", "support_chats"),
    PublicSet("turn_satisfaction_en", ("turn_satisfaction_en",), "en", "turn_satisfaction"),
)
UNHAPPY: Final = frozenset({"anger", "frustration", "disappointment"})
DISSATISFIED: Final = 2.5
"""Mean rating (1-5) at or below which raters found the customer dissatisfied."""


def measure(public: PublicSet, folder: Path, judge: Judge, limit: int | None = None) -> list[Result]:
    """The lines of one set, on at most ``limit`` rows spread evenly over it. Raises DataError when a file is absent."""
    rows = [row for name in public.files for row in read_jsonl(folder / f"{name}.jsonl.gz")]
    if limit is not None and len(rows) > limit:
        rows = [rows[at * len(rows) // limit] for at in range(limit)]
    kinds: dict[str, Callable[[PublicSet, Sequence[dict[str, Any]], Judge], list[Result]]] = {
        "sentiment": _measure_sentiment,
        "labels": _measure_labels,
        "support_chats": _measure_support_chats,
        "turn_satisfaction": _measure_turn_satisfaction,
    }
    return kinds[public.kind](public, rows, judge)


def _measure_sentiment(public: PublicSet, rows: Sequence[dict[str, Any]], judge: Judge) -> list[Result]:
    # Hotel sentences labelled "mixed" have no class of ours.
    chosen = [row for row in rows if row["sentiment"] in SENTIMENTS]
    truth = np.array([SENTIMENTS.index(row["sentiment"]) for row in chosen])
    texts = [unescape(row["text"]) for row in chosen]
    scores = judge.scores(texts, public.language, tweets=True)
    odds = sentiments(scores, "sentiment_tweets")
    answer = odds.argmax(1)
    more = {
        "expected_calibration_error": round(calibration_error(odds.max(1), answer == truth), 4),
        "confusion": confusion(truth, answer, len(SENTIMENTS)),
        "service_head_macro_f1": round(macro_f1(truth, sentiments(scores, "sentiment_service").argmax(1), 3), 4),
        "worst": worst(texts, truth, odds),
    }
    return [Result(public.name, "sentiment macro-F1 (tweets head)", macro_f1(truth, answer, 3), len(chosen), more)]


def _measure_labels(public: PublicSet, rows: Sequence[dict[str, Any]], judge: Judge) -> list[Result]:
    table: LabelMap = load_label_maps()[public.table]
    targets, texts = [], []
    for row in rows:
        mapped = table.translate(their_labels(row))
        if mapped is not None:
            targets.append([np.nan if value is None else value for value in mapped.values()])
            texts.append(unescape(row["text"]))
    truth = np.array(targets, np.float64)
    micro, macro = label_f1(truth, present(judge.scores(texts, public.language), table.head))
    more = {"macro_f1": round(macro, 4), "labels": [x for x in LABELS[table.head] if x in table.annotates]}
    return [Result(public.name, f"{table.head} micro-F1 (mapped labels)", micro, len(texts), more)]


def _measure_support_chats(public: PublicSet, rows: Sequence[dict[str, Any]], judge: Judge) -> list[Result]:
    texts, unhappy = [], []
    for row in rows:
        for turn in row["turns"]:
            if turn["role"] != "customer" or not turn.get("emotions"):
                continue
            for sentence, emotions in zip(turn["sentences"], turn["emotions"], strict=False):
                given = set(emotions if isinstance(emotions, list) else str(emotions).replace(",", " ").split())
                texts.append(sentence)
                unhappy.append(bool(given & UNHAPPY))
    columns = [EMOTIONS.index(emotion) for emotion in sorted(UNHAPPY)]
    score = probabilities(judge.scores(texts, public.language), "emotions")[:, columns].max(1)
    value = area_under_curve(np.array(unhappy), score)
    return [Result(public.name, "AUC, unhappy sentence by max emotion", value, len(texts), {"unhappy": sum(unhappy)})]


def _measure_turn_satisfaction(public: PublicSet, rows: Sequence[dict[str, Any]], judge: Judge) -> list[Result]:
    turns = [turn for row in rows for turn in row["turns"] if turn["role"] == "customer"]
    rated = [turn for turn in turns if turn.get("satisfaction_1_5") is not None]
    low = np.array([turn["satisfaction_1_5"] <= DISSATISFIED for turn in rated])
    score = sentiments(judge.scores([turn["text"] for turn in rated], public.language), "sentiment_service")[:, 0]
    value = area_under_curve(low, score)
    return [
        Result(public.name, "AUC, dissatisfied turn by service negative", value, len(rated), {"low": int(low.sum())})
    ]
