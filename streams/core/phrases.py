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


_START: Final = re.compile(r"(?<!\w)\w")
_KEY: Final = 3


@dataclass(frozen=True, slots=True)
class NamedPhrases:
    """Many lists looked up at once: by language and the first letters of a phrase, the phrases and their lists.

    Every customer turn is looked up in all of them, so it is read once, not once a list.
    """

    names: tuple[str, ...]
    by_language: dict[str, dict[str, tuple[tuple[str, str], ...]]]
    of_all: dict[str, tuple[tuple[str, str], ...]]

    def found(self, folded_text: str, language: str) -> tuple[str, ...]:
        """Names of the lists of which the text has a phrase, in the catalogue's order."""
        phrases = self.by_language.get(language, self.of_all)
        found: set[str] = set()
        for start in _START.finditer(folded_text):
            at = start.start()
            for phrase, name in phrases.get(folded_text[at : at + _KEY], ()):
                if name not in found and folded_text.startswith(phrase, at):
                    found.add(name)
        return tuple(name for name in self.names if name in found) if found else ()


def read_named_phrases(node: YamlNode) -> NamedPhrases:
    """Lists of phrases by name; each has all languages."""
    names = []
    of_all: dict[str, list[tuple[str, str]]] = {}
    by_language: dict[str, dict[str, list[tuple[str, str]]]] = {language: {} for language in LANGUAGES}
    for name, lists in node.items():
        names.append(name)
        for language, texts in lists.fields(required=LANGUAGES).items():
            for item in texts.sequence():
                phrase = folded(item.text())
                if len(phrase) < _KEY or not _START.match(phrase):
                    raise item.error(f"a phrase here begins with a letter or digit and has {_KEY} signs or more")
                by_language[language].setdefault(phrase[:_KEY], []).append((phrase, name))
                of_all.setdefault(phrase[:_KEY], []).append((phrase, name))
    return NamedPhrases(
        tuple(names),
        {language: {key: tuple(phrases) for key, phrases in index.items()} for language, index in by_language.items()},
        {key: tuple(phrases) for key, phrases in of_all.items()},
    )


@dataclass(frozen=True, slots=True)
class Wordings:
    """The lists of `phrases.yaml`."""

    filed: Phrases
    times: tuple[tuple[int, Phrases], ...]
    said: NamedPhrases
    bot_said: NamedPhrases


def read_wordings(node: YamlNode) -> Wordings:
    """`phrases.yaml`."""
    fields = node.fields(required=("bot_said", "filed", "times", "said"))
    times = []
    for count, phrases in fields["times"].items():
        if not count.isdecimal() or not 2 <= int(count) <= 99:
            raise phrases.error(f"{count} is no number of contacts; write a whole number from 2 to 99")
        times.append((int(count), read_phrases(phrases)))
    return Wordings(
        filed=read_phrases(fields["filed"]),
        # The highest number that is said counts.
        times=tuple(sorted(times, key=lambda item: -item[0])),
        said=read_named_phrases(fields["said"]),
        bot_said=read_named_phrases(fields["bot_said"]),
    )
