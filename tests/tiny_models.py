"""Small random models in the formats that the runtimes load: tests need the contract, not good answers."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Punctuation, Sequence, WhitespaceSplit
from tokenizers.processors import TemplateProcessing

from schemas.labels import CUES, EMOTIONS, INTENTS, SENTIMENTS

WIDTHS = {
    "sentiment_service": 3,
    "sentiment_tweets": 3,
    "intensity": 4,
    "arousal": 1,
    "emotions": len(EMOTIONS),
    "intents": len(INTENTS),
    "cues": len(CUES),
    "sketch": 64,
}
WORDS = (
    "query : hola no funciona gracias estoy harto de vosotros thank you bon dia no va res the and que és is . , ! ? "
    "[ ] card muito obrigado isto está mal bé bien great service 1 2 3 a b c d e f g"
)
HIDDEN = 16
MAX_TOKENS = 40


def write_tokenizer(path: Path) -> int:
    """A word-level tokenizer framed like the shipped one; returns the size of its vocabulary."""
    vocabulary = {word: at for at, word in enumerate(dict.fromkeys(["<s>", "<pad>", "</s>", "<unk>", *WORDS.split()]))}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Sequence([WhitespaceSplit(), Punctuation()])
    tokenizer.post_processor = TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    tokenizer.save(str(path))
    return len(vocabulary)


def write_onnx_artifact(
    folder: Path, *, heads: tuple[str, ...] = tuple(WIDTHS), seed: int = 5, branch: bool = False
) -> Path:
    """An artifact by the contract: mean of random embeddings, one linear layer a head; with ``branch`` the tweets head
    stands in a graph of its own, which starts from the embeddings.
    """
    folder.mkdir(parents=True, exist_ok=True)
    size = write_tokenizer(folder / "tokenizer.json")
    chance = np.random.default_rng(seed)
    weights = {"embedding": chance.normal(size=(size, HIDDEN)).astype(np.float32), "axis": np.array([1], np.int64)}
    weights["last"] = np.array([2], np.int64)
    nodes = [
        helper.make_node("Gather", ["embedding", "input_ids"], ["vectors"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["mask3"]),
        helper.make_node("Mul", ["vectors", "mask3"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "axis"], ["total"], keepdims=0),
        helper.make_node("ReduceSum", ["mask", "axis"], ["count"], keepdims=1),
        helper.make_node("Div", ["total", "count"], ["mean"]),
    ]
    whole = tuple(head for head in heads if not (branch and head == "sentiment_tweets"))
    for head in whole:
        weights[f"w_{head}"] = (3 * chance.normal(size=(HIDDEN, WIDTHS[head]))).astype(np.float32)
        nodes.append(helper.make_node("MatMul", ["mean", f"w_{head}"], [head]))
    if branch:
        nodes.append(helper.make_node("Identity", ["vectors"], ["below"]))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
            for name in ("input_ids", "attention_mask")
        ],
        [helper.make_tensor_value_info(head, TensorProto.FLOAT, ["batch", WIDTHS[head]]) for head in whole]
        + [helper.make_tensor_value_info("below", TensorProto.FLOAT, ["batch", "tokens", HIDDEN])] * branch,
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(folder / "model.onnx"))
    (folder / "model.json").write_text(json.dumps(manifest(heads)), "utf-8")
    if branch:
        _write_branch(folder / "tweets.onnx", chance)
    return folder


def _write_branch(path: Path, chance: np.random.Generator) -> None:
    weights = {
        "axis": np.array([1], np.int64),
        "last": np.array([2], np.int64),
        "w": (3 * chance.normal(size=(HIDDEN, 3))).astype(np.float32),
    }
    nodes = [
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["mask3"]),
        helper.make_node("Mul", ["below", "mask3"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "axis"], ["total"], keepdims=0),
        helper.make_node("MatMul", ["total", "w"], ["sentiment_tweets"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny_branch",
        [
            helper.make_tensor_value_info("below", TensorProto.FLOAT, ["batch", "tokens", HIDDEN]),
            helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["batch", "tokens"]),
        ],
        [helper.make_tensor_value_info("sentiment_tweets", TensorProto.FLOAT, ["batch", 3])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(path))


def manifest(heads: tuple[str, ...] = tuple(WIDTHS)) -> dict[str, object]:
    """A manifest by the contract."""
    labels = {"emotions": EMOTIONS, "intents": INTENTS, "cues": CUES}
    all_heads: dict[str, object] = {
        "sentiment_service": {"kind": "softmax", "labels": list(SENTIMENTS), "temperature": 1.3},
        "sentiment_tweets": {"kind": "softmax", "labels": list(SENTIMENTS), "temperature": 1.0},
        "intensity": {"kind": "softmax", "labels": ["0", "1", "2", "3"], "temperature": 1.0},
        "arousal": {"kind": "sigmoid_scalar", "a": 1.0, "b": 0.0},
        **{
            head: {
                "kind": "sigmoid",
                "labels": list(names),
                "platt": {name: [1.0, 0.0] for name in names},
                "thresholds": {name: {"default": 0.5, "ca": 0.4} for name in names},
            }
            for head, names in labels.items()
        },
    }
    return {
        "format": 1,
        "name": "tiny",
        "version": "0.0.1",
        "prefix": "query: ",
        "max_tokens": MAX_TOKENS,
        "layers": 0,
        "hidden": HIDDEN,
        "vocabulary": 0,
        "precision": "fp32",
        "sketch_scale": 20.0,
        "heads": {head: value for head, value in all_heads.items() if head in heads},
        "abstain": {"min_confidence": 0.4},
        "trained": {"date": "2026-01-01", "data": [], "seed": 0, "command": ""},
    }


def write_torch_model(folder: Path, labels: dict[int, str], *, multi_label: bool = False) -> Path:
    """A random one-layer BERT classifier with its tokenizer, as `save_pretrained` leaves it."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    size = write_tokenizer(folder / "raw.json")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "raw.json"), pad_token="<pad>", unk_token="<unk>", model_max_length=MAX_TOKENS
    )
    (folder / "raw.json").unlink()
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=size,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=MAX_TOKENS,
        initializer_range=0.8,
        id2label=labels,
        label2id={label: at for at, label in labels.items()},
        problem_type="multi_label_classification" if multi_label else "single_label_classification",
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
