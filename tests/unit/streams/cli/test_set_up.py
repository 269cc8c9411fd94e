from pathlib import Path

import numpy as np
import onnx
import pytest
from typer.testing import CliRunner

from schemas.topics import RECORD_TYPES
from streams.cli import checks_here
from streams.cli.application import make_app
from streams.cli.findings import Health, fail, ok, table, warn
from streams.cli.worker import told
from streams.config import load_config
from streams.runtime.telemetry import CATALOGUE
from streams.topics import TOPICS
from tests.tiny_models import HIDDEN, write_onnx_artifact


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(make_app(), list(arguments))
    return result.exit_code, result.stdout, result.stderr


def test_schemas_are_written_and_found_current(tmp_path: Path) -> None:
    assert run("schema", "export", "--out", str(tmp_path))[0] == 0
    assert {path.stem for path in tmp_path.iterdir()} == set(RECORD_TYPES)
    assert run("schema", "export", "--out", str(tmp_path), "--check")[0] == 0


def test_a_stale_schema_is_named(tmp_path: Path) -> None:
    run("schema", "export", "--out", str(tmp_path))
    (tmp_path / "cx.scored.json").write_text("{}")
    status, _, err = run("schema", "export", "--out", str(tmp_path), "--check")
    assert status == 1
    assert "cx.scored.json" in err
    assert "cx.moments.json" not in err


def test_every_metric_stands_in_the_table() -> None:
    _, out, _ = run("metrics")
    rows = out.splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == list(CATALOGUE)
    assert all(row.count(" | ") == 3 for row in rows)


def test_every_declared_topic_is_listed_with_the_prefix() -> None:
    _, out, _ = run("topics", "list", "--prefix", "here.")
    for topic in TOPICS:
        assert f"here.{topic.name} " in out


def test_the_bundled_catalogue_is_good() -> None:
    status, out, _ = run("catalogue", "check")
    assert status == 0
    assert len(out.strip()) == 12


def test_a_wrong_catalogue_is_told_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "timing.yaml").write_text("silence_of_the_lambs: 1\n")
    status, _, err = run("catalogue", "check", str(tmp_path))
    assert status == 1
    assert "timing.yaml" in err
    assert err.count("\n") == 1


def test_the_configuration_is_told_without_secrets() -> None:
    config = load_config(
        {
            "KAFKA_BOOTSTRAP": "broker:9093",
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_USERNAME": "cx",
            "KAFKA_SASL_PASSWORD": "hunter2",
        }
    )
    lines = told(config)
    assert "broker:9093" in lines
    assert "SASL_SSL, user cx" in lines
    assert "hunter2" not in lines


def test_replaying_nowhere_fails_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    file.write_text('{"topic":"cx.messages","key":"a","timestamp_ms":1,"headers":{},"value":{}}\n')
    status, _, err = run("replay", str(file), "--to", "127.0.0.1:1")
    assert status == 1
    assert "no Kafka broker answers at 127.0.0.1:1" in err


def test_saying_something_where_nothing_runs_tells_how_to_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PEAKEND_CACHE", str(tmp_path))
    monkeypatch.delenv("KAFKA_BOOTSTRAP", raising=False)
    status, _, err = run("say", "hello")
    assert status == 1
    assert "peakend demo" in err


def test_a_finding_that_is_not_ok_comes_with_what_to_do() -> None:
    findings = [ok("Python", "3.11"), warn("lag", "12,000", "start more workers"), fail("Java", "none", "install it")]
    assert [finding.health for finding in findings] == [Health.OK, Health.WARN, Health.FAIL]
    assert table(findings).row_count == 3
    assert all(finding.fix for finding in findings[1:])


def test_the_doctor_asks_the_model_under_every_head(tmp_path: Path) -> None:
    folder = write_onnx_artifact(tmp_path, branch=True)
    config = load_config({"PEAKEND_MODEL": str(folder)})
    assert "sentiment_tweets" in checks_here.model(config).told

    (folder / "tweets.onnx").write_text("nonsense")

    found = checks_here.model(config)
    assert found.health is Health.FAIL
    assert "tweets.onnx cannot be loaded" in found.told


def test_the_doctor_tells_of_a_graph_that_loads_and_cannot_answer(tmp_path: Path) -> None:
    folder = write_onnx_artifact(tmp_path)
    graph = onnx.load(str(folder / "model.onnx"))
    words = next(value for value in graph.graph.initializer if value.name == "embedding")
    words.CopyFrom(onnx.numpy_helper.from_array(np.zeros((1, HIDDEN), np.float32), "embedding"))
    onnx.save(graph, str(folder / "model.onnx"))

    found = checks_here.model(load_config({"PEAKEND_MODEL": str(folder)}))

    assert found.health is Health.FAIL
    assert "it loads, but cannot answer" in found.told
    assert "git checkout models/weights" in found.fix


def test_the_doctor_fails_where_no_broker_answers() -> None:
    result = CliRunner().invoke(
        make_app(), ["doctor", "--bootstrap", "127.0.0.1:1"], env={"PEAKEND_RUNTIME": "lexicon"}
    )
    assert result.exit_code == 1
    assert "none answers at 127.0.0.1:1" in result.stdout
    assert "peakend broker" in result.stdout
