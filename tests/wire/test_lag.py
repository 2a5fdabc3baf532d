"""How much waits to be read, as Kafka says it."""

from local.ports import HOST, free_ports
from tests.agents.harness import fill
from tests.wire.log import new_topic
from wire.lag import LagWatch


def test_what_waits_is_what_the_partition_holds_beyond_the_readers_place(kafka: str) -> None:
    """Each partition should count for itself, and one that is read to its end as 0."""
    topic = new_topic(kafka, 2)
    fill(kafka, topic, [(0, b"a"), (0, b"b"), (0, b"c"), (1, b"d")])
    lag = LagWatch(kafka, lambda: {(topic, 0): 1, (topic, 1): 1})
    try:
        assert {(topic, "0"): 2, (topic, "1"): 0} == lag.ask()
    finally:
        lag.close()


def test_a_reader_without_partitions_has_nothing_waiting(kafka: str) -> None:
    """Before the first assignment nothing should be asked or told."""
    lag = LagWatch(kafka, dict)
    try:
        assert {} == lag.ask()
    finally:
        lag.close()


def test_without_a_broker_nothing_is_told() -> None:
    """An old number should not be told as if it were so now, and nobody should have to wait for an answer."""
    (port,) = free_ports(1)
    lag = LagWatch(f"{HOST}:{port}", lambda: {("alerts", 0): 0})
    try:
        assert {} == lag.ask()
    finally:
        lag.close()
