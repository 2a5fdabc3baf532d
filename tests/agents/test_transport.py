"""Batches on real Kafka: nothing lost, in order, committed only when finished."""

import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
from confluent_kafka import Producer

from tests.agents.harness import (
    Start,
    by_instance,
    exit_of,
    fill,
    fill_evenly,
    probes,
    seen,
    wait_until_all_seen,
    wait_until_written,
)
from tests.agents.probe import Orders
from tests.facts import eventually
from tests.wire.log import committed, compacted_topic, delete_before, end, header, new_topic, read

_WAIT_S = 30.0


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts probes."""
    with probes() as starting:
        yield starting


def _orders(kafka: str, partitions: int, **more: object) -> Orders:
    given = {"group": f"group-{uuid4().hex[:8]}", "instance": "a", "out": new_topic(kafka, 1), **more}
    return Orders(kafka, **{"topics": [new_topic(kafka, partitions)], **given})  # type: ignore[arg-type]


def _committed(orders: Orders, partitions: int) -> list[int | None]:
    return [
        committed(orders.bootstrap, orders.group, orders.topics[0], number) for number in range(partitions)
    ]


def _all(orders: Orders, partitions: int) -> set[tuple[str, int]]:
    """Every record that the broker has in the topic."""
    topic, kafka = orders.topics[0], orders.bootstrap
    return {(f"{topic}/{n}", offset) for n in range(partitions) for offset in range(end(kafka, topic, n))}


def test_a_backlog_in_four_partitions_arrives_whole_and_in_order(kafka: str, start: Start) -> None:
    """Every record should be handled once, in order, and then be committed; SIGTERM should end with 0."""
    orders = _orders(kafka, 4)
    topic = orders.topics[0]
    fill_evenly(kafka, topic, 4, each=2500)
    worker = start(orders)
    wait_until_written(orders, 10_000)
    assert {f"{topic}/{number}": list(range(2500)) for number in range(4)} == seen(orders)
    eventually(lambda: _committed(orders, 4) == [2500] * 4, _WAIT_S, "everything committed")
    worker.send_signal(signal.SIGTERM)
    assert 0 == exit_of(worker)[0]


def test_killed_in_the_middle_and_restarted_nothing_is_lost(kafka: str, start: Start) -> None:
    """After kill -9 in mid-batch the next worker should go on at or before what was finished."""
    orders = _orders(kafka, 2, pause_ms=20)
    topic = orders.topics[0]
    fill_evenly(kafka, topic, 2, each=10_000)
    worker = start(orders)
    wait_until_written(orders, 6000)
    worker.kill()
    worker.wait()
    before = seen(orders)
    for number, offset in enumerate(_committed(orders, 2)):
        assert (offset or 0) <= len(before.get(f"{topic}/{number}", [])), "committed more than was finished"
    start(orders)
    wait_until_all_seen(orders, _all(orders, 2))


def test_a_handler_that_raises_ends_the_process_and_sees_the_record_again(kafka: str, start: Start) -> None:
    """The exit code should be 1, one line should say where and why, and nothing of the batch be committed."""
    orders = _orders(kafka, 1, refuse="bad")
    topic = orders.topics[0]
    fill(kafka, topic, [(0, b"good"), (0, b"bad"), (0, b"good")])
    code, said = exit_of(start(orders))
    assert 1 == code
    assert f"{topic}/0 from offset 0: ValueError: will not take bad" in said
    assert "Traceback" not in said
    assert [None] == _committed(orders, 1)
    start(replace(orders, refuse=""))
    wait_until_all_seen(orders, _all(orders, 1))


def test_a_second_worker_comes_and_the_first_is_killed_nothing_is_lost(kafka: str, start: Start) -> None:
    """Through two rebalances every record should be seen, and both workers should have had their share."""
    orders = _orders(kafka, 4, pause_ms=5, session_s=2.0)
    topic = orders.topics[0]
    fill_evenly(kafka, topic, 4, each=1000)
    first = start(orders)
    wait_until_written(orders, 1000)
    start(replace(orders, instance="b"))

    def both_at_work() -> bool:
        fill_evenly(kafka, topic, 4, each=10)
        return {"a", "b"} == by_instance(orders).keys()

    eventually(both_at_work, _WAIT_S, "both at work")
    first.kill()
    fill_evenly(kafka, topic, 4, each=1000)
    wait_until_all_seen(orders, _all(orders, 4))


def test_a_worker_that_goes_in_order_hands_over_without_repeats(kafka: str, start: Start) -> None:
    """SIGTERM in the middle of a backlog should finish and commit the batch in hand: nothing twice."""
    orders = _orders(kafka, 2, pause_ms=20)
    topic = orders.topics[0]
    fill_evenly(kafka, topic, 2, each=10_000)
    worker = start(orders)
    wait_until_written(orders, 4000)
    worker.send_signal(signal.SIGTERM)
    assert 0 == exit_of(worker)[0]
    start(orders)
    wait_until_all_seen(orders, _all(orders, 2))
    assert {f"{topic}/{number}": list(range(10_000)) for number in range(2)} == seen(orders)


def test_five_codecs_in_one_log_can_all_be_read(kafka: str, start: Start) -> None:
    """Records compressed with each of Kafka's five codecs should arrive."""
    orders = _orders(kafka, 1)
    topic = orders.topics[0]
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        producer = Producer({"bootstrap.servers": kafka, "compression.type": codec, "linger.ms": 50})
        for _ in range(20):
            producer.produce(topic, b"x" * 500, partition=0)
        producer.flush()
    start(orders)
    wait_until_written(orders, 100)
    assert {f"{topic}/0": list(range(100))} == seen(orders)


