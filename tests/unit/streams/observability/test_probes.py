from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import urlopen

import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families

from streams.observability.probes import Probe, ProbeServer
from streams.observability.prometheus import PrometheusTelemetry
from streams.runtime.telemetry import CATALOGUE, DEAD_LETTERS, IN_FLIGHT, SCORE_LATENCY


class Worker:
    def __init__(self) -> None:
        self.telemetry = PrometheusTelemetry()
        self.live = Probe(True, {"state": "4 partitions"})
        self.ready = Probe(False, {"state": "not there yet"})


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def base(worker: Worker) -> Iterator[str]:
    server = ProbeServer(
        ("127.0.0.1", 0), worker.telemetry.registry, live=lambda: worker.live, ready=lambda: worker.ready
    )
    server.start()
    yield f"http://{server.address}"
    server.stop()


def fetch(url: str) -> tuple[int, bytes]:
    try:
        with urlopen(url, timeout=5) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


def test_a_probe_is_503_until_all_is_well_and_says_why(worker: Worker, base: str) -> None:
    status, body = fetch(base + "/readyz")
    assert status == 503
    assert orjson.loads(body) == {"ok": False, "told": {"state": "not there yet"}}
    worker.ready = Probe(True, {})
    assert fetch(base + "/readyz")[0] == 200
    assert fetch(base + "/livez")[0] == 200


def test_an_unknown_path_names_the_known_ones(base: str) -> None:
    status, body = fetch(base + "/")
    assert status == 404
    assert b"/livez" in body


def test_metrics_are_served_as_measured(worker: Worker, base: str) -> None:
    worker.telemetry.count(DEAD_LETTERS, "cx.messages", "not_json", by=2)
    worker.telemetry.set(IN_FLIGHT, 7, "score")
    worker.telemetry.observe(SCORE_LATENCY, 0.02)
    _, body = fetch(base + "/metrics")
    samples = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }
    assert samples["peakend_dead_letters_total", (("reason", "not_json"), ("topic", "cx.messages"))] == 2
    assert samples["peakend_in_flight_records", (("stage", "score"),)] == 7
    assert samples["peakend_score_latency_seconds_count", ()] == 1


@pytest.mark.parametrize("metric", [pytest.param(metric, id=name) for name, metric in CATALOGUE.items()])
def test_names_follow_the_rules_of_prometheus(metric: object) -> None:
    name, kind = metric.name, metric.kind  # type: ignore[attr-defined]
    assert name.startswith("peakend_")
    assert name.endswith("_total") == (kind == "counter")
    assert not any(unit in name for unit in ("_ms", "milliseconds", "minutes"))
    assert not set(metric.labels) & {"conversation", "customer", "message", "id"}  # type: ignore[attr-defined]
    assert metric.help.endswith(".")  # type: ignore[attr-defined]
