"""Charged phrases by language, read from tab-separated files that users can extend.

A line is `phrase <tab> valence <tab> labels`: valence -3 to 3 in the steps of intensity, labels a
comma-separated list of emotion, intent and cue names (may be empty). `#` starts a comment line. The last
word of a phrase may end in `*`: `decepcionad*`. Accents and case do not matter. A later file replaces a
phrase of an earlier one; a valence of 0 without labels takes it out. Lines of `negators <tab> no nunca ...`
list the words that negate.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from models.errors import LexiconError
from schemas.labels import CUES, EMOTIONS, INTENTS

STRONGEST: Final = 3
_KNOWN_LABELS: Final = frozenset((*EMOTIONS, *INTENTS, *CUES))
_WORD: Final = re.compile(r"[^\W_]+")
_COLUMNS: Final = 3
_LANGUAGES_OF: Final[Mapping[str, tuple[str, ...]]] = {"mixed": ("es", "ca")}


@dataclass(frozen=True, slots=True)
class Entry:
    """A phrase: its words as folded, its valence (-3 to 3) and its labels."""

    words: tuple[str, ...]
    valence: int
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A folded word and where it stands, code points [begin, end)."""

    word: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Match:
    """An entry found at tokens [first, last]."""

    entry: Entry
    first: int
    last: int


@dataclass(slots=True)
class _Node:
    children: dict[str, "_Node"] = field(default_factory=dict)
    stems: dict[str, Entry] = field(default_factory=dict)
    entry: Entry | None = None


class Lexicon:
    """The phrases of one or more languages, found longest first, left to right, without overlaps."""

    def __init__(self, entries: Iterable[Entry], negators: Iterable[str]) -> None:
        """Index `entries`; of two with the same words the later wins."""
        self.negators = frozenset(negators)
        self.entries: Mapping[tuple[str, ...], Entry] = {
            words: entry
            for words, entry in {entry.words: entry for entry in entries}.items()
            if entry.valence or entry.labels
        }
        self._root = _Node()
        for entry in self.entries.values():
            self._insert(entry)

    def find(self, tokens: Sequence[Token]) -> list[Match]:
        """Entries in `tokens` in reading order."""
        matches: list[Match] = []
        at = 0
        while at < len(tokens):
            match = self._longest(tokens, at)
            if match is not None:
                matches.append(match)
            at = match.last + 1 if match is not None else at + 1
        return matches

    def _insert(self, entry: Entry) -> None:
        node = self._root
        for word in entry.words[:-1]:
            node = node.children.setdefault(word, _Node())
        last = entry.words[-1]
        if last.endswith("*"):
            node.stems[last[:-1]] = entry
        else:
            node.children.setdefault(last, _Node()).entry = entry

    def _longest(self, tokens: Sequence[Token], first: int) -> Match | None:
        node, best = self._root, None
        for at in range(first, len(tokens)):
            word = tokens[at].word
            child = node.children.get(word)
            if child is not None and child.entry is not None:
                best = Match(child.entry, first, at)
            elif node.stems:
                stem = next((word[:end] for end in range(len(word), 2, -1) if word[:end] in node.stems), None)
                best = Match(node.stems[stem], first, at) if stem is not None else best
            if child is None:
                break
            node = child
        return best


class LexiconSet:
    """Lexicons by language; `mixed` joins Spanish and Catalan, a language without a file has an empty one."""

    def __init__(self, by_language: Mapping[str, Lexicon]) -> None:
        """Take one lexicon a language."""
        self._by_language = dict(by_language)
        for name, parts in _LANGUAGES_OF.items():
            held = [self._by_language[part] for part in parts if part in self._by_language]
            self._by_language[name] = Lexicon(
                [entry for lexicon in held for entry in lexicon.entries.values()],
                frozenset[str]().union(*(lexicon.negators for lexicon in held)),
            )
        self._empty = Lexicon((), ())

    @classmethod
    def load(cls, *folders: Path) -> "LexiconSet":
        """Read `<language>.tsv` of each folder, later ones on top; raises LexiconError naming file and
        line.
        """
        entries: dict[str, list[Entry]] = {}
        negators: dict[str, list[str]] = {}
        for folder in folders:
            if not folder.is_dir():
                message = f"lexicon folder {folder} does not exist; name one with <language>.tsv files"
                raise LexiconError(message)
            for path in sorted(folder.glob("*.tsv")):
                found, words = _read(path)
                entries.setdefault(path.stem, []).extend(found)
                negators.setdefault(path.stem, []).extend(words)
        return cls({language: Lexicon(found, negators[language]) for language, found in entries.items()})

    @property
    def languages(self) -> frozenset[str]:
        """Languages with a lexicon, `mixed` among them if a part of it has one."""
        return frozenset(language for language, lexicon in self._by_language.items() if lexicon.entries)

    def content(self) -> list[tuple[str, list[Entry], list[str]]]:
        """All phrases and negators in a stable order, for a digest."""
        return [
            (language, [lexicon.entries[words] for words in sorted(lexicon.entries)], sorted(lexicon.negators))
            for language, lexicon in sorted(self._by_language.items())
        ]

    def for_language(self, language: str) -> Lexicon:
        """The lexicon for `language`."""
        return self._by_language.get(language, self._empty)


def tokens_of(text: str) -> list[Token]:
    """Folded words with their places in `text`."""
    return [Token(fold(match.group()), *match.span()) for match in _WORD.finditer(text)]


@lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    """Lower case without accents; three and more of one letter become one ("maaaal" is "mal")."""
    bare = "".join(sign for sign in unicodedata.normalize("NFD", word.casefold()) if not unicodedata.combining(sign))
    return re.sub(r"(.)\1{2,}", r"\1", bare)


def _read(path: Path) -> tuple[list[Entry], list[str]]:
    entries: list[Entry] = []
    negators: list[str] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        columns = line.split("\t")
        if columns[0] == "negators" and len(columns) > 1:
            negators.extend(fold(word) for word in columns[1].split())
            continue
        entries.append(_entry(columns, f"{path}:{number}"))
    return entries, negators


def _entry(columns: Sequence[str], place: str) -> Entry:
    if len(columns) not in {_COLUMNS - 1, _COLUMNS}:
        message = f"{place}: a line is phrase, valence and labels with tabs between, found {len(columns)} columns"
        raise LexiconError(message)
    words = tuple(fold(word) for word in _WORD.findall(columns[0]))
    if not words:
        message = f"{place}: the phrase has no word"
        raise LexiconError(message)
    if columns[0].rstrip().endswith("*"):
        words = (*words[:-1], words[-1] + "*")
    try:
        valence = int(columns[1])
    except ValueError:
        valence = STRONGEST + 1
    if abs(valence) > STRONGEST:
        message = f"{place}: valence is {columns[1]!r}; it must be a whole number from -3 to 3"
        raise LexiconError(message)
    labels = tuple(
        label.strip() for label in (columns[2] if len(columns) == _COLUMNS else "").split(",") if label.strip()
    )
    if unknown := [label for label in labels if label not in _KNOWN_LABELS]:
        message = f"{place}: {unknown[0]!r} is no emotion, intent or cue"
        raise LexiconError(message)
    return Entry(words, valence, labels)
