"""Time to take over a partition with many open conversations (goal: 100,000 in 10 s); it prints and asserts nothing.

Run: `python -m tests.bench.bench_state [CONVERSATIONS]`.
"""

import asyncio
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from streams.core.state import encode_state
from streams.core.step import step
from streams.kafka.embedded import EmbeddedBroker
from streams.kafka.state_store import KafkaStateStore
from streams.runtime.broker_clock import BrokerClock
from streams.runtime.catalogues import CatalogueShelf
from streams.runtime.conversation_stage import ConversationStage
from streams.runtime.dead_letters import DlqLimit
from streams.runtime.store import StoredConversation
from streams.runtime.telemetry import Unmeasured
from tests.bench.bench_step import conversation
from tests.broker.harness import Pipeline
from tests.conversations import START_MS


async def measure(count: int) -> None:
    shelf = CatalogueShelf(None, None)
    state = None
    for event in list(conversation(0, stormy=False))[:3]:
        state = step(state, event, START_MS + 10_000_000, shelf.current).state
    assert state is not None
    encoded = encode_state(state)
    with EmbeddedBroker() as broker, TemporaryDirectory() as folder:
        async with Pipeline(broker.bootstrap, "bench-state.", Path(folder)).open() as pipeline:
            topic = pipeline.prefix + "cx.scored"
            # Offsets that the states name must be there.
            await (await pipeline.producer.send(topic, key=b"x", value=b"{}", partition=0))
            store = KafkaStateStore(
                broker.bootstrap,
                pipeline.security,
                topic=pipeline.prefix + "cx.state",
                producer=pipeline.producer,
                client_id="bench",
            )
            stored = StoredConversation(0, START_MS, encoded, (), START_MS + 3_600_000, closed=False)
            for start in range(0, count, 5_000):
                writes = [
                    await store.write(0, f"conversation-{number}", stored)
                    for number in range(start, min(count, start + 5_000))
                ]
                await asyncio.gather(*writes)
            stage = ConversationStage(
                topic=topic,
                group=pipeline.config.state_group,
                named=pipeline.config.topic,
                store=store,
                producer=pipeline.producer,
                offsets=pipeline.offsets,
                catalogue_of=shelf.by_digest,
                clock=BrokerClock(),
                guard=lambda: None,
                on_failure=print,
                telemetry=Unmeasured(),
                dlq_limit=DlqLimit(),
            )
            begun = time.perf_counter()
            partition = await stage.take_over(0)
            seconds = time.perf_counter() - begun
    size = len(stored.encode())
    print(f"{len(partition.conversations):,} open conversations of {size:,} bytes taken over in {seconds:.1f} s")


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
