"""YAML read strictly: every value knows its file and line, so that an error can name them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import yaml


class CatalogueError(ValueError):
    """The catalogue cannot be used; `file` and `line` tell where, the message what to write there."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.file = file
        self.line = line


@dataclass(frozen=True, slots=True)
class YamlNode:
    """One value of a YAML file. The readers below raise `CatalogueError` when it is not what they read."""

    file: str
    node: yaml.Node

    @property
    def line(self) -> int:
        """Line of the value, from 1."""
        return int(self.node.start_mark.line) + 1

    def error(self, message: str) -> CatalogueError:
        """The error to raise about this value."""
        return CatalogueError(self.file, self.line, message)

    def items(self) -> Iterator[tuple[str, "YamlNode"]]:
        """Keys and values of a mapping, in the file's order."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error("write a mapping (name: value) here")
        seen = set()
        for key, value in self.node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise CatalogueError(self.file, key.start_mark.line + 1, "a key is a plain word")
            name = str(key.value)
            if name in seen:
                raise CatalogueError(self.file, key.start_mark.line + 1, f"{name} stands twice; remove one of them")
            seen.add(name)
            yield name, YamlNode(self.file, value)

    def fields(self, required: Sequence[str] = (), optional: Sequence[str] = ()) -> dict[str, "YamlNode"]:
        """A mapping with just these keys."""
        known = [*required, *optional]
        found = {}
        for name, value in self.items():
            if name not in known:
                near = get_close_matches(name, known, n=1)
                raise value.error(
                    f"unknown key {name}; "
                    + (f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(known))}")
                )
            found[name] = value
        for name in required:
            if name not in found:
                raise self.error(f"{name} is missing; add it")
        return found

    def sequence(self) -> list["YamlNode"]:
        """The items of a list; a single value stands for a list of one."""
        if isinstance(self.node, yaml.SequenceNode):
            return [YamlNode(self.file, item) for item in self.node.value]
        return [self]

    def text(self) -> str:
        """A non-empty text."""
        if not isinstance(self.node, yaml.ScalarNode) or self.node.value == "":
            raise self.error("write a text here")
        return str(self.node.value)

    def texts(self) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(item.text() for item in self.sequence())

    def choice(self, allowed: Sequence[str]) -> str:
        """One of the words in `allowed`."""
        text = self.text()
        if text not in allowed:
            near = get_close_matches(text, allowed, n=1)
            raise self.error(
                f"{text} is unknown here; "
                + (f"did you mean {near[0]}?" if near else f"use one of {', '.join(allowed)}")
            )
        return text

    def choices(self, allowed: Sequence[str]) -> tuple[str, ...]:
        """A list of words in `allowed`."""
        return tuple(item.choice(allowed) for item in self.sequence())

    def number(self, low: float, high: float) -> float:
        """A number from `low` to `high`, both included."""
        try:
            value = float(self.text())
        except ValueError:
            raise self.error("write a number here") from None
        if not low <= value <= high:
            raise self.error(f"write a number from {low:g} to {high:g}")
        return value

    def integer(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        value = self.number(low, high)
        if value != int(value):
            raise self.error("write a whole number")
        return int(value)

    def flag(self) -> bool:
        """`true` or `false`."""
        return self.choice(("true", "false")) == "true"

    def plain(self) -> Any:
        """The value as strings, lists and mappings: what the digest is made of."""
        if isinstance(self.node, yaml.MappingNode):
            return {name: value.plain() for name, value in self.items()}
        if isinstance(self.node, yaml.SequenceNode):
            return [item.plain() for item in self.sequence()]
        return str(self.node.value)


def parse_yaml(file: str, content: str) -> YamlNode:
    """The root of one YAML document.

    Raises:
        CatalogueError: not YAML, more than one document, or empty.
    """
    try:
        node = yaml.compose(content, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise CatalogueError(
            file, (mark.line + 1) if mark else 1, f"not valid YAML: {error.problem}; correct the line"
        ) from None
    except yaml.YAMLError:
        raise CatalogueError(file, 1, "not valid YAML: a character that no text holds; remove it") from None
    if node is None:
        raise CatalogueError(file, 1, "the file is empty; restore it or remove it")
    return YamlNode(file, node)


def parse_files(files: Mapping[str, str]) -> dict[str, YamlNode]:
    """The root of each file, by name."""
    return {name: parse_yaml(name, content) for name, content in sorted(files.items())}
