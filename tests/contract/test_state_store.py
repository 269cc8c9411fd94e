"""One contract for both state stores: what was saved last, by applied offset, is what a load tells."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from streams.kafka.admin import create_topics
from streams.kafka.producer import KafkaProducer
from streams.kafka.state_store import KafkaStateStore
from streams.runtime.store import InMemoryStore, OutboxEntry, StateStore, StoredConversation
from streams.topics import topic_list


def stored(offset: int, *, state: bytes = b'{"v":1}', outbox: tuple[OutboxEntry, ...] = ()) -> StoredConversation:
    return StoredConversation(offset, 1_750_000_000_000 + offset, state, outbox, due_ms=5_000 + offset, closed=False)


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.broker)])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[StateStore]:
    if request.param == "memory":
        yield InMemoryStore()
        return
    bootstrap, security = request.getfixturevalue("bootstrap"), request.getfixturevalue("security")
    [spec] = [spec for spec in topic_list(f"t{uuid4().hex[:8]}.") if spec.base_name == "cx.state"]
    await create_topics(bootstrap, security, [spec])
    producer = KafkaProducer(bootstrap, security, client_id="test")
    await producer.start()
    yield KafkaStateStore(bootstrap, security, topic=spec.name, producer=producer, client_id="test")
    await producer.stop()


async def test_an_empty_partition_loads_nothing(store: StateStore) -> None:
    assert await store.load(0) == {}


async def test_what_was_written_is_loaded_by_partition(store: StateStore) -> None:
    await (await store.write(0, "c1", stored(1)))
    await (await store.write(1, "c2", stored(2)))
    loaded = await store.load(0)
    assert set(loaded) == {"c1"}
    assert (loaded["c1"].offset, loaded["c1"].due_ms, loaded["c1"].closed) == (1, 5_001, False)
    assert StoredConversation.decode(loaded["c1"].payload or b"") == stored(1)


async def test_the_greater_applied_offset_wins_whatever_came_last(store: StateStore) -> None:
    await (await store.write(0, "c1", stored(12, state=b'{"v":1,"new":true}')))
    await (await store.write(0, "c1", stored(10, state=b'{"v":1,"stale":true}')))
    loaded = await store.load(0)
    assert StoredConversation.decode(loaded["c1"].payload or b"").state == b'{"v":1,"new":true}'


async def test_of_equal_offsets_the_later_write_counts(store: StateStore) -> None:
    entry = OutboxEntry(7, "cx.moments", "c1", b'{"record_id":"r1"}')
    await (await store.write(0, "c1", stored(7, outbox=(entry,))))
    assert (await store.load(0))["c1"].pending == 7
    await (await store.write(0, "c1", stored(7)))
    assert (await store.load(0))["c1"].pending == -1


async def test_a_dropped_conversation_is_gone_and_a_stale_write_does_not_bring_it_back(store: StateStore) -> None:
    await (await store.write(0, "c1", stored(5)))
    await (await store.drop(0, "c1", 5))
    await (await store.write(0, "c1", stored(4)))
    assert await store.load(0) == {}


async def test_outputs_survive_byte_for_byte(store: StateStore) -> None:
    entry = OutboxEntry(3, "cx.moments", "çà", b'{"record_id":"r1","text":"\xc3\xa9\xf0\x9f\x98\x80","n":1.5}')
    await (await store.write(0, "çà", stored(3, outbox=(entry,))))
    loaded = (await store.load(0))["çà"]
    assert StoredConversation.decode(loaded.payload or b"").outbox == (entry,)


async def test_many_conversations_are_loaded_whole(store: StateStore) -> None:
    writes = [await store.write(0, f"c{number}", stored(number)) for number in range(500)]
    for write in writes:
        await write
    assert len(await store.load(0)) == 500
