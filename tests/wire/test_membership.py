"""A static member that is gone for good leaves its group at once, and its partitions go to the others."""

import signal
from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest

from tests.agents.harness import Start, by_instance, exit_of, fill_evenly, probes
from tests.agents.probe import Orders
from tests.facts import eventually
from tests.wire.log import new_topic
from wire.errors import Unreachable
from wire.membership import remove_member

_WAIT_S = 30.0


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts probes."""
    with probes() as starting:
        yield starting


def test_the_partitions_of_a_member_that_is_removed_move_before_its_session_ends(
    kafka: str, start: Start
) -> None:
    """With a session of two minutes, what is written after the removal should reach the other worker in seconds."""
    group, out = f"group-{uuid4().hex[:8]}", new_topic(kafka, 1)
    orders = Orders(kafka, group, [new_topic(kafka, 4)], out, instance="stays", session_s=120.0)
    topic = orders.topics[0]
    start(orders)
    gone = start(replace(orders, instance="goes"))

    def both_at_work() -> bool:
        fill_evenly(kafka, topic, 4, each=5)
        return {"stays", "goes"} == by_instance(orders).keys()

    eventually(both_at_work, _WAIT_S, "both at work")
    gone.send_signal(signal.SIGTERM)
    exit_of(gone)
    assert remove_member(kafka, group, "goes")
    before = by_instance(orders)
    fill_evenly(kafka, topic, 4, each=10)
    eventually(
        lambda: by_instance(orders)["stays"] >= before["stays"] + 40,
        _WAIT_S,
        "all partitions are with the other",
    )
    assert not remove_member(kafka, group, "goes")


def test_a_member_that_is_not_there_is_no_error_and_no_broker_is_one_line(kafka: str) -> None:
    """Removing twice changes nothing; without a broker the address is named."""
    assert not remove_member(kafka, "no-such-group", "nobody")
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:9"):
        remove_member("127.0.0.1:9", "group", "nobody")
