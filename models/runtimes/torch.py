"""Any Hugging Face sequence classifier through the same protocol (extra `torch`).

Which heads a model has is read from its labels: sentiment (negative / neutral / positive in several
spellings, LABEL_0..2, star ratings), emotions whose names are ours, intents and cues with our exact names.
The rest it lacks. Such a model has one sentiment of one convention, its own; it answers under both
sentiment heads.
"""

import hashlib
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, Final

import numpy as np

from models.batching import padded_length
from models.calibration import DECIMALS, sigmoid, softmax
from models.errors import ArtifactError, RuntimeUnavailableError
from models.label_reading import HeadReading, read_labels
from models.protocol import Head, HeadScores, Logits, Prepared, PreparedBatch, Window
from models.runtimes.padding import padded_arrays
from models.tokenization import OVERLAP

MAX_TOKENS: Final = 512
PRESENT: Final = 0.5
_OUTPUT: Final = "logits"
_MULTI_LABEL: Final = "multi_label_classification"


class TorchRuntime:
    """A sequence classifier of `transformers` on the processor, in fp32. One thread owns it."""

    def __init__(self, model: Any, tokenizer: Any, *, name: str, torch: ModuleType) -> None:
        """Wrap a loaded model; raises UnsupportedModelError if none of its labels can be read as a head."""
        self._torch = torch
        self._model = model.eval()
        self._tokenizer = tokenizer
        labels = [str(model.config.id2label[at]) for at in range(model.config.num_labels)]
        self._reading: HeadReading = read_labels(labels, name)
        self._multi_label = model.config.problem_type == _MULTI_LABEL
        self._max_tokens = _longest_input(model.config, tokenizer)
        self._identity = f"{name.rstrip('/').split('/')[-1]}@{_digest(model, tokenizer, labels)[:12]}/torch/fp32"

    @classmethod
    def load(cls, name: str, *, threads: int = 0) -> "TorchRuntime":
        """Load a folder or hub name. `threads` > 0 sets torch's threads, which are the whole process's.

        Raises RuntimeUnavailableError without torch and transformers, ArtifactError if there is no such
        model.
        """
        try:
            import torch  # noqa: PLC0415 - an extra, absent from the serving install
            from transformers import AutoModelForSequenceClassification, AutoTokenizer  # noqa: PLC0415
        except ImportError as error:
            message = f"the torch runtime needs torch and transformers ({error}): install peakend[torch]"
            raise RuntimeUnavailableError(message) from error
        if threads > 0:
            torch.set_num_threads(threads)
        try:
            tokenizer = AutoTokenizer.from_pretrained(name)
            model = AutoModelForSequenceClassification.from_pretrained(name, dtype=torch.float32)
        except (OSError, ValueError, KeyError) as error:
            message = f"{name} cannot be loaded as a sequence classifier ({error}); give a folder or hub name of one"
            raise ArtifactError(message) from error
        return cls(model, tokenizer, name=name, torch=torch)

    @property
    def identity(self) -> str:
        """Name, digest of weights, tokenizer and labels, `torch`, `fp32`."""
        return self._identity

    @property
    def heads(self) -> frozenset[Head]:
        """Those that its labels name."""
        return self._reading.heads

    @property
    def degraded(self) -> bool:
        """Never: it is a model, though perhaps with fewer heads."""
        return False

    @property
    def min_confidence(self) -> float:
        """None of its own is known: it abstains only where the language is undetermined or sentiment is
        lacking.
        """
        return 0.0

    @property
    def ignores_padding(self) -> bool:
        """Not known of an arbitrary model: each window runs at its own length."""
        return False

    def prepare(self, texts: Sequence[str]) -> list[Prepared]:
        """Tokenise; long texts give several overlapping windows, a blank one none."""
        filled = [at for at, text in enumerate(texts) if text and not text.isspace()]
        windows: list[list[Window]] = [[] for _ in texts]
        if filled:
            encoded = self._tokenizer(
                [texts[at] for at in filled],
                truncation=True,
                max_length=self._max_tokens,
                stride=min(OVERLAP, self._max_tokens // 4),
                return_overflowing_tokens=True,
                return_attention_mask=False,
            )
            for ids, sample in zip(encoded["input_ids"], encoded["overflow_to_sample_mapping"], strict=True):
                padded = padded_length(len(ids), limit=self._max_tokens)
                windows[filled[sample]].append(Window("", tuple(ids), len(ids), padded))
        return [Prepared(tuple(own)) for own in windows]

    def forward(self, batch: PreparedBatch) -> Logits:
        """Run the classifier; its raw outputs, [windows, labels]."""
        ids, mask = padded_arrays(batch, pad_id=self._tokenizer.pad_token_id or 0)
        with self._torch.inference_mode():
            output = self._model(
                input_ids=self._torch.from_numpy(ids), attention_mask=self._torch.from_numpy(mask)
            ).logits
        return {_OUTPUT: output.to(self._torch.float32).numpy()}

    def finish(self, batch: PreparedBatch, logits: Logits, languages: Sequence[str]) -> list[HeadScores]:  # noqa: ARG002 - the protocol's signature
        """Probabilities by softmax, or by sigmoid for a multi-label model, gathered into heads."""
        raw = logits[_OUTPUT]
        values = sigmoid(raw, 1.0, 0.0) if self._multi_label else softmax(raw, 1.0)
        return [self._judge(row) for row in values]

    def _judge(self, row: np.ndarray[Any, np.dtype[np.float64]]) -> HeadScores:
        reading = self._reading
        sentiment = None
        if reading.sentiment is not None:
            sides = [sum(float(row[at]) for at in side) for side in reading.sentiment]
            total = sum(sides) or 1.0
            sentiment = tuple(round(side / total, DECIMALS) for side in sides)
        emotions, intents, cues = (
            {label: round(max(float(row[at]) for at in places), DECIMALS) for label, places in names.items()} or None
            for names in (reading.emotions, reading.intents, reading.cues)
        )
        return HeadScores(
            sentiment_service=sentiment,
            sentiment_tweets=sentiment,
            emotions=emotions,
            intents=intents,
            cues=cues,
            emotions_present=_present(emotions),
            intents_present=_present(intents),
            cues_present=_present(cues),
        )


def _present(values: Mapping[str, float] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(label for label, value in values.items() if value >= PRESENT)


def _longest_input(config: Any, tokenizer: Any) -> int:
    positions = int(getattr(config, "max_position_embeddings", MAX_TOKENS) or MAX_TOKENS)
    # RoBERTa's family counts positions from the padding index on, so two of them are never usable.
    if getattr(config, "model_type", "") in {"roberta", "xlm-roberta", "camembert"}:
        positions -= 2
    return max(8, min(MAX_TOKENS, positions, int(tokenizer.model_max_length)))


def _digest(model: Any, tokenizer: Any, labels: Sequence[str]) -> str:
    total = hashlib.sha256("\n".join(labels).encode())
    total.update(repr(sorted(tokenizer.get_vocab().items())).encode())
    for name, tensor in sorted(model.state_dict().items()):
        total.update(name.encode())
        total.update(tensor.detach().contiguous().numpy().tobytes())
    return total.hexdigest()
