"""One broker start in 64 failed: its random cluster id began with a hyphen, and Kafka's tool took it for an option."""

from streams.kafka.broker_settings import cluster_id


def test_a_cluster_id_never_begins_with_a_hyphen() -> None:
    ids = {cluster_id() for _ in range(2_000)}
    assert len(ids) == 2_000
    assert {len(name) for name in ids} == {22}
    assert not any(name.startswith("-") for name in ids)
