"""The rule catalogue: what may be tuned without touching a program, frozen and named by its digest."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from streams.core.critical_events import CriticalEvents, read_critical_events
from streams.core.moment_types import MomentTypes, read_moment_types
from streams.core.phrases import Wordings, read_wordings
from streams.core.settings import Acting, Closing, Timing, read_acting, read_closing, read_timing
from streams.core.texts import Texts, read_texts
from streams.core.yaml_nodes import CatalogueError, YamlNode, parse_files

__all__ = ["Catalogue", "CatalogueError", "parse_catalogue"]

_FILES: Final = ("moments.yaml", "timing.yaml", "acting.yaml", "closing.yaml", "phrases.yaml", "texts.yaml")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Rules, thresholds, deadlines and texts in force; `digest` is 12 hexadecimal digits of their content."""

    digest: str
    moments: MomentTypes
    timing: Timing
    acting: Acting
    closing: Closing
    wordings: Wordings
    texts: Texts
    critical: CriticalEvents


def parse_catalogue(files: Mapping[str, str]) -> Catalogue:
    """Reads a catalogue from file names, relative to its folder with `/`, to YAML texts.

    The digest is over the values, so that comments, blanks and the order of keys do not change it.

    Raises:
        CatalogueError: names the file, the line and what to do.
    """
    roots = parse_files(files)
    for name in _FILES:
        if name not in roots:
            raise CatalogueError(name, 1, "the file is missing; restore it")
    for name, root in roots.items():
        if name not in _FILES and not name.startswith(("critical/", "tenants/")):
            raise root.error(
                f"{name} belongs to no part of a catalogue; remove it, or move it to critical/ or tenants/"
            )
    wordings = read_wordings(roots["phrases.yaml"])
    return Catalogue(
        digest=_digest(roots),
        moments=read_moment_types(roots["moments.yaml"], wordings.said.names),
        timing=read_timing(roots["timing.yaml"]),
        acting=read_acting(roots["acting.yaml"], wordings),
        closing=read_closing(roots["closing.yaml"]),
        wordings=wordings,
        texts=read_texts(roots["texts.yaml"]),
        critical=read_critical_events(
            {name: root for name, root in roots.items() if name.startswith("critical/")},
            {name: root for name, root in roots.items() if name.startswith("tenants/")},
        ),
    )


def _digest(roots: Mapping[str, YamlNode]) -> str:
    content = {name: root.plain() for name, root in roots.items()}
    # The order of critical events decides which of them names an utterance: it is content.
    canonical = orjson.dumps(content | {"order": _event_order(roots)}, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).hexdigest()[:12]


def _event_order(roots: Mapping[str, YamlNode]) -> list[list[str]]:
    orders: list[list[str]] = []
    for name, root in roots.items():
        if name.startswith(("critical/", "tenants/")):
            orders.extend(
                [name, *(event for event, _ in node.items())] for key, node in root.items() if key == "events"
            )
    return orders
