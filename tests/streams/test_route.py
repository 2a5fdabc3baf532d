"""What input records become in `signals`, and what becomes of those that cannot be understood."""

import pytest

from schemas.events import Change, Entity
from schemas.identity import partition_of
from schemas.signals import LIVE_CLOCK, Span
from streams.route import mark_of
from tests.streams.routing import GOOD, PARTITIONS, raw, record, route_all, signals_of
from tests.streams.world import alert, at, change, entity


def test_an_alert_goes_to_the_partition_of_its_scope() -> None:
    """A scope lies wholly in one partition."""
    [(partition, signal)] = route_all(record()).signals
    assert partition_of("shop", "production", PARTITIONS) == partition
    assert ("alert", "shop", "production") == (signal.kind, signal.tenant, signal.environment)


def test_a_signal_says_where_its_original_is_and_what_it_hashes_to() -> None:
    """So that it can be cited."""
    [signal] = signals_of(record(offset=7))
    assert (Span(topic="alerts", partition=2, first=7, last=7),) == signal.spans
    assert 64 == len(signal.content_hash)


def test_another_spelling_of_the_environment_is_the_same_scope() -> None:
    """By the tenant's own words, in any case."""
    spelt = [alert("payment", start=0, environment=name) for name in ("PROD", " live ", "production")]
    assert {"production"} == {signal.environment for signal in signals_of(*map(record, spelt))}


def test_a_namespace_may_stand_for_an_environment() -> None:
    """Where the event names none itself and the settings know the namespace."""
    staged = alert("payment", start=0, environment=None).model_copy(update={"namespace": "stage"})
    [signal] = signals_of(record(staged))
    assert ("staging", ()) == (signal.environment, signal.notes)


def test_an_alert_without_an_environment_goes_to_the_default_scope_and_says_so() -> None:
    """The packet will name what was assumed."""
    [signal] = signals_of(record(alert("payment", start=0, environment=None)))
    assert ("production", ("no_environment",)) == (signal.environment, signal.notes)


def test_a_change_of_an_environment_goes_to_its_scope_alone() -> None:
    """A staging flag is nothing to production."""
    staged = change("flag", "express", when=0, environment="staging")
    [(partition, signal)] = route_all(record(staged), topic="flags").signals
    assert (partition_of("shop", "staging", PARTITIONS), "staging") == (partition, signal.environment)


def test_a_blank_environment_is_none() -> None:
    """A change that names only blanks is the whole tenant's, an alert goes to the default scope."""
    blank = change("flag", "express", when=0, environment="  ")
    assert [None] * PARTITIONS == [signal.environment for signal in signals_of(record(blank), topic="flags")]
    [signal] = signals_of(record(alert("payment", start=0, environment="  ")))
    assert ("production", ("no_environment",)) == (signal.environment, signal.notes)


@pytest.mark.parametrize(
    ("message", "topic"),
    [(change("flag", "express", when=0, environment=None), "flags"), (entity("payment"), "catalog")],
    ids=["a change without an environment", "a catalog entry"],
)
def test_what_belongs_to_the_whole_tenant_goes_to_every_partition(
    message: Change | Entity, topic: str
) -> None:
    """Each scope needs it, wherever it lies."""
    signals = route_all(record(message), topic=topic).signals
    assert [0, 1, 2, 3] == [partition for partition, _ in signals]
    assert {None} == {signal.environment for _, signal in signals}


def test_the_original_stays_out_of_signals() -> None:
    """It is in the input topic, and cited from there; the facts are enough to think with."""
    [signal] = signals_of(record())
    assert GOOD.original not in signal.model_dump_json()


def test_a_secret_of_a_direct_producer_is_redacted_before_it_is_folded() -> None:
    """Input topics are restricted; what follows from them is not."""
    told = GOOD.model_copy(update={"annotations": {"password": "hunter2"}})
    [signal] = signals_of(record(told))
    assert "hunter2" not in signal.model_dump_json()


def test_the_gateways_stamp_is_the_ingest_time() -> None:
    """Not the broker's, which is a little later."""
    assert at(5) == signals_of(record())[0].ingested_at


def test_without_a_stamp_the_brokers_time_is_the_ingest_time() -> None:
    """A direct producer sets none."""
    [signal] = signals_of(record(seconds=9, ingested_at=None))
    assert (at(9), ()) == (signal.ingested_at, signal.notes)


