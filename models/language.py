"""Language of an utterance (U4): es, ca, en, pt, mixed (Spanish and Catalan in one utterance), or und.

A linear model over character n-grams inside words: each word has a weight for each language, their sum with
a prior is a log posterior. The record's hint is a prior too, so it decides where the text does not ("ok",
"hola") and never against clear evidence. Spanish-Catalan mixing is found by the best split into stretches
of either language: if it explains the words clearly better than either language alone, the utterance is
mixed. French, Italian and a bucket of other languages are modelled so as to be told apart, and answered as
und. Weights are small integers, so sums are exact in any order.

Weights and thresholds stand in one table, fitted and chosen by `python -m models.train.language`; how and on
what is told in models/train/README.md.
"""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from models.errors import ArtifactError

SERVED: Final = ("es", "ca", "en", "pt")
CLASSES: Final = (*SERVED, "fr", "it", "other")
UNDETERMINED: Final = "und"
MIXED: Final = "mixed"

LONGEST_NGRAM: Final = 5
_CACHED_WORDS: Final = 50_000

_ADDRESS: Final = re.compile(r"\[[A-Z]+\]|https?\S*|www\.\S+|(?<!\S)\S+@\S+|[@#]\w+")
_RUN: Final = re.compile(r"([^\W\d_])\1{2,}")
_WORD: Final = re.compile(r"(?<!\w)[^\W\d_]+(?:['’·-][^\W\d_]+)*(?!\w)")

# Words that every language served writes alike; they are words, but no evidence.
_INTERNATIONAL: Final = frozenset(
    {
        "ok",
        "okay",
        "okey",
        "app",
        "apps",
        "sms",
        "email",
        "mail",
        "e-mail",
        "wifi",
        "wi-fi",
        "online",
        "web",
        "pdf",
        "iban",
        "pin",
    }
)
_ONE_LETTER_WORDS: Final = frozenset("aeioyuàéióh")

Weights = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What tips an answer; log odds, but for `least_posterior`, a probability.

    `hint_prior` is added to the language of the record's hint and `foreign_prior` (negative) to languages that
    are not served: who writes to a contact centre writes a language that it serves, unless there is evidence.
    Below `least_posterior` the answer is und. A split into Spanish and Catalan stretches pays `switch_cost` for
    each change, and must beat any one language by `least_mixing_gain` to be mixed.
    """

    hint_prior: float
    foreign_prior: float
    least_posterior: float
    switch_cost: float
    least_mixing_gain: float

    @property
    def priors(self) -> npt.NDArray[np.float64]:
        """Added to the log posterior of each class [classes]."""
        return np.array([0.0 if name in SERVED else self.foreign_prior for name in CLASSES])


THRESHOLDS: Final = tuple(Thresholds.__dataclass_fields__)
"""Names of the thresholds, in the order in which the table holds them."""


def words_of(text: str) -> list[str]:
    """Lower-case words of `text`, without addresses, handles and placeholders; runs of one letter cut to
    two.
    """
    plain = unicodedata.normalize("NFC", _ADDRESS.sub(" ", text)).lower().replace("’", "'")
    return _WORD.findall(_RUN.sub(r"\1\1", plain))


def ngrams_of(word: str) -> list[str]:
    """Character n-grams of `<word>` up to LONGEST_NGRAM, and the whole word; the model's features."""
    framed = f"<{word}>"
    grams = [
        framed[at : at + size]
        for size in range(1, LONGEST_NGRAM + 1)
        for at in range(len(framed) - size + 1)
        if framed[at : at + size] not in {"<", ">"}
    ]
    if len(framed) > LONGEST_NGRAM:
        grams.append(framed)
    return grams


