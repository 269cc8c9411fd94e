"""Workers as processes over a real broker, load for them, and the check that decides: nothing lost, nothing twice."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import confluent_kafka
import confluent_kafka.admin
import orjson

from schemas.scored import Scored
from schemas.times import rfc3339
from schemas.topics import CONVERSATIONS, ESCALATIONS, MESSAGES, MOMENTS, ROUTING, SCORED, SUPPRESSED
from streams.agents.scoring import load_lexicon
from streams.config import Config, load_config
from streams.core.state import ConversationState, encode_state
from streams.core.step import governing, step
from streams.kafka.admin import create_topics
from streams.kafka.offsets import KafkaOffsets
from streams.kafka.producer import KafkaProducer
from streams.kafka.record import record
from streams.kafka.security import Security
from streams.kafka.state_store import KafkaStateStore
from streams.runtime.analysis import analyze
from streams.runtime.catalogues import CatalogueShelf
from streams.runtime.log import TopicPartition
from streams.runtime.recording import Recorded, read
from streams.runtime.scored_log import DECODERS
from streams.runtime.store import StoredConversation
from streams.topics import FOREVER, topic_list

OUTPUTS = (MOMENTS, ROUTING, ESCALATIONS, SUPPRESSED, CONVERSATIONS)
PARTITIONS = 4


@dataclass
class WorkerProcess:
    """`peakend worker --once` under test; its log is kept."""

    bootstrap: str
    prefix: str
    log: Path
    stage: str = "all"
    settings: dict[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> "WorkerProcess":
        environment = os.environ | {
            "KAFKA_BOOTSTRAP": self.bootstrap,
            "PEAKEND_TOPIC_PREFIX": self.prefix,
            # What is tested here is the flow; the lexicon starts at once and needs no second core.
            "PEAKEND_RUNTIME": "lexicon",
            "PEAKEND_METRICS_PORT": "0",
            **self.settings,
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command or [sys.executable, "-m", "streams.cli", "worker", "--once", "--stage", self.stage],
                env=environment,
                stdout=log,
                stderr=log,
            )
        return self

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def wait(self, timeout_s: float = 40.0) -> int:
        assert self.process is not None
        return self.process.wait(timeout_s)

    def stop(self) -> int:
        """SIGTERM, as an orchestrator does."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """SIGKILL, as the kernel does when memory is out."""
        self.signal(signal.SIGKILL)
        self.wait()

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def end(self) -> None:
        if self.running:
            self.signal(signal.SIGCONT)
            self.kill()


class Pipeline:
    """Topics of one test on a broker, and the workers on them."""

    def __init__(self, bootstrap: str, prefix: str, folder: Path) -> None:
        self.bootstrap = bootstrap
        self.prefix = prefix
        self.folder = folder
        self.security = Security()
        self.config: Config = load_config({"KAFKA_BOOTSTRAP": bootstrap, "PEAKEND_TOPIC_PREFIX": prefix})
        self.workers: list[WorkerProcess] = []
        self.producer = KafkaProducer(bootstrap, self.security, client_id="test-load")
        self.offsets = KafkaOffsets(bootstrap, self.security, client_id="test-look")

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Pipeline"]:
        await create_topics(
            self.bootstrap,
            self.security,
            topic_list(self.prefix, dict.fromkeys((*DECODERS, SCORED, "cx.state"), PARTITIONS), FOREVER),
        )
        await self.producer.start()
        await self.offsets.start()
        try:
            yield self
        finally:
            for worker in self.workers:
                worker.end()
            await self.producer.stop()
            await self.offsets.stop()

    def worker(self, stage: str = "all", **settings: str) -> WorkerProcess:
        worker = WorkerProcess(
            self.bootstrap, self.prefix, self.folder / f"worker-{len(self.workers)}.log", stage, settings
        )
        self.workers.append(worker)
        return worker.start()

    async def stop_workers(self) -> None:
        """SIGTERM to all that run."""
        for worker in self.workers:
            if worker.running:
                await asyncio.to_thread(worker.stop)

    def faust_worker(self, stage: str) -> WorkerProcess:
        """The app under Faust's own command."""
        command = (sys.executable, "-m", "faust", "-A", f"streams.app:{stage}", "worker", "-l", "warn", "--without-web")
        log = self.folder / f"faust-{len(self.workers)}.log"
        worker = WorkerProcess(self.bootstrap, self.prefix, log, stage, {}, command)
        self.workers.append(worker)
        return worker.start()

    async def members(self, group: str) -> int:
        """How many members a consumer group has, as another client sees it."""

        def described() -> int:
            admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": self.bootstrap})
            told = admin.describe_consumer_groups([group], request_timeout=10)[group].result()
            return len(told.members)

        return await asyncio.to_thread(described)

    async def send(self, topic: str, value: bytes, key: str, *, timestamp_ms: int | None = None) -> None:
        """Sends and waits: as a producer that wants order between topics does."""
        delivery = await self.producer.send(
            self.prefix + topic, key=key.encode(), value=value, timestamp_ms=timestamp_ms
        )
        await delivery

    async def send_all(self, records: Iterable[Recorded], *, keep_times: bool = True) -> int:
        deliveries = [
            await self.producer.send(
                self.prefix + line.topic,
                key=line.key,
                value=line.value,
                headers=[(name, value or b"") for name, value in line.headers],
                timestamp_ms=line.timestamp_ms if keep_times else None,
            )
            for line in records
        ]
        for delivery in deliveries:
            await delivery
        return len(deliveries)

    def partitions(self, *topics: str) -> list[TopicPartition]:
        return [TopicPartition(self.prefix + topic, number) for topic in topics for number in range(PARTITIONS)]

    async def remaining(self) -> int:
        """Records that some stage has not committed yet."""
        left = 0
        for group, topics in (
            (self.config.score_group, tuple(DECODERS)),
            (self.config.state_group, (SCORED,)),
        ):
            partitions = self.partitions(*topics)
            ends = await self.offsets.end(partitions)
            committed = await self.offsets.committed(group, partitions)
            left += sum(ends[at] - (committed[at] or 0) for at in partitions)
        return left

    async def drained(self, timeout_s: float = 120.0) -> None:
        """Waits until both stages have committed everything that is there."""
        await self.until(self._nothing_left, timeout_s, "the pipeline did not drain")

    async def _nothing_left(self) -> bool:
        return await self.remaining() == 0

    async def count(self, topic: str) -> int:
        return sum((await self.offsets.end(self.partitions(topic))).values())

    async def until(self, condition: Callable[[], object], timeout_s: float, problem: str) -> None:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            met = condition()
            if asyncio.iscoroutine(met):
                met = await met
            if met:
                return
            await asyncio.sleep(0.2)
        raise AssertionError(f"{problem} in {timeout_s:.0f} s\n{self.logs()}")

    def logs(self) -> str:
        return "\n".join(
            f"--- {worker.log.name}\n{worker.log.read_text('utf-8', 'replace')[-3000:]}" for worker in self.workers
        )

    async def payloads(self, topic: str) -> list[bytes]:
        """Values byte for byte, by a client of another make."""
        return await asyncio.to_thread(_read_all, self.bootstrap, self.prefix + topic)

    async def recorded(self, *topics: str) -> list[Recorded]:
        output = self.folder / f"recorded-{time.monotonic_ns()}.jsonl"
        await record(self.bootstrap, self.security, list(topics), output, prefix=self.prefix)
        return list(read(output))


