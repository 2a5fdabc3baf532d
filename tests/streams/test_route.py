"""What input records become in `signals`, and what becomes of those that cannot be understood."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import encode
from schemas.events import Alert, Change, Entity
from schemas.identity import content_hash, partition_of
from schemas.settings import Settings, TenantSettings
from schemas.signals import LIVE_CLOCK, Signal, Span
from schemas.times import SECOND
from streams.route import Routed, mark_of, route
from tests.streams.world import T0, Stored, alert, at, change, entity

PARTITIONS = 4
SETTINGS = Settings(tenants=(TenantSettings(name="shop"), TenantSettings(name="default")))
TOPICS = {Alert: "alerts", Entity: "catalog"}
GOOD = alert("payment", start=0)


def _record(
    message: Alert | Change | Entity = GOOD, seconds: float = 5, offset: int = 0, **headers: str | None
) -> Stored:
    """A record that the gateway wrote at this second; a header that is None is left out."""
    topic = f"{message.kind}s" if isinstance(message, Change) else TOPICS[type(message)]
    return _raw(encode(topic, message), seconds, offset, **headers)


def _raw(value: bytes | None, seconds: float = 5, offset: int = 0, **headers: str | None) -> Stored:
    told = {"tenant": "shop", "ingested-at": str(at(seconds))}
    told |= {name.replace("_", "-"): text for name, text in headers.items() if text is not None}
    kept = [
        (name, told[name].encode()) for name in told if headers.get(name.replace("-", "_"), "") is not None
    ]
    return Stored(offset, at(seconds) // 1000, value, kept)


def _routed(*records: Stored, topic: str = "alerts") -> Routed:
    return route(topic, 2, records, PARTITIONS, SETTINGS, "test")


def _signals(*records: Stored, topic: str = "alerts") -> list[Signal]:
    return [signal for _, signal in _routed(*records, topic=topic).signals]


def _reason(record: Stored, topic: str = "alerts") -> str:
    """Why it was refused; nothing else may have come of it."""
    routed = _routed(record, topic=topic)
    assert [] == routed.signals
    [letter], [entry] = routed.dead_letters, routed.audits
    assert (letter.letter_id, "refused", letter.reason) == (
        entry.subject,
        entry.decision,
        entry.details["reason"],
    )
    return letter.reason


def test_an_alert_goes_to_the_partition_of_its_scope() -> None:
    """A scope lies wholly in one partition."""
    [(partition, signal)] = _routed(_record()).signals
    assert partition_of("shop", "production", PARTITIONS) == partition
    assert ("alert", "shop", "production") == (signal.kind, signal.tenant, signal.environment)


def test_a_signal_says_where_its_original_is_and_what_it_hashes_to() -> None:
    """So that it can be cited."""
    [signal] = _signals(_record(offset=7))
    assert (Span(topic="alerts", partition=2, first=7, last=7),) == signal.spans
    assert 64 == len(signal.content_hash)


def test_another_spelling_of_the_environment_is_the_same_scope() -> None:
    """By the tenant's own words, in any case."""
    spelt = [alert("payment", start=0, environment=name) for name in ("PROD", " live ", "production")]
    assert {"production"} == {signal.environment for signal in _signals(*map(_record, spelt))}


def test_a_namespace_may_stand_for_an_environment() -> None:
    """Where the event names none itself and the settings know the namespace."""
    staged = alert("payment", start=0, environment=None).model_copy(update={"namespace": "stage"})
    [signal] = _signals(_record(staged))
    assert ("staging", ()) == (signal.environment, signal.notes)


def test_an_alert_without_an_environment_goes_to_the_default_scope_and_says_so() -> None:
    """The packet will name what was assumed."""
    [signal] = _signals(_record(alert("payment", start=0, environment=None)))
    assert ("production", ("no_environment",)) == (signal.environment, signal.notes)


def test_a_change_of_an_environment_goes_to_its_scope_alone() -> None:
    """A staging flag is nothing to production."""
    staged = change("flag", "express", when=0, environment="staging")
    [(partition, signal)] = _routed(_record(staged), topic="flags").signals
    assert (partition_of("shop", "staging", PARTITIONS), "staging") == (partition, signal.environment)


def test_a_blank_environment_is_none() -> None:
    """A change that names only blanks is the whole tenant's, an alert goes to the default scope."""
    blank = change("flag", "express", when=0, environment="  ")
    assert [None] * PARTITIONS == [signal.environment for signal in _signals(_record(blank), topic="flags")]
    [signal] = _signals(_record(alert("payment", start=0, environment="  ")))
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
    signals = _routed(_record(message), topic=topic).signals
    assert [0, 1, 2, 3] == [partition for partition, _ in signals]
    assert {None} == {signal.environment for _, signal in signals}


def test_the_original_stays_out_of_signals() -> None:
    """It is in the input topic, and cited from there; the facts are enough to think with."""
    [signal] = _signals(_record())
    assert GOOD.original not in signal.model_dump_json()


