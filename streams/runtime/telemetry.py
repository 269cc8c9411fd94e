"""Every metric, declared once; documentation and exporters derive from this list."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, Protocol


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric by the naming rules of Prometheus: base units, `_total` on counters, no ids as labels."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)

RECORDS_READ: Final = Metric(
    "peakend_records_read_total", "counter", "Records read from input topics and from cx.scored.", ("topic",)
)
RECORDS_WRITTEN: Final = Metric(
    "peakend_records_written_total", "counter", "Records delivered to output topics.", ("topic",)
)
DEAD_LETTERS: Final = Metric(
    "peakend_dead_letters_total",
    "counter",
    "Records that could not be processed and were put whole into the dead-letter topic.",
    ("topic", "reason"),
)
EVENTS: Final = Metric(
    "peakend_events_total",
    "counter",
    "Entries of cx.scored by outcome: applied, duplicate, late (older than the conversation's clock), ignored, "
    "redelivered.",
    ("outcome",),
)
JOURNEY_WITHOUT_CONVERSATION: Final = Metric(
    "peakend_journey_without_conversation_total",
    "counter",
    "Journey events that name no conversation; they stay in cx.journey for customer-level readers.",
)
MOMENTS: Final = Metric("peakend_moments_total", "counter", "Moments of truth by type and phase.", ("type", "phase"))
MOMENT_LATENCY: Final = Metric(
    "peakend_moment_latency_seconds",
    "histogram",
    "From the append of the utterance's scored record to the delivery of the moment that it opened.",
    (),
    _SECONDS,
)
SCORE_LATENCY: Final = Metric(
    "peakend_score_latency_seconds",
    "histogram",
    "From reading a message to its scored record being delivered.",
    (),
    _SECONDS,
)
BATCH_TEXTS: Final = Metric(
    "peakend_batch_texts",
    "histogram",
    "Texts scored in one call of the model.",
    (),
    (1, 2, 4, 8, 16, 32, 64, 128),
)
BATCH_DURATION: Final = Metric(
    "peakend_batch_duration_seconds", "histogram", "Time of one call of the model.", (), _SECONDS
)
DEGRADED: Final = Metric(
    "peakend_degraded_total", "counter", "Utterances answered by the lexicon because the model fell behind."
)
ABSTAINED: Final = Metric(
    "peakend_abstained_total",
    "counter",
    "Utterances on which the scorer abstained, by language.",
    ("language",),
)
UTTERANCES: Final = Metric(
    "peakend_utterances_total", "counter", "Utterances scored, by language and role.", ("language", "role")
)
IN_FLIGHT: Final = Metric("peakend_in_flight_records", "gauge", "Records read and not yet acknowledged.", ("stage",))
MERGE_WAITING: Final = Metric(
    "peakend_merge_waiting_records",
    "gauge",
    "Records that wait for other topics to be read past their time.",
    (),
)
OPEN_CONVERSATIONS: Final = Metric(
    "peakend_open_conversations", "gauge", "Open conversations in memory of this worker."
)
STATE_LOAD: Final = Metric(
    "peakend_state_load_seconds", "histogram", "Time to load one partition's state.", (), _SECONDS
)
TICKS: Final = Metric("peakend_ticks_total", "counter", "Ticks written for deadlines that were due.")
PARTITIONS: Final = Metric("peakend_assigned_partitions", "gauge", "Partitions owned.", ("stage",))

CATALOGUE: Final[MappingProxyType[str, Metric]] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            RECORDS_READ,
            RECORDS_WRITTEN,
            DEAD_LETTERS,
            EVENTS,
            JOURNEY_WITHOUT_CONVERSATION,
            MOMENTS,
            MOMENT_LATENCY,
            SCORE_LATENCY,
            BATCH_TEXTS,
            BATCH_DURATION,
            DEGRADED,
            ABSTAINED,
            UTTERANCES,
            IN_FLIGHT,
            MERGE_WAITING,
            OPEN_CONVERSATIONS,
            STATE_LOAD,
            TICKS,
            PARTITIONS,
        )
    }
)


class Telemetry(Protocol):
    """Where measurements go."""

    def count(self, metric: Metric, *labels: str, by: float = 1.0) -> None:
        """Adds to a counter."""
        ...

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """Adds one observation to a histogram."""
        ...

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        """Sets a gauge."""
        ...


class Unmeasured:
    """Takes measurements nowhere: for analysis without a worker, and for tests that do not look at them."""

    def count(self, metric: Metric, *labels: str, by: float = 1.0) -> None:
        """Does nothing."""

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """Does nothing."""

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        """Does nothing."""