def _read_all(bootstrap: str, topic: str) -> list[bytes]:
    consumer = confluent_kafka.Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"stranger-{time.monotonic_ns()}",
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
        }
    )
    try:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        consumer.assign([confluent_kafka.TopicPartition(topic, number, 0) for number in partitions])
        found: list[bytes] = []
        at_end = 0
        while at_end < len(partitions):
            message = consumer.poll(10)
            assert message is not None, "the broker does not answer"
            if message.error() is None:
                found.append(message.value() or b"")
            else:
                assert message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF, message.error()
                at_end += 1
        return found
    finally:
        consumer.close()


@dataclass(frozen=True)
class Verdict:
    """What the deciding check found. `problems` empty: each offset was applied exactly once in effect.

    `events` are entries of `cx.scored` but ticks, of which there are more the longer a test takes.
    """

    events: int
    outputs: int
    repeats: int
    conversations: int
    problems: tuple[str, ...]


def first_of_each(lines: Iterable[Recorded]) -> tuple[dict[tuple[str, bytes], list[bytes]], int]:
    """Values by topic and key in order, repeats of a record_id dropped; and how many repeats there were."""
    seen: set[tuple[str, str]] = set()
    kept: dict[tuple[str, bytes], list[bytes]] = {}
    repeats = 0
    for line in lines:
        record_id = orjson.loads(line.value or b"{}")["record_id"]
        if (line.topic, record_id) in seen:
            repeats += 1
            continue
        seen.add((line.topic, record_id))
        kept.setdefault((line.topic, line.key or b""), []).append(line.value or b"")
    return kept, repeats


