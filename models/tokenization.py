"""Text to windows of token ids, with the tokenizer that the artifact carries."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tokenizers import Tokenizer

from models.batching import padded_length
from models.errors import ArtifactError
from models.protocol import Prepared, Window

OVERLAP: Final = 16
"""Tokens shared by neighbouring windows, so that a phrase on the cut is read whole once."""


class TextTokenizer:
    """Owns one Hugging Face tokenizer. Not thread-safe.

    Every window starts with the prefix that the encoder was trained with and is framed by the tokenizer's
    own special tokens, so the second window of a long text looks to the model like the first.
    """

    def __init__(self, path: Path, *, prefix: str, max_tokens: int) -> None:
        """Load `path`; raises ArtifactError if it is no tokenizer or the windows leave no room for text."""
        try:
            self._tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the Rust side raises bare Exception
            message = f"{path} is not a readable tokenizer ({error}); restore the model folder"
            raise ArtifactError(message) from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._prefix = prefix
        self._max_tokens = max_tokens
        self._frame_head, self._frame_tail = self._measure_frame()
        if max_tokens - len(self._frame_head) - len(self._frame_tail) <= OVERLAP:
            message = f"max_tokens {max_tokens} of {path.parent} leaves no room for text; the manifest is wrong"
            raise ArtifactError(message)

    def prepare(self, texts: Sequence[str]) -> list[Prepared]:
        """Tokenise `texts`; a blank one has no windows."""
        filled = [at for at, text in enumerate(texts) if text and not text.isspace()]
        prepared = [Prepared(())] * len(texts)
        encodings = self._tokenizer.encode_batch_fast([self._prefix + texts[at] for at in filled])
        for at, encoding in zip(filled, encodings, strict=True):
            prepared[at] = Prepared(tuple(self._window(ids) for ids in self._cut(encoding.ids)))
        return prepared

    def _window(self, ids: list[int]) -> Window:
        return Window("", tuple(ids), len(ids), padded_length(len(ids), limit=self._max_tokens))

    def _cut(self, ids: list[int]) -> list[list[int]]:
        if len(ids) <= self._max_tokens:
            return [ids]
        head, tail = self._frame_head, self._frame_tail
        content = ids[len(head) : len(ids) - len(tail)]
        room = self._max_tokens - len(head) - len(tail)
        step = room - OVERLAP
        starts = range(0, max(1, len(content) - OVERLAP), step)
        return [[*head, *content[at : at + room], *tail] for at in starts]

    def _measure_frame(self) -> tuple[list[int], list[int]]:
        # What stands before and after any text is what two encodings of different texts have in common.
        one, other = (self._tokenizer.encode(self._prefix + text).ids for text in ("7", "x"))
        head = 0
        while head < min(len(one), len(other)) and one[head] == other[head]:
            head += 1
        tail = 0
        while tail < min(len(one), len(other)) - head and one[-1 - tail] == other[-1 - tail]:
            tail += 1
        return one[:head], one[len(one) - tail :]
