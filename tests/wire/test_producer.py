"""Sending on real Kafka: what `flush` promises, and what happens when it cannot be kept."""

import asyncio

import pytest

from tests.wire.log import end, new_topic, read
from wire.producer import DeliveryFailed, Outbox

_NOWHERE = "127.0.0.1:1"


def test_flush_returns_after_many_records_all_are_on_the_broker(kafka: str) -> None:
    """The moment flush returns, the broker's end offsets should count every record."""
    topic = new_topic(kafka, 2)

    async def run() -> tuple[int, int]:
        outbox = Outbox(kafka)
        for number in range(2000):
            await outbox.send(topic, key=b"k", value=b"%d" % number, partition=number % 2)
        await outbox.flush()
        ends = end(kafka, topic, 0), end(kafka, topic, 1)
        await outbox.close()
        return ends

    assert (1000, 1000) == asyncio.run(run())


def test_record_with_everything_arrives_as_it_was_sent(kafka: str) -> None:
    """Key, value and headers should arrive byte for byte; no partition means the key decides."""
    topic = new_topic(kafka, 1)

    async def run() -> None:
        outbox = Outbox(kafka)
        await outbox.send(topic, key=b"\xff", value=b"\x00v", headers=[("tenant", b"a"), ("tenant", b"b")])
        await outbox.close()

    asyncio.run(run())
    message = read(kafka, topic, 0)[0]
    expected = (b"\xff", b"\x00v", [("tenant", b"a"), ("tenant", b"b")])
    assert expected == (message.key(), message.value(), message.headers())


def test_more_than_the_buffer_holds_waits_and_loses_nothing(kafka: str) -> None:
    """With room for 50 records, 5,000 sent in a row should all arrive."""
    topic = new_topic(kafka, 1)

    async def run() -> None:
        outbox = Outbox(kafka, most_waiting=50)
        for number in range(5000):
            await outbox.send(topic, key=None, value=b"%d" % number)
        await outbox.flush()
        await outbox.close()

    asyncio.run(run())
    assert 5000 == end(kafka, topic, 0)


def test_two_tasks_flush_each_waits_for_its_own_records(kafka: str) -> None:
    """Tasks that share an outbox should each find their own records on the broker after their flush."""
    topic = new_topic(kafka, 2)

    async def one(outbox: Outbox, partition: int) -> list[int]:
        ends = []
        for number in range(20):
            await outbox.send(topic, key=None, value=b"%d" % number, partition=partition)
            await outbox.flush()
            ends.append(await asyncio.to_thread(end, kafka, topic, partition))
        return ends

    async def run() -> list[list[int]]:
        outbox = Outbox(kafka)
        ends = await asyncio.gather(one(outbox, 0), one(outbox, 1))
        await outbox.close()
        return list(ends)

    assert [list(range(1, 21))] * 2 == asyncio.run(run())


def test_no_broker_answers_flush_raises_and_everything_is_refused() -> None:
    """A record that cannot be delivered in time should raise with its topic; all that follows too."""

    async def run() -> None:
        outbox = Outbox(_NOWHERE, timeout_s=0.3)
        await outbox.send("alerts", key=b"k", value=b"v")
        with pytest.raises(DeliveryFailed, match="alerts") as first:
            await outbox.flush()
        with pytest.raises(DeliveryFailed) as second:
            await outbox.send("flags", key=b"k", value=b"v")
        with pytest.raises(DeliveryFailed):
            await outbox.flush()
        assert first.value is second.value
        await outbox.close()

    asyncio.run(run())


def test_a_partition_that_does_not_exist_is_a_failure_not_a_hang(kafka: str) -> None:
    """A record for partition 99 of 2 should raise."""
    topic = new_topic(kafka, 2)

    async def run() -> None:
        outbox = Outbox(kafka)
        await outbox.send(topic, key=None, value=b"v", partition=0)
        await outbox.flush()
        with pytest.raises(DeliveryFailed, match=topic):
            await outbox.send(topic, key=None, value=b"v", partition=99)
        await outbox.close()

    asyncio.run(run())


def test_a_record_above_the_limit_is_refused_when_it_is_sent() -> None:
    """A record larger than topics take should raise at once, without a broker."""

    async def run() -> None:
        outbox = Outbox(_NOWHERE)
        with pytest.raises(DeliveryFailed, match="too large"):
            await outbox.send("alerts", key=None, value=b"x" * 1_100_000)
        await outbox.close()

    asyncio.run(run())


def test_closed_outbox_refuses_records() -> None:
    """After close nothing should be taken, since nobody would hear whether it arrived."""

    async def run() -> None:
        outbox = Outbox(_NOWHERE)
        await outbox.close()
        with pytest.raises(DeliveryFailed, match="closed"):
            await outbox.send("alerts", key=None, value=b"v")

    asyncio.run(run())
