"""What a scope hears in one second and one batch is looked at together, whatever happens in its midst."""

import pytest

from schemas.codec import encode
from schemas.signals import Signal
from streams.snapshot import dump, load
from tests.streams.world import Sent, World, alert, change, fires, sent_at_once, shop

ONSET = 100.0
"""Start of the first alert, in seconds of the story."""


def _at_once(*services: str, when: float = ONSET) -> list[Sent]:
    return [fires(service, when, fingerprint=service) for service in services]


def _log(*sent: Sent) -> tuple[World, list[Signal]]:
    """A world that knows the catalog, and what these records are in `signals`."""
    routed = shop(*sent, ended=False)
    start = next(number for number, signal in enumerate(routed.log) if signal.alert is not None)
    return shop(ended=False), routed.log[start:]


def test_alerts_of_one_notification_give_one_packet() -> None:
    """The first packet has them all, and no second one says what came with the first."""
    world = shop(*_at_once("payment", "checkout", "frontend"), ended=False)
    (packet,) = world.packets()
    assert {"payment", "checkout", "frontend"} == {line.service for line in packet.failing}


def test_an_alert_a_second_later_is_looked_at_by_itself() -> None:
    """However long a batch has become in a backlog, what came later is told as later."""
    world = shop(*_at_once("payment"), *_at_once("checkout", when=ONSET + 1), ended=False)
    assert [1, 2] == [len(packet.failing) for packet in world.packets()]


def test_another_scope_in_the_same_batch_does_not_hold_a_packet_up() -> None:
    """Each scope has its own last record."""
    elsewhere = alert("payment", start=ONSET, fingerprint="s").model_copy(update={"environment": "staging"})
    world, log = _log(*_at_once("payment"), Sent(elsewhere, ONSET))
    assert [False, False] == [signal.more_follows for signal in log if signal.alert]
    world.fold(log[:1])
    assert 1 == len(world.packets())


def test_an_alert_and_the_end_of_all_in_one_second_are_told_in_one_packet() -> None:
    """What is no longer true when it is looked at is never told."""
    over = Sent(alert("payment", start=ONSET, fingerprint="payment", status="resolved", end=ONSET), ONSET)
    (packet,) = shop(*_at_once("payment"), over, ended=False).packets()
    assert "resolved" == packet.candidate.state


def test_a_batch_that_a_dead_router_left_unfinished_is_looked_at_at_the_next_mark() -> None:
    """Nothing waits for a record that may never come."""
    world, (first, *_) = _log(*_at_once("payment", "checkout"))
    world.fold([first])
    assert first.more_follows
    assert [] == world.packets()
    world.tick(ONSET + 1)
    assert ["payment"] == [line.service for line in world.packets()[-1].failing]


def test_a_batch_that_is_written_again_is_looked_at_once() -> None:
    """The last record counts no position twice, and still says that the batch is all here."""
    world, (first, last, *marks) = _log(*_at_once("payment", "checkout"))
    world.fold([first, first, last, first, last, *marks])
    (packet,) = world.packets()
    assert 2 == len(packet.failing)


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_a_snapshot_in_the_midst_of_a_batch_gives_the_same_packets(taken: int) -> None:
    """What has been called for and not yet been looked at is part of the memory."""
    cause = sent_at_once(change("flag", "express", when=ONSET - 60, service="payment"))
    whole, log = _log(*_at_once("payment", "checkout"), cause)
    halted, _ = _log(*_at_once("payment", "checkout"), cause)
    whole.fold(log)
    halted.fold(log[:taken])
    halted.memory = load(dump(halted.memory))
    halted.fold(log[taken:])
    assert [encode("context-packets", packet) for packet in whole.packets()] == [
        encode("context-packets", packet) for packet in halted.packets()
    ]
