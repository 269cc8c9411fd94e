"""Measurements as Prometheus metrics, in a registry of their own."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

from streams.runtime.telemetry import CATALOGUE, Metric


class PrometheusTelemetry:
    """The `Telemetry` protocol over prometheus-client. Every metric of the catalogue is there from the start."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._metrics = {name: _made(metric, self.registry) for name, metric in CATALOGUE.items()}

    def count(self, metric: Metric, *labels: str, by: float = 1.0) -> None:
        """Adds to a counter."""
        found = self._metrics[metric.name]
        (found.labels(*labels) if labels else found).inc(by)

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """Adds one observation to a histogram."""
        found = self._metrics[metric.name]
        (found.labels(*labels) if labels else found).observe(value)

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        """Sets a gauge."""
        found = self._metrics[metric.name]
        (found.labels(*labels) if labels else found).set(value)


def _made(metric: Metric, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    if metric.kind == "counter":
        return Counter(metric.name, metric.help, metric.labels, registry=registry)
    if metric.kind == "gauge":
        return Gauge(metric.name, metric.help, metric.labels, registry=registry)
    return Histogram(metric.name, metric.help, metric.labels, registry=registry, buckets=metric.buckets)