@pytest.mark.parametrize("off", [-60, 60])
def test_a_stamp_up_to_a_minute_off_is_believed(off: int) -> None:
    """Exactly sixty seconds, before or after the broker's time."""
    assert at(100 + off) == signals_of(record(seconds=100, ingested_at=str(at(100 + off))))[0].ingested_at


@pytest.mark.parametrize("off", [-60.000001, 60.000001])
def test_a_forged_stamp_is_replaced_and_flagged(off: float) -> None:
    """One microsecond more, and the broker's time counts."""
    [signal] = signals_of(record(seconds=100, ingested_at=str(at(100 + off))))
    assert (at(100), ("ingest_replaced",)) == (signal.ingested_at, signal.notes)


def test_a_replay_keeps_its_stamp_however_old() -> None:
    """Its deliveries carry the time at which they were recorded."""
    [signal] = signals_of(record(seconds=9_999_999, tenant="replay-a", ingested_at=str(at(5))))
    assert (at(5), ()) == (signal.ingested_at, signal.notes)


def test_the_senders_own_time_is_the_notification_time() -> None:
    """Where the format has one; else the ingest time."""
    told = GOOD.model_copy(update={"notified_at": at(3)})
    assert [at(3), at(5)] == [s.notified_at for s in signals_of(record(told), record())]


def test_a_notification_time_after_the_ingest_is_not_believed() -> None:
    """Nothing can arrive before it was sent."""
    told = GOOD.model_copy(update={"notified_at": at(50)})
    assert at(5) == signals_of(record(told))[0].notified_at


def test_repeats_with_equal_bytes_in_one_minute_are_one_signal() -> None:
    """Count, last ingest time and the runs of positions tell what was folded."""
    [signal] = signals_of(record(offset=3), record(seconds=6, offset=4), record(seconds=7, offset=9))
    assert (3, at(5), at(7)) == (signal.count, signal.ingested_at, signal.last_ingested_at)
    assert [(3, 4), (9, 9)] == [(span.first, span.last) for span in signal.spans]


def test_repeats_of_another_minute_are_another_signal() -> None:
    """The audit counts by minutes, which end at the full minute, included."""
    assert [2, 1] == [s.count for s in signals_of(*(record(seconds=n, offset=n) for n in (59, 60, 61)))]


def test_other_bytes_are_another_signal() -> None:
    """Even if the alert is the same: what it says may have changed."""
    other = GOOD.model_copy(update={"summary": "worse"})
    assert [1, 1] == [signal.count for signal in signals_of(record(), record(other, offset=1))]


def test_equal_bytes_of_another_tenant_are_another_signal() -> None:
    """Tenants never touch."""
    assert ["shop", "default"] == [s.tenant for s in signals_of(record(), record(offset=1, tenant="default"))]


def test_changes_are_never_folded() -> None:
    """Each report of a change is a fact of its own."""
    made = change("flag", "express", when=0)
    assert 2 == len(route_all(record(made), record(made, offset=1), topic="flags").signals)


def test_a_tick_is_time_and_no_signal() -> None:
    """The latest of the batch goes into the mark, on the clock of live tenants."""
    routed = route_all(*(raw(b"\0", tick=str(at(seconds))) for seconds in (6, 8, 7)))
    assert ([], [], {LIVE_CLOCK: at(8)}) == (routed.signals, routed.dead_letters, routed.clocks)


def test_a_replays_tick_is_on_its_own_clock() -> None:
    """A live tenant's name in a tick gives it no clock of its own."""
    routed = route_all(raw(b"\0", tenant="replay-a", tick="7"), raw(b"\0", tenant="shop", tick=str(at(9))))
    assert {"replay-a": 7, LIVE_CLOCK: at(9)} == routed.clocks


def test_a_mark_closes_a_batch() -> None:
    """It says how far its partition has been written, the time, and which inputs there are."""
    mark = mark_of("alerts", 2, 17, {"alerts": 4}, route_all(raw(b"\0", tick=str(at(6))))).mark
    assert mark is not None
    assert ("alerts", 2, 17, {LIVE_CLOCK: at(6)}, {"alerts": 4}) == (
        mark.topic,
        mark.partition,
        mark.next_offset,
        mark.clocks,
        mark.layout,
    )
