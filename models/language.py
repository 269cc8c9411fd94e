"""Language of an utterance (U4): es, ca, en, pt, mixed (Spanish and Catalan in one utterance), or und.

A linear model over character n-grams inside words: each word has a weight for each language, their sum with
a prior is a log posterior. The record's hint is a prior too, so it decides where the text does not ("ok",
"hola") and never against clear evidence. Spanish-Catalan mixing is found by the best split into stretches
of either language: if it explains the words clearly better than either language alone, the utterance is
mixed. French, Italian and a bucket of other languages are modelled so as to be told apart, and answered as
und. Weights are small integers, so sums are exact in any order.

Trained by `python -m models.train.language`.
"""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
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
_HINT_LOG_PRIOR: Final = 2.0
_FOREIGN_LOG_PRIOR: Final = -2.0
"""Who writes to a contact centre writes a language that it serves, unless there is evidence."""
_LEAST_POSTERIOR: Final = 0.55
_SWITCH_COST: Final = 4.0
_LEAST_MIXING_GAIN: Final = 2.0
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

    def __init__(self, weights: Mapping[str, Weights], bias: Weights, scale: float) -> None:
        """`weights` [classes] by n-gram and `bias` [classes] are in units of `scale` (log odds)."""
        self._weights = weights
        foreign = np.array([0.0 if name in SERVED else _FOREIGN_LOG_PRIOR for name in CLASSES])
        self._bias = bias.astype(np.float64) * scale + foreign
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
        except (OSError, KeyError, ValueError) as error:
            message = f"{path} is not a language table ({error}); restore it or run python -m models.train.language"
            raise ArtifactError(message) from error
        if classes != CLASSES or weights.shape != (len(ngrams), len(CLASSES)):
            message = f"{path} is a language table of another version; run python -m models.train.language"
            raise ArtifactError(message)
        return cls(dict(zip(ngrams, weights, strict=True)), bias, scale)

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
            log_posterior[CLASSES.index(expected)] += _HINT_LOG_PRIOR
        best = int(log_posterior.argmax())
        if self.mixing_gain(evidence) >= _LEAST_MIXING_GAIN:
            return MIXED
        posterior = math.exp(-_log_sum_exp(log_posterior - log_posterior[best]))
        return CLASSES[best] if CLASSES[best] in SERVED and posterior >= _LEAST_POSTERIOR else UNDETERMINED

    @staticmethod
    def mixing_gain(evidence: npt.NDArray[np.float64]) -> float:
        """Log odds by which the best es/ca split of the words [words, classes], switches paid, beats any
        one language.
        """
        spanish = evidence[:, CLASSES.index("es")]
        catalan = evidence[:, CLASSES.index("ca")]
        best_es, best_ca = 0.0, 0.0
        for es, ca in zip(spanish.tolist(), catalan.tolist(), strict=True):
            best_es, best_ca = (
                max(best_es, best_ca - _SWITCH_COST) + es,
                max(best_ca, best_es - _SWITCH_COST) + ca,
            )
        return max(best_es, best_ca) - float(evidence.sum(axis=0).max())

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


def _log_sum_exp(values: npt.NDArray[np.float64]) -> float:
    top = float(values.max())
    return top + math.log(float(np.exp(values - top).sum()))
