"""Which partition a key goes to: murmur2, as Java clients and aiokafka do, librdkafka by default does not."""

from aiokafka.partitioner import murmur2


def partition_for(key: bytes, partitions: int) -> int:
    """The partition, counted from 0, of `key` in a topic with `partitions` partitions.

    Source: `toPositive(murmur2(key)) % partitions` of Apache Kafka's BuiltInPartitioner.
    """
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)
