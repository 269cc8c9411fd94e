"""Choose the thresholds of the language identifier, by one stated criterion, over one stated grid.

Criterion: the highest macro-F1 over es, ca, en, pt, mixed and und, where every language weighs the same and, in a
language, every source of rows; provided that at most LARGEST_FALSE_MIXING of the rows of each UMSAB val file, and
of the written Spanish and Catalan rows, are answered mixed. Equal scores: the thresholds that say mixed more
reluctantly, then und more reluctantly. The hint's prior comes after, since it decides nothing without a hint: the
largest with which a wrong hint turns at most LARGEST_MISLED of the right answers, on rows of CLEAR_WORDS or more.

Silver Catalan counts in the macro-F1, not in the limit: the translator leaves words that it does not know in
Spanish, so some of these rows are mixed indeed.
"""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from models.language import CLASSES, MIXED, SERVED, UNDETERMINED, LanguageIdentifier, Thresholds, mixing_gain, words_of

ANSWERS: Final = (*SERVED, MIXED, UNDETERMINED)
LARGEST_FALSE_MIXING: Final = 0.01
LARGEST_MISLED: Final = 0.01
CLEAR_WORDS: Final = 4
FOREIGN_PRIORS: Final = (-4.0, -3.0, -2.0, -1.0, 0.0)
LEAST_POSTERIORS: Final = (0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
SWITCH_COSTS: Final = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
LEAST_GAINS: Final = tuple(half / 2 for half in range(1, 17))
HINT_PRIORS: Final = tuple(half / 2 for half in range(1, 9))

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class InfeasibleError(Exception):
    """No thresholds of the grid keep false mixing within its limit."""


@dataclass(frozen=True, slots=True)
class ChoosingRow:
    """A text, the right answer, and the source that it stands for."""

    text: str
    answer: str
    source: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Thresholds and their macro-F1."""

    thresholds: Thresholds
    score: float


@dataclass(frozen=True, slots=True)
class ReadRows:
    """What the table says of each row, before any threshold: log posteriors [rows, classes], the mixing gain by
    switch cost [rows], and whether there is any evidence at all [rows].
    """

    log_posterior: Floats
    gains: dict[float, Floats]
    spoken: npt.NDArray[np.bool_]
    truth: Codes
    weight: Floats


def neutral() -> Thresholds:
    """Thresholds that tip nothing: what the table alone says."""
    return Thresholds(0.0, 0.0, 0.0, 0.0, float("inf"))


def choose(identifier: LanguageIdentifier, rows: Sequence[ChoosingRow]) -> Choice:
    """The best thresholds on `rows` for the table of a neutral `identifier`; raises InfeasibleError."""
    read = read_rows(identifier, rows)
    limited = _limited_groups(rows)
    best: Choice | None = None
    plain = {
        (foreign, posterior): _plain_answers(read, foreign, posterior)
        for foreign, posterior in itertools.product(FOREIGN_PRIORS, LEAST_POSTERIORS)
    }
    # In the order of preference: only a higher score replaces what came earlier.
    for gain, cost in itertools.product(reversed(LEAST_GAINS), reversed(SWITCH_COSTS)):
        mixed = (read.gains[cost] >= gain) & read.spoken
        if any(np.mean(mixed[group]) > LARGEST_FALSE_MIXING for group in limited):
            continue
        for (foreign, posterior), answers in plain.items():
            score = macro_f1(read.truth, np.where(mixed, ANSWERS.index(MIXED), answers), read.weight)
            if best is None or score > best.score + 1e-9:
                best = Choice(Thresholds(0.0, foreign, posterior, cost, gain), score)
    if best is None:
        message = f"every choice answers mixed to more than {LARGEST_FALSE_MIXING:.0%} of some source"
        raise InfeasibleError(message)
    return replace(best, thresholds=_with_hint(read, rows, best.thresholds))


def macro_f1(truth: Codes, answers: Codes, weight: Floats) -> float:
    """Mean F1 of ANSWERS, each row counted `weight` times; truth and answers are indices into ANSWERS."""
    size = len(ANSWERS)
    table = np.bincount(truth * size + answers, weights=weight, minlength=size * size).reshape(size, size)
    said_and_so = table.sum(axis=0) + table.sum(axis=1)
    return float(np.mean(2 * table.diagonal() / np.maximum(said_and_so, 1e-12)))


def answers_of(read: ReadRows, thresholds: Thresholds, hint: str | None = None) -> Codes:
    """What `LanguageIdentifier.identify` answers with these thresholds, as indices into ANSWERS."""
    prior = np.array([thresholds.hint_prior if name == hint else 0.0 for name in CLASSES])
    plain = _plain_answers(read, thresholds.foreign_prior, thresholds.least_posterior, prior)
    mixed = (read.gains[thresholds.switch_cost] >= thresholds.least_mixing_gain) & read.spoken
    return np.where(mixed, ANSWERS.index(MIXED), plain)


def read_rows(identifier: LanguageIdentifier, rows: Sequence[ChoosingRow]) -> ReadRows:
    """What the table of a neutral `identifier` says of each row."""
    evidence = [identifier.evidence(words_of(row.text) or [""]) for row in rows]
    sources = Counter((row.answer, row.source) for row in rows)
    of_language = Counter(answer for answer, _ in sources)
    return ReadRows(
        log_posterior=np.array([words.sum(axis=0) for words in evidence]) + identifier.bias,
        gains={cost: np.array([mixing_gain(words, cost) for words in evidence]) for cost in SWITCH_COSTS},
        spoken=np.array([bool(words.any()) for words in evidence]),
        truth=np.array([ANSWERS.index(row.answer) for row in rows]),
        weight=np.array([1 / sources[row.answer, row.source] / of_language[row.answer] for row in rows]),
    )


def _limited_groups(rows: Sequence[ChoosingRow]) -> list[Codes]:
    """Row numbers of each group in which mixed is false and limited."""
    groups: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        if row.source.startswith("umsab"):
            groups.setdefault(row.source, []).append(number)
        elif row.source == "written" and row.answer in {"es", "ca"}:
            groups.setdefault("written es and ca", []).append(number)
    return [np.array(group) for group in groups.values()]


def _plain_answers(read: ReadRows, foreign: float, least: float, prior: Floats | None = None) -> Codes:
    """Answers as if there were no mixing."""
    shift = np.array([0.0 if name in SERVED else foreign for name in CLASSES])
    log_posterior = read.log_posterior + shift + (0.0 if prior is None else prior)
    best = log_posterior.argmax(axis=1)
    top = log_posterior.max(axis=1)
    posterior = 1 / np.exp(log_posterior - top[:, None]).sum(axis=1)
    # CLASSES starts with SERVED, and so does ANSWERS.
    sure = (best < len(SERVED)) & (posterior >= least) & read.spoken
    return np.where(sure, best, ANSWERS.index(UNDETERMINED))


def _with_hint(read: ReadRows, rows: Sequence[ChoosingRow], thresholds: Thresholds) -> Thresholds:
    """The thresholds with the largest prior for hints that misleads no more than allowed."""
    right = answers_of(read, thresholds) == read.truth
    clear = np.array([len(words_of(row.text)) >= CLEAR_WORDS for row in rows])
    chosen = replace(thresholds, hint_prior=HINT_PRIORS[0])
    for candidate in (replace(thresholds, hint_prior=prior) for prior in HINT_PRIORS):
        misled = [
            answers_of(read, candidate, hint)[mask] != read.truth[mask]
            for hint, mask in _misleading(read, right & clear)
        ]
        if sum(map(np.sum, misled)) > LARGEST_MISLED * sum(map(len, misled)):
            break
        chosen = candidate
    return chosen


def _misleading(read: ReadRows, counted: npt.NDArray[np.bool_]) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """Each hint, and the counted rows of another served language."""
    served = read.truth < len(SERVED)
    for index, hint in enumerate(SERVED):
        yield hint, counted & served & (read.truth != index)