def test_a_secret_of_a_direct_producer_is_redacted_before_it_is_folded() -> None:
    """Input topics are restricted; what follows from them is not."""
    told = GOOD.model_copy(update={"annotations": {"password": "hunter2"}})
    [signal] = _signals(_record(told))
    assert "hunter2" not in signal.model_dump_json()


def test_the_gateways_stamp_is_the_ingest_time() -> None:
    """Not the broker's, which is a little later."""
    assert at(5) == _signals(_record())[0].ingested_at


def test_without_a_stamp_the_brokers_time_is_the_ingest_time() -> None:
    """A direct producer sets none."""
    [signal] = _signals(_record(seconds=9, ingested_at=None))
    assert (at(9), ()) == (signal.ingested_at, signal.notes)


@pytest.mark.parametrize("off", [-60, 60])
def test_a_stamp_up_to_a_minute_off_is_believed(off: int) -> None:
    """Exactly sixty seconds, before or after the broker's time."""
    assert at(100 + off) == _signals(_record(seconds=100, ingested_at=str(at(100 + off))))[0].ingested_at


@pytest.mark.parametrize("off", [-60.000001, 60.000001])
def test_a_forged_stamp_is_replaced_and_flagged(off: float) -> None:
    """One microsecond more, and the broker's time counts."""
    [signal] = _signals(_record(seconds=100, ingested_at=str(at(100 + off))))
    assert (at(100), ("ingest_replaced",)) == (signal.ingested_at, signal.notes)


def test_a_replay_keeps_its_stamp_however_old() -> None:
    """Its deliveries carry the time at which they were recorded."""
    [signal] = _signals(_record(seconds=9_999_999, tenant="replay-a", ingested_at=str(at(5))))
    assert (at(5), ()) == (signal.ingested_at, signal.notes)


def test_the_senders_own_time_is_the_notification_time() -> None:
    """Where the format has one; else the ingest time."""
    told = GOOD.model_copy(update={"notified_at": at(3)})
    assert [at(3), at(5)] == [s.notified_at for s in _signals(_record(told), _record())]


def test_a_notification_time_after_the_ingest_is_not_believed() -> None:
    """Nothing can arrive before it was sent."""
    told = GOOD.model_copy(update={"notified_at": at(50)})
    assert at(5) == _signals(_record(told))[0].notified_at


def test_repeats_with_equal_bytes_in_one_minute_are_one_signal() -> None:
    """Count, last ingest time and the runs of positions tell what was folded."""
    [signal] = _signals(_record(offset=3), _record(seconds=6, offset=4), _record(seconds=7, offset=9))
    assert (3, at(5), at(7)) == (signal.count, signal.ingested_at, signal.last_ingested_at)
    assert [(3, 4), (9, 9)] == [(span.first, span.last) for span in signal.spans]


def test_repeats_of_another_minute_are_another_signal() -> None:
    """The audit counts by minutes, which end at the full minute, included."""
    assert [2, 1] == [s.count for s in _signals(*(_record(seconds=n, offset=n) for n in (59, 60, 61)))]


def test_other_bytes_are_another_signal() -> None:
    """Even if the alert is the same: what it says may have changed."""
    other = GOOD.model_copy(update={"summary": "worse"})
    assert [1, 1] == [signal.count for signal in _signals(_record(), _record(other, offset=1))]


def test_equal_bytes_of_another_tenant_are_another_signal() -> None:
    """Tenants never touch."""
    assert ["shop", "default"] == [s.tenant for s in _signals(_record(), _record(offset=1, tenant="default"))]


def test_changes_are_never_folded() -> None:
    """Each report of a change is a fact of its own."""
    made = change("flag", "express", when=0)
    assert 2 == len(_routed(_record(made), _record(made, offset=1), topic="flags").signals)


def test_a_tick_is_time_and_no_signal() -> None:
    """The latest of the batch goes into the mark, on the clock of live tenants."""
    routed = _routed(_raw(b"\0", tick="1000"), _raw(b"\0", tick="3000"), _raw(b"\0", tick="2000"))
    assert ([], [], {LIVE_CLOCK: 3000}) == (routed.signals, routed.dead_letters, routed.clocks)


def test_a_replays_tick_is_on_its_own_clock() -> None:
    """A live tenant's name in a tick gives it no clock of its own."""
    routed = _routed(_raw(b"\0", tenant="replay-a", tick="7"), _raw(b"\0", tenant="shop", tick="9"))
    assert {"replay-a": 7, LIVE_CLOCK: 9} == routed.clocks


def test_a_mark_closes_a_batch() -> None:
    """It says how far its partition has been written, the time, and which inputs there are."""
    mark = mark_of("alerts", 2, 17, {"alerts": 4}, _routed(_raw(b"\0", tick="1000"))).mark
    assert mark is not None
    assert ("alerts", 2, 17, {LIVE_CLOCK: 1000}, {"alerts": 4}) == (
        mark.topic,
        mark.partition,
        mark.next_offset,
        mark.clocks,
        mark.layout,
    )


VALUE = encode("alerts", GOOD)


