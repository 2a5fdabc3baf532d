"""The ends of time, forged ticks and records of any size: the core goes on, and says what it could not take."""

import pytest

from schemas.codec import MAX_VALUE_BYTES, encode
from schemas.events import Alert
from schemas.settings import Settings
from schemas.times import EARLIEST, LATEST, SECOND
from streams.published import MOST_BYTES
from streams.route import route
from tests.streams.world import T0, Sent, Stored, alert, shop

TENANT = (("tenant", b"default"),)


@pytest.mark.parametrize("starts_at", [EARLIEST, EARLIEST + SECOND, LATEST - SECOND, LATEST])
def test_an_alert_from_either_end_of_time_has_a_packet(starts_at: int) -> None:
    """Windows end where time ends; nothing raises, and the alert is in a candidate."""
    made = alert("payment", start=0).model_copy(update={"starts_at": starts_at})
    world = shop(Sent(made, 10))
    assert [starts_at] == [m.starts_at for c in world.candidates().values() for m in c.members]
    assert world.packets()


def _big(character: str, size: int) -> Alert:
    return alert("payment", start=0).model_copy(update={"annotations": {"text": character * size}})


def test_a_record_over_the_limit_is_refused_and_the_next_one_is_taken() -> None:
    """What would not fit into a signal is a dead letter with its reason."""
    values = [encode("alerts", _big("x", MOST_BYTES)), encode("alerts", alert("payment", start=0))]
    records = [Stored(offset, T0 // 1000, value, TENANT) for offset, value in enumerate(values)]
    routed = route("alerts", 0, records, 1, Settings(), "test")
    assert ["too_large"] == [letter.reason for letter in routed.dead_letters]
    assert len(routed.signals) == 1


def test_the_largest_record_still_fits_into_a_signal_when_masking_makes_it_longer() -> None:
    """Masking a text full of passwords lengthens it; the router must be able to write it."""
    value = encode("alerts", _big("pwd=x ", (MOST_BYTES - 2_000) // 6))
    routed = route("alerts", 0, [Stored(0, T0 // 1000, value, TENANT)], 1, Settings(), "test")
    assert len(encode("signals", routed.signals[0][1])) < MAX_VALUE_BYTES


@pytest.mark.parametrize("tick", [T0 - 3_600 * SECOND, T0 + 3_600 * SECOND, LATEST])
def test_a_live_tick_far_from_the_brokers_time_counts_as_the_brokers(tick: int) -> None:
    """Nobody ends the time of live tenants, or makes every other input look behind, with one forged record."""
    record = Stored(0, T0 // 1000, b"\0", (("tick", b"%d" % tick),))
    routed = route("alerts", 0, [record], 1, Settings(), "test")
    assert {"live": T0} == routed.clocks
