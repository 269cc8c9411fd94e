"""Train the language table: `python -m models.train.language --data ../shared/data`.

Sources: the `text` of allowed training rows (never a public test file), the project's written rows, and for
Catalan machine translations of Spanish rows by `apertium -u spa-cat` (Debian: apertium-spa-cat, cg3,
apertium-lex-tools). Besides whole utterances the model sees random snippets of one to six words, so that
its probabilities hold for short turns. Written rows are split by scenario: 70 % train, the rest measures.
"""

import argparse
import gzip
import hashlib
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression

from models.language import CLASSES, LanguageIdentifier, ngrams_of, words_of

SOURCES: Final[dict[str, tuple[str, ...]]] = {
    "es": ("umsab_es_train", "brighter_es_train", "xed_es"),
    "ca": ("aina_minibot_ca",),
    "en": ("umsab_en_train", "brighter_en_train", "xed_en", "goemotions_train", "multidogo_train", "banking77_train"),
    "pt": ("umsab_pt_train", "brighter_pt_train", "xed_pt", "xed_br"),
    "fr": ("umsab_fr_train",),
    "it": ("umsab_it_train",),
}
PER_SOURCE: Final = 2_500
SILVER_ROWS: Final = 6_000
PER_CLASS: Final = 14_000
MOST_NGRAMS: Final = 40_000
LEAST_COUNT: Final = 6
SCALE: Final = 1 / 24
Row = tuple[str, str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, write the table and print its accuracy on held-out rows."""
    parser = argparse.ArgumentParser(prog="python -m models.train.language", description=main.__doc__)
    parser.add_argument(
        "--data", type=Path, default=Path("../shared/data"), help="folder with train/ (not in the repository)"
    )
    parser.add_argument("--rows", type=Path, default=Path("models/data"), help="folder with rows_*.jsonl")
    parser.add_argument("--out", type=Path, default=Path("models/lexicons/language.npz"))
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(arguments)
    if not (options.data / "train").is_dir():
        print(f"no training data in {options.data}/train; name the folder with --data", file=sys.stderr)
        return 2
    chance = random.Random(options.seed)
    train, held_out = written_rows(options.rows)
    rows = [*public_rows(options.data / "train", chance), *train * 4, *other_rows() * 25]
    ngrams, weights, bias = fit(balanced(rows, chance), options.seed)
    save(options.out, ngrams, weights, bias)
    identifier = LanguageIdentifier.load(options.out)
    report(identifier, "written, held out", held_out)
    for language in ("es", "en", "pt", "fr", "it"):
        validation = [
            (text, language if language in {"es", "en", "pt"} else "und")
            for text in texts(options.data / "train" / f"umsab_{language}_val.jsonl.gz")
        ]
        report(identifier, f"umsab_{language}_val", validation)
    return 0


def texts(path: Path) -> Iterator[str]:
    """`text` of every row of a .jsonl or .jsonl.gz file."""
    opener: Any = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as lines:
        for line in lines:
            yield str(orjson.loads(line)["text"])


def written_rows(folder: Path) -> tuple[list[Row], list[Row]]:
    """Written rows as (text, language), split by scenario into train and held out."""
    train: list[Row] = []
    held_out: list[Row] = []
    for path in sorted(folder.glob("rows_*.jsonl")):
        for line in path.read_bytes().splitlines():
            row = orjson.loads(line)
            bucket = hashlib.sha256(row["scenario"].encode()).digest()[0] / 256
            (train if bucket < 0.7 else held_out).append((row["text"], row["language"]))
    return [row for row in train if row[1] in CLASSES], held_out


def other_rows() -> list[Row]:
    """Lines in languages that are not served, written for this."""
    lines = (Path(__file__).parent / "language_other.tsv").read_text("utf-8").splitlines()
    return [(line.split("\t")[1], "other") for line in lines]


def public_rows(folder: Path, chance: random.Random) -> Iterator[Row]:
    """A sample of each allowed source, and silver Catalan from the Spanish ones."""
    spanish: list[str] = []
    for language, names in SOURCES.items():
        for name in names:
            found = list(texts(folder / f"{name}.jsonl.gz"))
            sample = chance.sample(found, min(PER_SOURCE, len(found)))
            spanish.extend(sample if language == "es" else [])
            yield from ((text, language) for text in sample)
    yield from ((text, "ca") for text in translated(spanish[:SILVER_ROWS]))


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


def fit(examples: Sequence[tuple[list[str], int]], seed: int) -> tuple[list[str], Any, Any]:
    """N-grams, weights [ngrams, classes] and bias [classes] of a regularised multinomial regression."""
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
    model = LogisticRegression(C=3.0, max_iter=400, tol=1e-3, random_state=seed)
    model.fit(matrix, [label for _, label in examples])
    return ngrams, model.coef_.T, model.intercept_


def save(path: Path, ngrams: Sequence[str], weights: Any, bias: Any) -> None:
    """Write the table as small integers; n-grams whose weights all round to zero are dropped."""
    rounded = np.clip(np.round(weights / SCALE), -127, 127).astype(np.int8)
    used = np.flatnonzero(np.abs(rounded).sum(axis=1))
    np.savez_compressed(
        path,
        ngrams=np.frombuffer("\n".join(ngrams[int(at)] for at in used).encode(), np.uint8),
        weights=rounded[used],
        bias=np.round(bias / SCALE).astype(np.int16),
        scale=np.float64(SCALE),
        classes=np.frombuffer("\n".join(CLASSES).encode(), np.uint8),
    )


def report(identifier: LanguageIdentifier, name: str, rows: Sequence[Row]) -> None:
    """Print accuracy by language, without hints, and where the errors go."""
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    wrong: Counter[tuple[str, str]] = Counter()
    for text, language in rows:
        found = identifier.identify(text)
        total[language] += 1
        right[language] += found == language
        if found != language:
            wrong[language, found] += 1
    summary = ", ".join(
        f"{language} {right[language]}/{total[language]} {right[language] / total[language]:.3f}"
        for language in sorted(total)
    )
    errors = ", ".join(f"{a}>{b} {count}" for (a, b), count in wrong.most_common(8))
    print(f"{name}: {summary} | {errors}")


if __name__ == "__main__":
    raise SystemExit(main())