async def verify(pipeline: Pipeline) -> Verdict:
    """Compares what the workers emitted and saved with a pure replay of `cx.scored`."""
    # What time-outs emit would come between the looks at log, outputs and state.
    await pipeline.stop_workers()
    log = await pipeline.recorded(SCORED)
    emitted, repeats = first_of_each(await pipeline.recorded(*OUTPUTS))
    replayed = replay_log(log)
    wanted, _ = first_of_each(replayed.outputs)
    problems = [*_emission_problems(wanted, emitted), *await _state_problems(pipeline, replayed)]
    events = sum(orjson.loads(line.value or b"{}").get("kind") != "tick" for line in log)
    return Verdict(events, sum(map(len, wanted.values())), repeats, len(replayed.states), tuple(problems))


@dataclass
class Replayed:
    """A pure replay: outputs in order, and by conversation its state, the offset applied last and its partition."""

    outputs: list[Recorded] = field(default_factory=list)
    states: dict[str, ConversationState] = field(default_factory=dict)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)


def replay_log(log: list[Recorded]) -> Replayed:
    shelf = CatalogueShelf(None, None)
    replayed = Replayed()
    for line in sorted(log, key=lambda line: (line.partition or 0, line.offset or 0)):
        event = Scored.decode(line.value or b"")
        key = event.conversation_id
        state, catalogue = governing(replayed.states.get(key), event, line.timestamp_ms, shelf.by_digest)
        done = step(state, event, line.timestamp_ms, catalogue)
        replayed.states[key] = done.state
        replayed.places[key] = (line.partition or 0, line.offset or 0)
        replayed.outputs += [
            Recorded(output.topic, output.key.encode(), output.record.encode(), line.timestamp_ms)
            for output in done.outputs
        ]
    return replayed


Values = dict[tuple[str, bytes], list[bytes]]


def _emission_problems(wanted: Values, emitted: Values) -> list[str]:
    return [
        f"{topic} {key.decode()}: {len(emitted.get((topic, key), ()))} records emitted, "
        f"{len(wanted.get((topic, key), ()))} by replay, and they are not the same"
        for topic, key in sorted(wanted.keys() | emitted.keys())
        if wanted.get((topic, key)) != emitted.get((topic, key))
    ]


async def _state_problems(pipeline: Pipeline, replayed: Replayed) -> list[str]:
    store = KafkaStateStore(
        pipeline.bootstrap,
        pipeline.security,
        topic=pipeline.prefix + "cx.state",
        producer=pipeline.producer,
        client_id="test-state",
    )
    saved: dict[str, tuple[int, StoredConversation]] = {}
    for partition in range(PARTITIONS):
        for key, change in (await store.load(partition)).items():
            saved[key] = (partition, StoredConversation.decode(change.payload or b""))
    problems = []
    for key, state in replayed.states.items():
        if key not in saved:
            problems.append(f"{key}: no state was saved")
            continue
        partition, found = saved[key]
        if (partition, found.offset) != replayed.places[key]:
            problems.append(f"{key}: saved at {(partition, found.offset)}, its last event is at {replayed.places[key]}")
        elif orjson.loads(found.state) != orjson.loads(encode_state(state)):
            problems.append(f"{key}: the saved state is not that of a pure replay")
    return problems


def load_messages(conversations: int, turns: int, *, name: str = "load", start_ms: int | None = None) -> list[Recorded]:
    """Conversations that have moments, interleaved turn by turn, one second apart in event time."""
    begin_ms = start_ms if start_ms is not None else round(time.time() * 1000)
    texts = (
        "Hola, tengo un problema con mi pedido",
        "Esto es una vergüenza, estoy furioso!!!",
        "quiero hablar con una persona",
        "gracias, muy amable, perfecto",
        "no funciona y ya he llamado tres veces",
        "vale",
    )
    lines = []
    for turn in range(turns):
        for number in range(conversations):
            key = f"{name}-{number}"
            time_ms = begin_ms + turn * 1000
            value = {
                "message_id": f"{key}-m{turn}",
                "conversation_id": key,
                "channel": "webchat",
                "role": "bot" if turn % 4 == 3 else "customer",
                "text": texts[(turn + number) % len(texts)],
                "sent_at": rfc3339(time_ms),
            }
            lines.append(Recorded(MESSAGES, key.encode(), orjson.dumps(value), time_ms))
    return lines


def analysed(lines: Iterable[Recorded]) -> list[Recorded]:
    """What `peakend analyze` makes of the same lines, with the scorer that the workers under test use."""
    shelf = CatalogueShelf(None, None)
    return list(
        analyze(
            lines,
            scorer=lambda: load_lexicon(load_config({})),
            catalogue=shelf.digest,
            catalogue_of=shelf.by_digest,
        )
    )