@pytest.mark.parametrize(
    ("reason", "record"),
    [
        ("no_tenant", _record(tenant=None)),
        ("unknown_tenant", _record(tenant="nobody")),
        ("unknown_tenant", _record(tenant="\udcff".encode("utf-8", "surrogateescape").decode("latin-1"))),
        ("empty", _raw(None)),
        ("empty", _raw(b"")),
        ("not_wire_format", _raw(b"{}")),
        ("not_wire_format", _raw(b'{"alertname": "x"}')),
        ("unknown_schema_id", _raw(b"\0\0\0\0\x07rest")),
        ("not_avro", _raw(VALUE[:-3])),
        ("trailing_bytes", _raw(VALUE + b"x")),
        ("too_large", _raw(VALUE + b"x" * 1_000_000)),
        ("wrong_value", _raw(VALUE.replace(b"firing", b"fyring"))),
        ("bad_header", _record(ingested_at="soon")),
        ("bad_header", _record(ingested_at="9" * 30)),
        ("bad_header", _raw(b"\0", tick="-1e3")),
    ],
)
def test_what_cannot_be_understood_goes_to_the_dead_letters_with_its_reason(
    reason: str, record: Stored
) -> None:
    """And the refusal is put on record; nothing is dropped unseen."""
    assert reason == _reason(record)


def test_a_value_of_another_topic_is_refused() -> None:
    """Its schema id is none of this topic's."""
    assert "unknown_schema_id" == _reason(_record(), topic="catalog")


def test_a_topic_that_takes_no_published_records_is_refused() -> None:
    """The router reads inputs alone; a wrong assignment does no harm."""
    mark = Signal(kind="mark", mark=mark_of("alerts", 0, 1, {}, Routed()).mark)
    assert "not_an_input" == _reason(_raw(encode("signals", mark)), topic="signals")


def test_a_dead_letter_keeps_the_beginning_of_what_arrived() -> None:
    """With hash and size of all of it, its place and its time; restricted, since it could not be redacted."""
    value = b"\x01" + b"z" * 100_000
    [letter] = _routed(_raw(value, seconds=9, offset=5)).dead_letters
    assert (value[:65_536], content_hash(value), len(value), True) == (
        letter.original,
        letter.original_hash,
        letter.original_size,
        letter.restricted,
    )
    assert ("alerts", 2, 5, at(9)) == (letter.topic, letter.partition, letter.offset, letter.received_at)


def test_a_dead_letter_is_named_by_its_place() -> None:
    """Routed again it is the same letter, and the refusal the same decision."""
    once, again = _routed(_raw(b"{}")), _routed(_raw(b"{}"))
    assert (once.dead_letters, once.audits) == (again.dead_letters, again.audits)


def test_bad_records_do_not_hold_up_good_ones() -> None:
    """The batch goes on, in order."""
    routed = _routed(_raw(b"{}"), _record(offset=1), _raw(None, offset=2), _record(GOOD, 70, 3))
    assert [1, 3] == [signal.spans[0].first for _, signal in routed.signals]
    assert [0, 2] == [letter.offset for letter in routed.dead_letters]


def test_the_same_records_give_the_same_signals() -> None:
    """What is remembered between batches speeds things up and changes nothing."""
    records = [_record(alert("payment", f"A{n}", start=n), n, n) for n in range(20)]
    assert _signals(*records) == _signals(*records)


_headers = st.lists(
    st.tuples(
        st.sampled_from(("tenant", "ingested-at", "tick", "other")),
        st.one_of(st.binary(max_size=30), st.sampled_from((b"shop", b"replay-a", str(T0).encode(), b"-5"))),
    ),
    max_size=4,
)
_values = st.one_of(
    st.none(),
    st.binary(max_size=60),
    st.binary(max_size=60).map(lambda rest: VALUE[:5] + rest),
    st.tuples(st.integers(0, len(VALUE) - 1), st.integers(0, 255)).map(
        lambda change: VALUE[: change[0]] + bytes([change[1]]) + VALUE[change[0] + 1 :]
    ),
)


@given(
    records=st.lists(st.tuples(_values, _headers), max_size=6),
    topic=st.sampled_from(("alerts", "flags", "catalog")),
)
def test_no_bytes_ever_raise_and_none_are_lost(
    records: list[tuple[bytes | None, Sequence[tuple[str, bytes]]]], topic: str
) -> None:
    """Each record is a signal, folded into one, a tick, or a dead letter: every one of them exactly once."""
    raw = [Stored(n, (T0 + n * SECOND) // 1000, value, headers) for n, (value, headers) in enumerate(records)]
    routed = route(topic, 0, raw, 1, SETTINGS, "test")
    shown = {n for _, s in routed.signals for span in s.spans for n in range(span.first, span.last + 1)}
    refused = {letter.offset for letter in routed.dead_letters}
    ticks = {r.offset for r in raw if "tick" in dict(r.headers)} - refused
    assert set(range(len(raw))) == shown | refused | ticks
    assert not shown & refused
    assert not shown & ticks
    assert len(routed.audits) == len(routed.dead_letters)