class LanguageIdentifier:
    """The trained table. Keeps a bounded cache of word weights; one thread owns it."""

    def __init__(self, weights: Mapping[str, Weights], bias: Weights, scale: float, thresholds: Thresholds) -> None:
        """`weights` [classes] by n-gram and `bias` [classes] are in units of `scale` (log odds)."""
        self._weights = weights
        self._thresholds = thresholds
        self._bias = bias.astype(np.float64) * scale + thresholds.priors
        self._scale = scale
        self._nothing = np.zeros(len(CLASSES), dtype=np.int32)
        self._cache: dict[str, Weights] = {}

    @classmethod
    def load(cls, path: Path) -> "LanguageIdentifier":
        """Read the table that `models.train.language` wrote; raises ArtifactError if it cannot be read."""
        try:
            with np.load(path, allow_pickle=False) as table:
                ngrams = bytes(table["ngrams"]).decode("utf-8").split("\n")
                weights = table["weights"].astype(np.int32)
                classes = tuple(bytes(table["classes"]).decode("utf-8").split("\n"))
                bias, scale = table["bias"].astype(np.int32), float(table["scale"])
                named = tuple(bytes(table["threshold_names"]).decode("utf-8").split("\n"))
                values = table["thresholds"].tolist()
        except (OSError, KeyError, ValueError) as error:
            message = f"{path} is not a language table ({error}); restore it or run python -m models.train.language"
            raise ArtifactError(message) from error
        if classes != CLASSES or weights.shape != (len(ngrams), len(CLASSES)) or named != THRESHOLDS:
            message = f"{path} is a language table of another version; run python -m models.train.language"
            raise ArtifactError(message)
        return cls(dict(zip(ngrams, weights, strict=True)), bias, scale, Thresholds(*values))

    def identify(self, text: str, *, hint: str | None = None) -> str:
        """Language of `text`; `hint` (a tag such as `ca` or `es-MX`) only tips what is undetermined.

        A text without any word is und whatever the hint.
        """
        words = words_of(text)
        if not words:
            return UNDETERMINED
        expected = (hint or "").replace("_", "-").split("-")[0].lower()
        evidence = self.evidence(words)
        if not evidence.any():
            return expected if expected in SERVED else UNDETERMINED
        log_posterior = evidence.sum(axis=0) + self._bias
        if expected in SERVED:
            log_posterior[CLASSES.index(expected)] += self._thresholds.hint_prior
        best = int(log_posterior.argmax())
        if mixing_gain(evidence, self._thresholds.switch_cost) >= self._thresholds.least_mixing_gain:
            return MIXED
        posterior = math.exp(-_log_sum_exp(log_posterior - log_posterior[best]))
        sure = posterior >= self._thresholds.least_posterior
        return CLASSES[best] if sure and CLASSES[best] in SERVED else UNDETERMINED

    @property
    def bias(self) -> npt.NDArray[np.float64]:
        """Log odds of each class before any word [classes], priors added."""
        return self._bias

    def evidence(self, words: Sequence[str]) -> npt.NDArray[np.float64]:
        """Log weights [words, classes]."""
        return np.array([self._word(word) for word in words], dtype=np.float64) * self._scale

    def _word(self, word: str) -> Weights:
        known = self._cache.get(word)
        if known is None:
            grams = (
                () if word in _INTERNATIONAL or (len(word) == 1 and word not in _ONE_LETTER_WORDS) else ngrams_of(word)
            )
            rows = [row for gram in grams if (row := self._weights.get(gram)) is not None]
            known = np.sum(rows, axis=0, dtype=np.int32) if rows else self._nothing
            if len(self._cache) >= _CACHED_WORDS:
                self._cache.clear()
            self._cache[word] = known
        return known


def mixing_gain(evidence: npt.NDArray[np.float64], switch_cost: float) -> float:
    """Log odds by which the best es/ca split of the words [words, classes], `switch_cost` paid for each change,
    beats any one language.
    """
    spanish = evidence[:, CLASSES.index("es")]
    catalan = evidence[:, CLASSES.index("ca")]
    best_es, best_ca = 0.0, 0.0
    for es, ca in zip(spanish.tolist(), catalan.tolist(), strict=True):
        best_es, best_ca = (
            max(best_es, best_ca - switch_cost) + es,
            max(best_ca, best_es - switch_cost) + ca,
        )
    return max(best_es, best_ca) - float(evidence.sum(axis=0).max())


def _log_sum_exp(values: npt.NDArray[np.float64]) -> float:
    top = float(values.max())
    return top + math.log(float(np.exp(values - top).sum()))
