"""Train the language table: `python -m models.train.language --data ../shared/data`.

Sources: the `text` of allowed training rows, the project's written rows, and for Catalan machine translations of
Spanish rows by `apertium -u spa-cat` (Debian: apertium-spa-cat, cg3, apertium-lex-tools). Besides whole utterances
the model sees random snippets of one to six words, so that its probabilities hold for short turns.

Weights are fitted on train rows only. How strongly they are regularised, and every threshold, is then chosen by
`models.train.language_thresholds` on rows that were not fitted on: written rows of the dev split (and those of the
train split that fit nothing, being mixed or und), the val files of UMSAB, and silver Catalan of Spanish rows
outside the fitted sample. Written rows are split by scenario as for the encoder; the test split and the public
test files are not opened here, `python -m models.evaluate.language` reports on them.
"""

import argparse
import gzip
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression

from models.language import (
    CLASSES,
    SERVED,
    THRESHOLDS,
    UNDETERMINED,
    LanguageIdentifier,
    Thresholds,
    ngrams_of,
    words_of,
)
from models.train.language_thresholds import Choice, ChoosingRow, InfeasibleError, choose, neutral
from models.train.rows import split_of

SOURCES: Final[dict[str, tuple[str, ...]]] = {
    "es": ("umsab_es_train", "brighter_es_train", "xed_es"),
    "ca": ("aina_minibot_ca",),
    "en": ("umsab_en_train", "brighter_en_train", "xed_en", "goemotions_train", "multidogo_train", "banking77_train"),
    "pt": ("umsab_pt_train", "brighter_pt_train", "xed_pt", "xed_br"),
    "fr": ("umsab_fr_train",),
    "it": ("umsab_it_train",),
}
VALIDATION: Final = ("es", "en", "pt", "fr", "it")
"""Languages of the val files that thresholds are chosen on."""
PER_SOURCE: Final = 2_500
SILVER_ROWS: Final = 6_000
SILVER_VALIDATION: Final = ("umsab_es_train", 324)
"""Spanish rows outside the fitted sample whose translations stand for Catalan tweets; as many as a val file has."""
PER_CLASS: Final = 14_000
MOST_NGRAMS: Final = 40_000
LEAST_COUNT: Final = 6
SCALE: Final = 1 / 24
STRENGTHS: Final = (0.3, 1.0, 3.0)
"""Inverse regularisation tried; the one whose best thresholds do best is taken, the first on a tie."""
Row = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """Rounded weights [ngrams, classes] and bias [classes], in units of SCALE."""

    ngrams: Sequence[str]
    weights: npt.NDArray[np.int32]
    bias: npt.NDArray[np.int32]

    def identifier(self, thresholds: Thresholds) -> LanguageIdentifier:
        """What serving makes of this table."""
        return LanguageIdentifier(dict(zip(self.ngrams, self.weights, strict=True)), self.bias, SCALE, thresholds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, choose, write the table; print what was tried and chosen."""
    parser = argparse.ArgumentParser(prog="python -m models.train.language", description=main.__doc__)
    parser.add_argument(
        "--data", type=Path, default=Path("../shared/data"), help="folder with train/ (not in the repository)"
    )
    parser.add_argument("--rows", type=Path, default=Path("models/data"), help="folder with rows_*.jsonl")
    parser.add_argument("--out", type=Path, default=Path("models/lexicons/language.npz"))
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(arguments)
    folder = options.data / "train"
    if not folder.is_dir():
        print(f"no training data in {folder}; name the folder with --data", file=sys.stderr)
        return 2
    chance = random.Random(options.seed)
    written = written_rows(options.rows)
    public, rest = public_rows(folder, chance)
    fitted = [row for row in written["train"] if row[1] in CLASSES]
    examples = balanced([*public, *fitted * 4, *other_rows() * 25], chance)
    choosing = choosing_rows(folder, written, rest, chance)
    best: tuple[Choice, Table] | None = None
    for strength in STRENGTHS:
        table = fit(examples, strength, options.seed)
        try:
            choice = choose(table.identifier(neutral()), choosing)
        except InfeasibleError as error:
            print(f"strength {strength}: {error}")
            continue
        print(f"strength {strength}: {choice}")
        if best is None or choice.score > best[0].score:
            best = choice, table
    if best is None:
        print("no strength keeps false mixing within its limit; the table is left as it was", file=sys.stderr)
        return 1
    save(options.out, best[1], best[0].thresholds)
    print(f"written to {options.out}: {best[0].thresholds}")
    return 0


def texts(path: Path) -> Iterator[str]:
    """`text` of every row of a .jsonl or .jsonl.gz file."""
    opener: Any = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as lines:
        for line in lines:
            yield str(orjson.loads(line)["text"])


def written_rows(folder: Path) -> dict[str, list[Row]]:
    """Written rows as (text, language) by split."""
    splits: dict[str, list[Row]] = {"train": [], "dev": [], "test": []}
    for path in sorted(folder.glob("rows_*.jsonl")):
        for line in path.read_bytes().splitlines():
            row = orjson.loads(line)
            splits[split_of(str(row.get("scenario") or row["id"]))].append((row["text"], row["language"]))
    return splits


def other_rows() -> list[Row]:
    """Lines in languages that are not served, written for this."""
    lines = (Path(__file__).parent / "language_other.tsv").read_text("utf-8").splitlines()
    return [(line.split("\t")[1], "other") for line in lines]


def public_rows(folder: Path, chance: random.Random) -> tuple[list[Row], list[str]]:
    """A sample of each allowed source with silver Catalan from the Spanish ones; and what the sample left of the
    source named in SILVER_VALIDATION, texts that stand in the sample dropped.
    """
    rows: list[Row] = []
    rest: list[str] = []
    for language, names in SOURCES.items():
        for name in names:
            found = list(texts(folder / f"{name}.jsonl.gz"))
            sample = chance.sample(found, min(PER_SOURCE, len(found)))
            rows.extend((text, language) for text in sample)
            if name == SILVER_VALIDATION[0]:
                rest = [text for text in found if text not in set(sample)]
    spanish = [text for text, language in rows if language == "es"][:SILVER_ROWS]
    return [*rows, *((text, "ca") for text in translated(spanish))], rest


def choosing_rows(
    folder: Path, written: dict[str, list[Row]], rest: Sequence[str], chance: random.Random
) -> list[ChoosingRow]:
    """The rows that thresholds are chosen on; none of them is fitted on."""
    rows = [ChoosingRow(text, language, "written") for text, language in written["dev"]]
    rows += [ChoosingRow(text, language, "written") for text, language in written["train"] if language not in CLASSES]
    for language in VALIDATION:
        answer = language if language in SERVED else UNDETERMINED
        name = f"umsab_{language}_val"
        rows += [ChoosingRow(text, answer, name) for text in texts(folder / f"{name}.jsonl.gz")]
    silver = translated(chance.sample(rest, min(SILVER_VALIDATION[1], len(rest))))
    return rows + [ChoosingRow(text, "ca", "silver") for text in silver]


def translated(spanish: Sequence[str]) -> list[str]:
    """Catalan by apertium, line by line; raises SystemExit naming the packages if it is not installed."""
    if shutil.which("apertium") is None:
        message = "apertium is not installed: apt-get install apertium-spa-cat cg3 apertium-lex-tools"
        raise SystemExit(message)
    source = "\n".join(" ".join(text.split()) for text in spanish)
    done = subprocess.run(["apertium", "-u", "spa-cat"], input=source, capture_output=True, text=True, check=True)  # noqa: S607
    return done.stdout.splitlines()


def balanced(rows: Sequence[Row], chance: random.Random) -> list[tuple[list[str], int]]:
    """(words, class index): whole utterances and snippets, the same number for each class."""
    by_class: dict[str, list[list[str]]] = {name: [] for name in CLASSES}
    for text, language in rows:
        if words := words_of(text):
            by_class[language].append(words)
    examples: list[tuple[list[str], int]] = []
    for index, name in enumerate(CLASSES):
        for _ in range(PER_CLASS):
            words = chance.choice(by_class[name])
            if chance.random() < 0.6:  # most turns are short
                size = chance.randint(1, 6)
                start = chance.randrange(max(1, len(words) - size + 1))
                words = words[start : start + size]
            examples.append((words[:30], index))
    return examples


def fit(examples: Sequence[tuple[list[str], int]], strength: float, seed: int) -> Table:
    """A multinomial regression, `strength` its inverse regularisation; n-grams whose weights all round to zero are
    dropped.
    """
    counts = Counter(gram for words, _ in examples for word in words for gram in set(ngrams_of(word)))
    ngrams = sorted(gram for gram, count in counts.most_common(MOST_NGRAMS) if count >= LEAST_COUNT)
    column = {gram: at for at, gram in enumerate(ngrams)}
    indices: list[int] = []
    starts = [0]
    for words, _ in examples:
        indices.extend(column[gram] for word in words for gram in ngrams_of(word) if gram in column)
        starts.append(len(indices))
    matrix = csr_matrix((np.ones(len(indices), np.float32), indices, starts), shape=(len(examples), len(ngrams)))
    matrix.sum_duplicates()
    model = LogisticRegression(C=strength, max_iter=400, tol=1e-3, random_state=seed)
    model.fit(matrix, [label for _, label in examples])
    rounded = np.clip(np.round(model.coef_.T / SCALE), -127, 127).astype(np.int32)
    used = np.flatnonzero(np.abs(rounded).sum(axis=1))
    bias = np.round(model.intercept_ / SCALE).astype(np.int32)
    return Table([ngrams[int(at)] for at in used], rounded[used], bias)


def save(path: Path, table: Table, thresholds: Thresholds) -> None:
    """Write what `LanguageIdentifier.load` reads, the weights as small integers."""

    def packed(names: Sequence[str]) -> npt.NDArray[np.uint8]:
        return np.frombuffer("\n".join(names).encode(), np.uint8)

    np.savez_compressed(
        path,
        ngrams=packed(table.ngrams),
        weights=table.weights.astype(np.int8),
        bias=table.bias.astype(np.int16),
        scale=np.float64(SCALE),
        classes=packed(CLASSES),
        threshold_names=packed(THRESHOLDS),
        thresholds=np.array(astuple(thresholds), np.float64),
    )


if __name__ == "__main__":
    raise SystemExit(main())
