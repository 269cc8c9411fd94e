import json

import numpy as np

from models.manifest import read_manifest
from models.train.calibrate import HIGHEST_CONFIDENCE, LOWEST_CONFIDENCE, DevSet, fit
from models.train.label_maps import LABELS
from models.train.network import HEAD_SIZES
from models.train.rows import Example


def dev_set(rows: int) -> DevSet:
    chance = np.random.default_rng(7)
    examples = [
        Example(
            f"text {number}",
            "es" if number % 2 else "ca",
            "written",
            1.0,
            {"sentiment_service": number % 3, "sentiment_tweets": number % 3, "intensity": number % 4},
            {head: {label: float(chance.random() < 0.3) for label in labels} for head, labels in LABELS.items()},
            0.4,
        )
        for number in range(rows)
    ]
    logits = {head: chance.normal(size=(rows, size)).astype(np.float32) for head, size in HEAD_SIZES.items()}
    return DevSet(examples, logits)


def test_what_is_fitted_is_what_serving_reads(tmp_path):
    fitted = fit({"written": dev_set(120)})
    document = {
        "format": 1, "name": "n", "version": "1", "prefix": "query: ", "max_tokens": 160, "precision": "p",
        "sketch_scale": 100.0, **fitted,
    }  # fmt: skip
    path = tmp_path / "model.json"
    path.write_text(json.dumps(document))

    manifest = read_manifest(path)

    assert set(manifest.label_heads) == set(LABELS)
    assert all(0.1 < value < 0.8 for head in manifest.label_heads.values() for value in head.thresholds["default"])
    assert LOWEST_CONFIDENCE <= manifest.min_confidence <= HIGHEST_CONFIDENCE


def test_a_label_without_examples_keeps_neutral_numbers():
    empty = Example("x", "es", "written", 1.0, {"sentiment_service": 0, "sentiment_tweets": 0, "intensity": 0}, {})
    logits = {head: np.zeros((10, size), np.float32) for head, size in HEAD_SIZES.items()}

    heads = fit({"written": DevSet([empty] * 10, logits)})["heads"]

    assert heads["cues"]["platt"]["sarcasm"] == [1.0, 0.0]
    assert heads["cues"]["thresholds"]["sarcasm"] == {"default": 0.5, "es": 0.5, "ca": 0.5, "en": 0.5, "pt": 0.5}
