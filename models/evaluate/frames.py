"""``python -m models.evaluate.frames``: which written texts are cast in one frame.

Two texts share a frame when half of their three-word runs are the same (Jaccard index, Broder 1997), numbers, accents
and letter case aside. Texts under ``SHORTEST`` words are let be: there are few ways to say "yes, please".
"""

from __future__ import annotations

import argparse
import itertools
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from models.train.errors import TrainingError
from models.train.rows import TRAINING_ONLY, read_jsonl, row_files, written_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

RUN: Final = 3
SHORTEST: Final = 6
ALIKE: Final = 0.5
NEARLY: Final = 0.4
"""Share of runs from which a row for training is too like one that is held: stricter than a frame."""
MOST: Final = 3
"""How often one frame may be used."""
_WORD: Final = re.compile(r"[^\W\d_]+")


def runs(text: str) -> frozenset[tuple[str, ...]]:
    """The three-word runs of a text; none for a short one."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))
    words = _WORD.findall(plain)
    if len(words) < SHORTEST:
        return frozenset()
    return frozenset(zip(*(words[shift:] for shift in range(RUN)), strict=False))


def frames(texts: Mapping[str, str]) -> list[list[str]]:
    """Groups of names whose texts share a frame with another of the group, largest first; lone texts are left out."""
    shingles = {name: found for name, text in texts.items() if (found := runs(text))}
    holders = _holders(shingles)
    common = Counter(pair for names in holders.values() for pair in itertools.combinations(names, 2))
    leader = {name: name for name in shingles}

    def lead(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    for (first, second), shared in common.items():
        if shared >= ALIKE * (len(shingles[first]) + len(shingles[second]) - shared):
            leader[lead(second)] = lead(first)
    groups: dict[str, list[str]] = defaultdict(list)
    for name in shingles:
        groups[lead(name)].append(name)
    return sorted((group for group in groups.values() if len(group) > 1), key=len, reverse=True)


def written_texts(folder: Path) -> dict[str, str]:
    """What customers say in the written corpus, by id of row or conversation and turn."""
    texts: dict[str, str] = {}
    for path in row_files(folder):
        texts.update({row["id"]: row["text"] for row in read_jsonl(path) if row.get("role", "customer") == "customer"})
    for path in sorted(folder.glob("conversations_*.jsonl")):
        for conversation in read_jsonl(path):
            said = (turn for turn in conversation["turns"] if turn.get("role") == "customer")
            texts.update({f"{conversation['id']}-{turn['turn']}": turn["text"] for turn in said})
    return texts


def like_held(folder: Path) -> list[tuple[str, str]]:
    """Rows for training only that are too like a row of dev or test: (its id, that row's id).

    Too like: ``NEARLY`` of the three-word runs shared, or the same text of three words or more.
    """
    held = {row["id"]: row["text"] for split, row, _ in written_rows(folder) if split != "train" and "text" in row}
    own = {
        row["id"]: row["text"]
        for path in row_files(folder)
        if path.name.startswith(TRAINING_ONLY)
        for row in read_jsonl(path)
    }
    shingles = {name: runs(text) for name, text in held.items()}
    holders = _holders(shingles)
    same = {_plain(text): name for name, text in held.items() if len(text.split()) >= RUN}
    alike: list[tuple[str, str]] = []
    for name, text in own.items():
        found = runs(text)
        shared = Counter(other for run in found for other in holders[run])
        near = [other for other, count in shared.items() if count >= NEARLY * len(found | shingles[other])]
        if near or _plain(text) in same:
            alike.append((name, near[0] if near else same[_plain(text)]))
    return alike


def _holders(shingles: Mapping[str, frozenset[tuple[str, ...]]]) -> dict[tuple[str, ...], list[str]]:
    """Which texts hold a run; none for a run that no text holds."""
    holders: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, found in shingles.items():
        for run in found:
            holders[run].append(name)
    return holders


def _plain(text: str) -> str:
    return " ".join(text.lower().strip(" .!?").split())


def main(arguments: list[str] | None = None) -> int:
    """Prints groups that share a frame, and rows like held ones; 0 when no group exceeds ``MOST`` and no row is."""
    top = argparse.ArgumentParser(prog="python -m models.evaluate.frames")
    top.add_argument("--rows", type=Path, default=Path(__file__).resolve().parents[1] / "data")
    options = top.parse_args(arguments)
    try:
        texts = written_texts(options.rows)
    except TrainingError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    groups = frames(texts)
    for group in groups:
        print(*(f"{name}: {texts[name]}" for name in group), sep="\n", end="\n\n")
    print(f"{len(texts)} texts, {len(groups)} shared frames, the largest of {max(map(len, groups), default=1)}")
    alike = like_held(options.rows)
    print(
        f"{len(alike)} rows for training are like a row of dev or test",
        *(f"{one} {other}" for one, other in alike),
        sep="\n",
    )
    return int(bool(alike) or any(len(group) > MOST for group in groups))


if __name__ == "__main__":
    sys.exit(main())
