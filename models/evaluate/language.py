"""Report on the language table: `python -m models.evaluate.language --data ../shared/data`.

The written rows' test split by language, and every public test file whose rows are single texts, all without hints
and without choosing anything: models.train.language reads neither. Public rows count as the language that their
set is said to be in.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from models.evaluate.public_sets import SETS
from models.language import LanguageIdentifier
from models.registry import LANGUAGE_TABLE
from models.train.errors import DataError
from models.train.language import Row, written_rows
from models.train.rows import read_jsonl, unescape

DIALOGUES: Final = frozenset({"support_chats", "turn_satisfaction"})
Identify = Callable[[str], str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table of the share of right answers and where the others went."""
    parser = argparse.ArgumentParser(prog="python -m models.evaluate.language", description=main.__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with public_test/")
    parser.add_argument("--rows", type=Path, default=Path("models/data"), help="folder with rows_*.jsonl")
    options = parser.parse_args(arguments)
    try:
        groups = [*held_out_rows(options.rows), *public_texts(options.data / "public_test")]
    except DataError as error:
        print(error, file=sys.stderr)
        return 2
    identify = LanguageIdentifier.load(LANGUAGE_TABLE).identify
    print("| set | language | rows | right | mixed | und | other answers |")
    print("|---|---|---|---|---|---|---|")
    for name, rows in groups:
        print(line(name, rows, identify))
    return 0


def held_out_rows(folder: Path) -> list[tuple[str, list[Row]]]:
    """The written rows of the test split by language: (name, rows)."""
    rows = written_rows(folder)["test"]
    languages = sorted({language for _, language in rows})
    return [(f"written_{name}_test", [row for row in rows if row[1] == name]) for name in languages]


def public_texts(folder: Path) -> list[tuple[str, list[Row]]]:
    """The public sets of single texts: (name, rows). Raises DataError for a file that is absent."""
    return [
        (
            chosen.name,
            [
                (unescape(str(row["text"])), chosen.language)
                for name in chosen.files
                for row in read_jsonl(folder / f"{name}.jsonl.gz")
            ],
        )
        for chosen in SETS
        if chosen.kind not in DIALOGUES
    ]


def line(name: str, rows: Sequence[Row], identify: Identify) -> str:
    """A line of the table; `rows`, at least one, are of one language."""
    language = rows[0][1]
    answers = Counter(identify(text) for text, _ in rows)
    others = ", ".join(f"{answer} {count}" for answer, count in answers.most_common() if answer != language)
    right = answers[language] / len(rows)
    return f"| {name} | {language} | {len(rows)} | {right:.3f} | {answers['mixed']} | {answers['und']} | {others} |"


if __name__ == "__main__":
    raise SystemExit(main())
