"""Wordings looked up in what was said, without accents and case, at word starts."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from streams.core.yaml_nodes import YamlNode

LANGUAGES: Final = ("es", "ca", "en", "pt")


def folded(text: str) -> str:
    """`text` in lower case, without accents, apostrophes made one, blanks single."""
    plain = text.casefold()
    if not plain.isascii():
        plain = plain.replace("’", "'").replace("·", "")
        plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return " ".join(plain.split())


@dataclass(frozen=True, slots=True)
class Phrases:
    """One pattern a language; a mixed or undetermined utterance is looked up in all."""

    patterns: dict[str, re.Pattern[str]]

    def found(self, folded_text: str, language: str) -> bool:
        """Whether the text, as `folded` gives it, has one of the phrases."""
        pattern = self.patterns.get(language)
        if pattern is not None:
            return pattern.search(folded_text) is not None
        return any(each.search(folded_text) is not None for each in self.patterns.values())


def read_phrases(node: YamlNode) -> Phrases:
    """Phrases by language; each language must be there, so that none is silently weaker."""
    fields = node.fields(required=LANGUAGES)
    patterns = {}
    for language in LANGUAGES:
        phrases = sorted({folded(text) for text in fields[language].texts()}, key=lambda text: (-len(text), text))
        patterns[language] = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, phrases)) + ")")
    return Phrases(patterns)


@dataclass(frozen=True, slots=True)
class Wordings:
    """The lists of `phrases.yaml`."""

    cannot_do: Phrases
    not_understood: Phrases
    filed: Phrases
    times: tuple[tuple[int, Phrases], ...]


def read_wordings(node: YamlNode) -> Wordings:
    """`phrases.yaml`."""
    fields = node.fields(required=("cannot_do", "not_understood", "filed", "times"))
    times = []
    for count, phrases in fields["times"].items():
        if not count.isdecimal() or not 2 <= int(count) <= 99:
            raise phrases.error(f"{count} is no number of contacts; write a whole number from 2 to 99")
        times.append((int(count), read_phrases(phrases)))
    return Wordings(
        cannot_do=read_phrases(fields["cannot_do"]),
        not_understood=read_phrases(fields["not_understood"]),
        filed=read_phrases(fields["filed"]),
        # The highest number that is said counts.
        times=tuple(sorted(times, key=lambda item: -item[0])),
    )
