"""The same words as a recogniser writes them, or as somebody types in haste.

A row that is seen several times is not seen twice alike, so fewer are learned by heart; and labels must not hang on
capitals, accents or full stops that speech and chat leave out.
"""

from __future__ import annotations

import random
import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from models.train.rows import CUSTOMERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.train.rows import Example

SPOKEN_SHARE: Final = 0.4
LONG_WORD: Final = 4
NOT_SPOKEN: Final = re.compile(r"[^\w\s'·@#%€$-]|_")
SHOUTED: Final = re.compile(r"\b[^\W\d_a-záéíóúàèòïüçñâêôãõ]{4,}\b")
# Two marks of feeling, or a symbol beyond letters, digits and common punctuation (emoji).
LOUD: Final = re.compile(r"[!?]{2}|[\u2600-\U0001FAFF]")
# A tilde or a cedilla makes another letter, which hardly anybody leaves out.
KEPT_MARKS: Final = ("\u0303", "\u0327")


def retell(examples: Sequence[Example], share: float, seed: int) -> list[Example]:
    """The examples, a ``share`` of what customers say by the guide in other spelling; translations stay as they are."""
    chooser = random.Random(seed)
    return [
        replace(example, text=respell(example.text, share, chooser))
        if example.source in CUSTOMERS and not example.silver
        else example
        for example in examples
    ]


def respell(text: str, share: float, chooser: random.Random) -> str:
    """The text as spoken, as typed in haste, or (1 - ``share``) as it is.

    What carries feeling stays: texts with shouted words are left alone, and those with emoji, "!!" or "??" are not told
    as speech, which would lose them. So do masks such as ``[CARD]``.
    """
    drawn = chooser.random()
    if drawn >= share or "[" in text or SHOUTED.search(text):
        return text
    if drawn < share * SPOKEN_SHARE:
        return text if LOUD.search(text) else spoken(text)
    return hasty(text, chooser)


def spoken(text: str) -> str:
    """Lower case without punctuation; a text of nothing else stays."""
    return " ".join(NOT_SPOKEN.sub(" ", text.lower()).split()) or text


def hasty(text: str, chooser: random.Random) -> str:
    """Typed quickly: some of opening marks, capitals, accents and the final stop left out, a word in ten misspelt."""
    text = text.replace("¿", "").replace("¡", "")
    if chooser.random() < 0.6:
        text = text.lower()
    if chooser.random() < 0.5:
        decomposed = unicodedata.normalize("NFD", text)
        kept = (c for c in decomposed if not unicodedata.combining(c) or c in KEPT_MARKS)
        text = unicodedata.normalize("NFC", "".join(kept))
    if chooser.random() < 0.5:
        text = _misspelt(text, chooser)
    return text.rstrip(".") or text if chooser.random() < 0.3 else text


def _misspelt(text: str, chooser: random.Random) -> str:
    words = text.split(" ")
    places = [at for at, word in enumerate(words) if len(word) >= LONG_WORD and word.isalpha()]
    for at in chooser.sample(places, min(len(places), max(1, len(places) // 10))):
        word = words[at]
        letter = chooser.randrange(1, len(word) - 1)
        swapped = word[:letter] + word[letter + 1] + word[letter] + word[letter + 2 :]
        shortened = word[:letter] + word[letter + 1 :]
        words[at] = chooser.choice((swapped, shortened))
    return " ".join(words)
