"""Measurements as Prometheus metrics, in a registry of their own."""

from collections.abc import Mapping
from typing import TypeVar

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
        self._counters = _made(Counter, self.registry, "counter")
        self._gauges = _made(Gauge, self.registry, "gauge")
        self._histograms = {
            name: Histogram(name, metric.help, metric.labels, registry=self.registry, buckets=metric.buckets)
            for name, metric in CATALOGUE.items()
            if metric.kind == "histogram"
        }

    def count(self, metric: Metric, *labels: str, by: float = 1.0) -> None:
        """Adds to a counter."""
        found = self._counters[metric.name]
        (found.labels(*labels) if labels else found).inc(by)

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """Adds one observation to a histogram."""
        found = self._histograms[metric.name]
        (found.labels(*labels) if labels else found).observe(value)

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        """Sets a gauge."""
        found = self._gauges[metric.name]
        (found.labels(*labels) if labels else found).set(value)


_Kind = TypeVar("_Kind", Counter, Gauge)


def _made(kind: type[_Kind], registry: CollectorRegistry, name: str) -> Mapping[str, _Kind]:
    return {
        metric.name: kind(metric.name, metric.help, metric.labels, registry=registry)
        for metric in CATALOGUE.values()
        if metric.kind == name
    }
