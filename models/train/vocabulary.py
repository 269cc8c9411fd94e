"""Trims the tokenizer of the base to the pieces that the served languages use.

The pieces and their scores stay as they are, only fewer: so every text of the served languages is cut as before, apart
from rare words whose one-piece form is gone. The embedding matrix is cut by the same id map.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from models.train.errors import BaseModelError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tokenizers import Tokenizer

SPECIALS: Final = ("<s>", "<pad>", "</s>", "<unk>")
# Word-frequency lists: weight of a language's words, and how many of its most frequent words are looked at.
WORD_LISTS: Final = {"es": (1.0, 120_000), "ca": (1.0, 120_000), "en": (1.0, 80_000), "pt": (0.8, 80_000)}
LIGHT_WORD_LISTS: Final = {"fr": (0.2, 20_000), "it": (0.2, 20_000)}
# A word list speaks for about so many running words beside those of the rows.
LIST_TOKENS: Final = 2_000_000
FOREIGN_SCRIPTS: Final = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA", "ARABIC", "DEVANAGARI", "THAI", "HEBREW")


def is_kept_character(piece: str) -> bool:
    """Whether a piece of one character always stays: Latin letters, digits, punctuation, symbols, emoji."""
    if len(piece) != 1:
        return False
    category = unicodedata.category(piece)
    if category[0] in "PSN" or category in {"Mn", "Cf", "Zs"}:
        return not unicodedata.name(piece, "").startswith(FOREIGN_SCRIPTS)
    return unicodedata.name(piece, "").startswith("LATIN")


def count_pieces(tokenizer: Tokenizer, texts: Iterable[str]) -> Counter[int]:
    """How often each piece id is used in the texts, and in the word lists of the served languages."""
    from wordfreq import iter_wordlist, word_frequency  # noqa: PLC0415  (training extra)

    counts: Counter[int] = Counter()
    batch = list(texts)
    for encoding in tokenizer.encode_batch(batch, add_special_tokens=False):
        counts.update(encoding.ids)
    for language, (weight, size) in {**WORD_LISTS, **LIGHT_WORD_LISTS}.items():
        words = [word for word, _ in zip(iter_wordlist(language), range(size), strict=False)]
        # Sentences begin with capitals, and customers shout: the same words in both forms, at less weight.
        for form, share in ((str, 0.75), (str.capitalize, 0.2), (str.upper, 0.05)):
            encodings = tokenizer.encode_batch([form(word) for word in words], add_special_tokens=False)
            for word, encoding in zip(words, encodings, strict=True):
                frequency = word_frequency(word, language) * weight * share * LIST_TOKENS
                for piece in encoding.ids:
                    counts[piece] += frequency  # type: ignore[assignment]  # fractions of a word are meant
    return counts


def trim(tokenizer_file: Path, counts: Counter[int], size: int) -> tuple[dict[str, Any], list[int]]:
    """The trimmed tokenizer (its JSON as a dict) and, for each new id, the old id, in old order.

    ``size`` bounds the vocabulary, specials and single characters included.
    Raises BaseModelError when the tokenizer is not the unigram model that it should be.
    """
    document = json.loads(tokenizer_file.read_text(encoding="utf-8"))
    model = document["model"]
    if model.get("type") != "Unigram" or tuple(piece for piece, _ in model["vocab"][:4]) != SPECIALS:
        raise BaseModelError("the base's tokenizer.json is not the unigram model of multilingual-e5-small")
    vocabulary: list[list[Any]] = model["vocab"]
    kept = set(range(len(SPECIALS)))
    kept |= {number for number, (piece, _) in enumerate(vocabulary) if is_kept_character(piece.removeprefix("▁"))}
    kept |= {number for number, (piece, _) in enumerate(vocabulary) if piece == "▁"}
    mask = {number for number, (piece, _) in enumerate(vocabulary) if piece == "<mask>"}
    for piece, count in counts.most_common():
        if len(kept) >= size or count <= 0:
            break
        if piece not in mask:
            kept.add(piece)
    order = sorted(kept)
    model["vocab"] = [vocabulary[old] for old in order]
    document["added_tokens"] = [token for token in document["added_tokens"] if token["content"] in SPECIALS]
    document["truncation"] = None
    document["padding"] = None
    return document, order


def order_of(tokenizer_file: Path, trimmed_file: Path) -> list[int]:
    """For each id of a trimmed tokenizer its id in the whole one; raises BaseModelError for a piece of another."""
    whole, trimmed = (json.loads(file.read_text(encoding="utf-8"))["model"] for file in (tokenizer_file, trimmed_file))
    ids = {piece: number for number, (piece, _) in enumerate(whole["vocab"])}
    unknown = [piece for piece, _ in trimmed["vocab"] if piece not in ids]
    if unknown:
        raise BaseModelError(f"{trimmed_file} holds {len(unknown)} pieces that the base does not know: another base?")
    return [ids[piece] for piece, _ in trimmed["vocab"]]
