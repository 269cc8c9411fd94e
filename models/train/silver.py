"""Silver Catalan: Spanish rows that may be trained on, machine-translated by Apertium with their labels kept.

For training only, never in a dev or test split. Debian: ``apt-get install apertium-spa-cat cg3 apertium-lex-tools``.
"""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

from models.train.rows import Example, retold

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger(__name__)

COMMAND: Final = ("apertium", "-u", "spa-cat")
DISCOUNT: Final = 0.7
TIMEOUT_SECONDS: Final = 900
# Apertium reads these as markup or escapes; a customer's text loses nothing by their absence.
HANDLE: Final = "@user"
BARE_HANDLE: Final = re.compile(r"\buser\b", re.IGNORECASE)
MARKUP: Final = str.maketrans(dict.fromkeys("[]{}^$/\\<>@*~\n\r\t", " "))


def is_available() -> bool:
    """Whether Apertium is installed here."""
    return shutil.which(COMMAND[0]) is not None


def translate(texts: Sequence[str]) -> list[str]:
    """Catalan for Spanish texts, one for one; an empty string where a line could not be matched up.

    Raises OSError or subprocess.SubprocessError when Apertium fails.
    """
    lines = [" ".join(text.translate(MARKUP).split()) for text in texts]
    # A line of its own that the translator leaves alone keeps the two sides in step.
    done = subprocess.run(
        COMMAND, input="\n\n".join(lines) + "\n", capture_output=True, text=True, check=True, timeout=TIMEOUT_SECONDS
    )
    result = done.stdout.rstrip("\n").split("\n\n")
    return result if len(result) == len(lines) else [""] * len(lines)


def silver_catalan(examples: Sequence[Example], block: int = 500) -> list[Example]:
    """Catalan twins of the Spanish examples, at a discount; none without Apertium, which is logged."""
    spanish = [example for example in examples if example.language == "es"]
    if not spanish:
        return []
    if not is_available():
        log.warning(
            "silver Catalan is left out: apertium is absent (apt-get install apertium-spa-cat cg3 apertium-lex-tools)"
        )
        return []
    twins: list[Example] = []
    for begin in range(0, len(spanish), block):
        part = spanish[begin : begin + block]
        for example, text in zip(part, translate([example.text for example in part]), strict=True):
            if text and text != example.text:
                text = BARE_HANDLE.sub(HANDLE, text) if HANDLE in example.text else text  # noqa: PLW2901
                twins.append(retold(example, text, "ca", f"{example.source}_ca", DISCOUNT))
    return twins
