import pytest
from aiokafka.partitioner import murmur2

from streams.kafka.partitioner import partition_for


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        # From Apache Kafka's own test of Utils.murmur2.
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
    ],
)
def test_keys_hash_as_in_java(key: str, expected: int) -> None:
    unsigned = murmur2(key.encode())
    assert (unsigned - 2**32 if unsigned >= 2**31 else unsigned) == expected
    assert partition_for(key.encode(), 1000) == (expected & 0x7FFFFFFF) % 1000
