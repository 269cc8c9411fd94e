"""Silver rows: rows that may be trained on, machine-translated by Apertium with their labels kept.

For training only, never in a dev or test split. Spanish and Catalan come out fluent, Portuguese is rougher.
Debian: ``apt-get install apertium-spa-cat apertium-es-pt cg3 apertium-lex-tools``.
"""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from models.train.errors import TrainingError
from models.train.rows import Example, retold

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger(__name__)

PROGRAM: Final = "apertium"
PACKAGES: Final = "apertium-spa-cat apertium-es-pt cg3 apertium-lex-tools"


@dataclass(frozen=True, slots=True)
class Pair:
    """A direction: rows of one language become twins in the other, weighing ``discount`` times as much."""

    source: str
    target: str
    mode: str
    discount: float


SPANISH_CATALAN: Final = Pair("es", "ca", "spa-cat", 0.7)
CATALAN_SPANISH: Final = Pair("ca", "es", "cat-spa", 0.7)
SPANISH_PORTUGUESE: Final = Pair("es", "pt", "es-pt_BR", 0.5)
TIMEOUT_SECONDS: Final = 900
HANDLE: Final = "@user"
BARE_HANDLE: Final = re.compile(r"\buser\b", re.IGNORECASE)
# Apertium reads these as markup or escapes; a customer's text loses nothing by their absence.
MARKUP: Final = str.maketrans(dict.fromkeys("[]{}^$/\\<>@*~\n\r\t", " "))


def is_available() -> bool:
    """Whether Apertium is installed here."""
    return shutil.which(PROGRAM) is not None


def translate(texts: Sequence[str], pair: Pair) -> list[str]:
    """The texts in the pair's target language, one for one; an empty string where a line could not be matched up.

    Raises TrainingError when Apertium fails.
    """
    lines = [" ".join(text.translate(MARKUP).split()) for text in texts]
    # A line of its own that the translator leaves alone keeps the two sides in step.
    try:
        done = subprocess.run(
            (PROGRAM, "-u", pair.mode),
            input="\n\n".join(lines) + "\n",
            capture_output=True,
            text=True,
            check=True,
            timeout=TIMEOUT_SECONDS,
        )
    except subprocess.SubprocessError as error:
        told = getattr(error, "stderr", None) or str(error)
        raise TrainingError(
            f"apertium does not translate by {pair.mode} (apt-get install {PACKAGES}): {' '.join(str(told).split())}"
        ) from error
    result = done.stdout.rstrip("\n").split("\n\n")
    return result if len(result) == len(lines) else [""] * len(lines)


def silver(examples: Sequence[Example], pair: Pair, block: int = 500) -> list[Example]:
    """Twins of the examples in the pair's source language, at its discount; none without Apertium, which is logged."""
    # A mask such as [CARD] would come out as a mere word.
    originals = [example for example in examples if example.language == pair.source and "[" not in example.text]
    if not originals:
        return []
    if not is_available():
        log.warning("silver rows are left out: apertium is absent (apt-get install %s)", PACKAGES)
        return []
    twins: list[Example] = []
    for begin in range(0, len(originals), block):
        part = originals[begin : begin + block]
        for example, text in zip(part, translate([example.text for example in part], pair), strict=True):
            if text and text != example.text:
                text = BARE_HANDLE.sub(HANDLE, text) if HANDLE in example.text else text  # noqa: PLW2901
                twins.append(retold(example, text, pair.target, f"{example.source}_{pair.target}", pair.discount))
    return twins
