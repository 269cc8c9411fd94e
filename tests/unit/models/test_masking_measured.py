"""Masking on strings written for it: how much personal data is found, and how much else is taken for it.

`tests/data/masking.jsonl` has chat, e-mail, text messages and speech in four languages, each string written by hand
(numbers invented, check digits computed); `[[KIND:...]]` marks what must be masked, and 417 strings of things that
look alike have no mark. What is found counts if it begins and ends with the same letters or digits.

The set was parted before any pattern was written for it. On the half tuned on, recall went from .81 to .997. The other
half was measured before anybody looked at one of its misses: recall .988, precision .991 (HELD_OUT below). After that
its misses were mended too (one was a slip of the marks), so that today's figure of it is no longer a blind one.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from models.masking import find_personal_data

STRINGS = Path(__file__).parents[2] / "data" / "masking.jsonl"
MARK = re.compile(r"\[\[(?P<kind>[A-Z]+):(?P<value>.*?)\]\]", re.DOTALL)
HELD_OUT = {"recall": 0.988, "precision": 0.991}
LEAST_RECALL, LEAST_PRECISION = 0.99, 0.98
Found = dict[tuple[int, int], str]


@dataclass(frozen=True)
class Written:
    """One string: its text without marks, and the kind of each stretch that must be masked."""

    half: str
    language: str
    text: str
    expected: Found


@dataclass
class Sums:
    """Stretches that should be found, those that were, and those that were rightly."""

    expected: int = 0
    found: int = 0
    right: int = 0
    of_right_kind: int = 0

    @property
    def recall(self) -> float:
        return self.right / self.expected

    @property
    def precision(self) -> float:
        return self.right / self.found


def read_strings() -> Iterator[Written]:
    for line in STRINGS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        text, expected, at = "", {}, 0
        for mark in MARK.finditer(row["text"]):
            text += row["text"][at : mark.start()]
            expected[len(text), len(text) + len(mark["value"])] = mark["kind"]
            text, at = text + mark["value"], mark.end()
        text += row["text"][at:]
        yield Written(row["half"], row["language"], text, edges(text, expected))


def edges(text: str, spans: Found) -> Found:
    """The spans from their first letter or digit to their last: brackets and blanks around them do not matter."""
    trimmed = {}
    for (begin, end), kind in spans.items():
        inner = [at for at in range(begin, end) if text[at].isalnum()]
        trimmed[inner[0], inner[-1] + 1] = kind
    return trimmed


def measure(strings: list[Written]) -> tuple[Sums, list[str]]:
    sums, wrong = Sums(), []
    for each in strings:
        found = {(data.begin, data.end): data.kind for data in find_personal_data(each.text, each.language)}
        found = edges(each.text, found)
        right = each.expected.keys() & found.keys()
        sums.expected += len(each.expected)
        sums.found += len(found)
        sums.right += len(right)
        sums.of_right_kind += sum(each.expected[span] == found[span] for span in right)
        for word, spans in (("missed", each.expected.keys() - right), ("false", found.keys() - right)):
            wrong += [f"{word} ({each.language}): {each.text[begin:end]!r} in {each.text!r}" for begin, end in spans]
    return sums, wrong


@pytest.mark.parametrize("half", ["tuning", "held_out", "both"])
def test_personal_data_is_found_and_little_else(half: str) -> None:
    strings = [each for each in read_strings() if half in {each.half, "both"}]
    sums, wrong = measure(strings)
    print(
        f"{half}: {len(strings)} strings, {sums}, recall {sums.recall:.4f}, precision {sums.precision:.4f}",
        *wrong,
        sep="\n",
    )
    assert sums.recall >= LEAST_RECALL
    assert sums.precision >= LEAST_PRECISION
    assert sums.of_right_kind >= 0.99 * sums.right


def test_the_set_is_as_large_and_as_mixed_as_it_says() -> None:
    strings = list(read_strings())
    assert len(strings) >= 1000
    assert {each.language for each in strings} == {"es", "ca", "en", "pt"}
    assert sum(not each.expected for each in strings) == 417
    assert {kind for each in strings for kind in each.expected.values()} == {
        "CARD",
        "CVV",
        "IBAN",
        "ID",
        "PHONE",
        "EMAIL",
    }
