"""Sending for many at once: each caller hears about its own records, and of nobody else's."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import TypeVar

import pytest

from local.kafka import kill_broker, start_broker
from tests.wire.log import end, new_topic, read
from wire.admin import MAX_RECORD_BYTES
from wire.durable import Durable, NotAcknowledged, Place
from wire.record import Outgoing

T = TypeVar("T")


def run(work: Coroutine[None, None, T]) -> T:
    """The result of the work in a loop of its own."""
    return asyncio.run(work)


def test_records_stand_where_publish_says(kafka: str) -> None:
    """The places should be those of the records, in their order, with headers and chosen partitions."""
    topic = new_topic(kafka, 2)
    batch = [Outgoing(topic, b"k", b"v%d" % n, (("h", b"x"),), n % 2) for n in range(4)]

    async def work() -> tuple[Place, ...]:
        durable = Durable(kafka)
        places = await durable.publish(batch)
        await durable.close()
        return places

    places = run(work())
    assert [(topic, 0, 0), (topic, 1, 0), (topic, 0, 1), (topic, 1, 1)] == list(places)
    assert [b"v0", b"v2"] == [message.value() for message in read(kafka, topic, 0)]
    assert [[("h", b"x")]] * 2 == [message.headers() for message in read(kafka, topic, 1)]


def test_each_of_many_callers_gets_its_own_places(kafka: str) -> None:
    """A thousand callers at once should each hear of their own two records."""
    topic = new_topic(kafka, 1)

    async def work() -> list[tuple[Place, ...]]:
        durable = Durable(kafka)
        pairs = [[Outgoing(topic, None, b"%d-%d" % (caller, n)) for n in (0, 1)] for caller in range(1000)]
        places = await asyncio.gather(*(durable.publish(pair) for pair in pairs))
        await durable.close()
        return places

    places = run(work())
    values = [message.value() for message in read(kafka, topic, 0)]
    assert len(values) == 2000
    for caller, pair in enumerate(places):
        assert [b"%d-%d" % (caller, n) for n in (0, 1)] == [values[place.offset] for place in pair]


def test_nothing_to_publish_is_done_at_once(kafka: str) -> None:
    """No record should need no acknowledgement."""

    async def work() -> tuple[Place, ...]:
        durable = Durable(kafka)
        places = await durable.publish([])
        await durable.close()
        return places

    assert run(work()) == ()


def test_a_lost_record_concerns_only_its_caller(kafka: str) -> None:
    """A record that is too large, or for no topic, should fail its caller; others should go on."""
    topic = new_topic(kafka, 1)

    async def work() -> tuple[Place, ...]:
        durable = Durable(kafka, timeout_s=5)
        with pytest.raises(NotAcknowledged, match=r"too large|Message size"):
            await durable.publish([Outgoing(topic, None, b"x" * (MAX_RECORD_BYTES + 1))])
        with pytest.raises(NotAcknowledged):
            await durable.publish([Outgoing("no-such-topic", None, b"x")])
        places = await durable.publish([Outgoing(topic, None, b"good")])
        await durable.close()
        return places

    assert run(work()) == (Place(topic, 0, 0),)
    assert end(kafka, topic, 0) == 1


def test_a_silent_broker_fails_in_time_and_a_talking_one_is_used_again(tmp_path: Path) -> None:
    """While the broker stands still nothing should be acknowledged; afterwards everything should be."""
    broker = start_broker(tmp_path / "kafka", progress=print)
    topic = new_topic(broker.bootstrap, 1)

    async def work() -> None:
        durable = Durable(broker.bootstrap, timeout_s=2)
        await _once_it_talks(durable, Outgoing(topic, None, b"before"))
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            with pytest.raises(NotAcknowledged, match=r"Kafka did not confirm"):
                await durable.publish([Outgoing(topic, None, b"during")])
        finally:
            os.kill(broker.pid, signal.SIGCONT)
        await _once_it_talks(durable, Outgoing(topic, None, b"after"))
        await durable.close()

    try:
        run(work())
        values = [message.value() for message in read(broker.bootstrap, topic, 0)]
    finally:
        kill_broker(broker)
    assert (b"before", b"after") == (values[0], values[-1])


async def _once_it_talks(durable: Durable, record: Outgoing) -> None:
    """Publish as senders do, who come again while they are told that nothing was confirmed."""
    for _ in range(10):
        with contextlib.suppress(NotAcknowledged):
            await durable.publish([record])
            return
    raise AssertionError("the broker talks and confirms nothing")
