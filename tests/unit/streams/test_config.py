from pathlib import Path

import pytest

from streams.config import ConfigError, load_config


def test_the_environment_wins_over_the_file_and_the_file_over_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "peakend.toml"
    file.write_text('batch_texts = 32\nindustry = "banking"\n', "utf-8")
    config = load_config({"PEAKEND_CONFIG": str(file), "PEAKEND_BATCH_TEXTS": "16", "KAFKA_BOOTSTRAP": "kafka:9092"})
    assert (config.batch_texts, config.industry, config.bootstrap) == (16, "banking", "kafka:9092")
    assert config.linger_seconds == 0.005


def test_overrides_win_over_all_and_none_is_no_override() -> None:
    config = load_config({"PEAKEND_RUNTIME": "lexicon"}, runtime=None, bootstrap="other:1")
    assert (config.runtime, config.bootstrap) == ("lexicon", "other:1")


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"PEAKEND_BATCH_TEXTS": "many"}, "batch_texts"),
        ({"PEAKEND_BATCH_TEXTS": "0"}, "greater than or equal to 1"),
        ({"PEAKEND_BACTH_TEXTS": "8"}, "bacth_texts: no such setting"),
        ({"PEAKEND_RUNTIME": "gpu"}, "'onnx', 'openvino', 'torch' or 'lexicon'"),
        ({"PEAKEND_RUNTIME": "torch"}, "needs `model`"),
        ({"PEAKEND_CONFIG": "/nowhere.toml"}, "cannot be read"),
        ({"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}, "KAFKA_SASL_USERNAME"),
    ],
)
def test_an_unusable_setting_is_named_with_what_it_can_be(environment: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load_config(environment)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "peakend.toml"
    file.write_text("batch_texts = ", "utf-8")
    with pytest.raises(ConfigError, match="is not TOML"):
        load_config({"PEAKEND_CONFIG": str(file)})


def test_no_secret_is_in_what_is_told() -> None:
    config = load_config(
        {
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_USERNAME": "anna",
            "KAFKA_SASL_PASSWORD": "correct horse",
        }
    )
    assert "correct horse" not in repr(config)
    assert "correct horse" not in str(config.told())


def test_the_flow_has_equal_partitions_throughout() -> None:
    config = load_config({"PEAKEND_PARTITIONS": "6", "PEAKEND_TOPIC_PREFIX": "t."})
    counts = {spec.name: spec.partitions for spec in config.topics()}
    assert {
        counts[f"t.{name}"] for name in ("cx.messages", "cx.transcripts", "cx.journey", "cx.scored", "cx.state")
    } == {6}