def test_transaction_markers_and_aborted_records_are_passed_over(kafka: str, start: Start) -> None:
    """Committed transactions should arrive, aborted ones not; the guard should not take markers for loss."""
    orders = _orders(kafka, 1)
    topic = orders.topics[0]
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": orders.group})
    producer.init_transactions(10)
    worker = start(orders)
    for number in range(6):
        producer.begin_transaction()
        producer.produce(topic, b"committed" if number % 2 else b"aborted", partition=0)
        producer.flush()
        (producer.commit_transaction if number % 2 else producer.abort_transaction)(10)
    wait_until_written(orders, 3)
    assert {f"{topic}/0": [2, 6, 10]} == seen(orders)
    eventually(
        lambda: _committed(orders, 1) == [12], _WAIT_S, "committed up to the end, behind the last marker"
    )
    assert worker.poll() is None


def test_holes_from_compaction_are_passed_over(kafka: str, start: Start) -> None:
    """A compacted log, most of it gone, should be read to its end without the guard objecting."""
    orders = _orders(kafka, 1, topics=[compacted_topic(kafka)])
    topic = orders.topics[0]
    kept = [message.offset() for message in read(kafka, topic, 0)]
    assert len(kept) < (kept[-1] or 0), "the log has holes"
    worker = start(orders)
    wait_until_written(orders, len(kept))
    assert {f"{topic}/0": kept} == seen(orders)
    assert worker.poll() is None


def test_an_offset_that_is_gone_ends_the_process_and_is_never_reset(kafka: str, start: Start) -> None:
    """When records were deleted before they were read, the worker should say so and leave, every time."""
    orders = _orders(kafka, 1)
    topic = orders.topics[0]
    fill_evenly(kafka, topic, 1, each=10)
    first = start(orders)
    eventually(lambda: _committed(orders, 1) == [10], _WAIT_S, "committed")
    first.send_signal(signal.SIGTERM)
    exit_of(first)
    fill_evenly(kafka, topic, 1, each=10)
    delete_before(kafka, topic, 0, 15)
    for _ in range(2):
        code, said = exit_of(start(orders))
        assert 1 == code
        assert f"the log does not reach {topic}/0 at 10" in said
    assert [10] == _committed(orders, 1)


def test_the_owner_of_a_topic_names_where_reading_starts(kafka: str, start: Start) -> None:
    """Named partitions should be read from there, others from the earliest; the group does not matter."""
    orders = _orders(kafka, 3, named=True, starts={"0": 3, "1": 10})
    topic = orders.topics[0]
    fill_evenly(kafka, topic, 3, each=10)
    expected = {f"{topic}/0": list(range(3, 10)), f"{topic}/2": list(range(10))}
    for times in (1, 2):
        worker = start(orders)
        wait_until_written(orders, 17 * times)
        eventually(lambda: _committed(orders, 3) == [10, None, 10], _WAIT_S, "committed")
        worker.send_signal(signal.SIGTERM)
        assert 0 == exit_of(worker)[0]
        assert {place: offsets * times for place, offsets in expected.items()} == seen(orders)


def test_the_owner_of_a_topic_is_told_what_is_given_up(kafka: str, start: Start) -> None:
    """At a rebalance and at the end each partition should be released, after the last of its records."""
    orders = _orders(kafka, 2, farewell=True)
    topic = orders.topics[0]
    fill_evenly(kafka, topic, 2, each=100)
    first = start(orders)
    wait_until_written(orders, 200)
    second = start(replace(orders, instance="b"))
    eventually(lambda: 2 == _released(orders), _WAIT_S, "both released at the rebalance")
    for worker, released in ((first, 3), (second, 4)):
        worker.send_signal(signal.SIGTERM)
        assert 0 == exit_of(worker)[0]
        eventually(lambda: released == _released(orders), _WAIT_S, "released at the end")  # noqa: B023 - at once


def _released(orders: Orders) -> int:
    return sum(message.value() == b"released" for message in read(orders.bootstrap, orders.out, 0))


def test_ticks_reach_every_assigned_partition(kafka: str, start: Start) -> None:
    """Each partition should get records with the wall clock's microseconds in the header, keyed, not null."""
    orders = _orders(kafka, 2, ticks=True)
    topic = orders.topics[0]
    start(orders)
    for partition in range(2):
        eventually(lambda: end(kafka, topic, partition) >= 2, _WAIT_S, "two ticks")  # noqa: B023 - called at once
        ticks = read(kafka, topic, partition)
        assert {(b"tick", b"\0")} == {(tick.key(), tick.value()) for tick in ticks}
        times = [int(header(tick, "tick")) for tick in ticks]
        assert all(abs(at - time.time() * 1e6) < 60e6 for at in times)
        assert 0.5e6 < times[1] - times[0] < 5e6


def test_no_broker_ends_the_process_with_one_line(start: Start) -> None:
    """Where no broker answers, the worker should say where it looked and leave with 1."""
    code, said = exit_of(start(Orders("127.0.0.1:1", "group", ["alerts"], "out")))
    assert (1, 1) == (code, len(said.splitlines()))
    assert "no Kafka broker answers at 127.0.0.1:1" in said


def test_a_topic_that_does_not_exist_ends_the_process_with_one_line(kafka: str, start: Start) -> None:
    """A worker should not create topics, nor wait for ever."""
    code, said = exit_of(start(Orders(kafka, "group", ["no-such-topic"], "out")))
    assert (1, 1) == (code, len(said.splitlines()))
    assert "no topic no-such-topic" in said
