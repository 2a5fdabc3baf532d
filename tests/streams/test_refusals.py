"""What the router cannot understand: refused with its reason, kept, put on record; nothing is lost."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import encode
from schemas.identity import content_hash
from schemas.signals import Signal
from schemas.times import SECOND
from streams.route import Routed, mark_of, route
from tests.streams.routing import GOOD, SETTINGS, raw, record, route_all, signals_of
from tests.streams.world import T0, Stored, alert, at


def _reason(record: Stored, topic: str = "alerts") -> str:
    """Why it was refused; nothing else may have come of it."""
    routed = route_all(record, topic=topic)
    assert [] == routed.signals
    [letter], [entry] = routed.dead_letters, routed.audits
    assert (letter.letter_id, "refused", letter.reason) == (
        entry.subject,
        entry.decision,
        entry.details["reason"],
    )
    return letter.reason


VALUE = encode("alerts", GOOD)


@pytest.mark.parametrize(
    ("reason", "record"),
    [
        ("no_tenant", record(tenant=None)),
        ("unknown_tenant", record(tenant="nobody")),
        ("unknown_tenant", record(tenant="\udcff".encode("utf-8", "surrogateescape").decode("latin-1"))),
        ("empty", raw(None)),
        ("empty", raw(b"")),
        ("not_wire_format", raw(b"{}")),
        ("not_wire_format", raw(b'{"alertname": "x"}')),
        ("unknown_schema_id", raw(b"\0\0\0\0\x07rest")),
        ("not_avro", raw(VALUE[:-3])),
        ("trailing_bytes", raw(VALUE + b"x")),
        ("too_large", raw(VALUE + b"x" * 1_000_000)),
        ("wrong_value", raw(VALUE.replace(b"firing", b"fyring"))),
        ("bad_header", record(ingested_at="soon")),
        ("bad_header", record(ingested_at="9" * 30)),
        ("bad_header", raw(b"\0", tick="-1e3")),
    ],
)
def test_what_cannot_be_understood_goes_to_the_dead_letters_with_its_reason(
    reason: str, record: Stored
) -> None:
    """And the refusal is put on record; nothing is dropped unseen."""
    assert reason == _reason(record)


def test_a_value_of_another_topic_is_refused() -> None:
    """Its schema id is none of this topic's."""
    assert "unknown_schema_id" == _reason(record(), topic="catalog")


def test_a_topic_that_takes_no_published_records_is_refused() -> None:
    """The router reads inputs alone; a wrong assignment does no harm."""
    mark = Signal(kind="mark", mark=mark_of("alerts", 0, 1, {}, Routed()).mark)
    assert "not_an_input" == _reason(raw(encode("signals", mark)), topic="signals")


def test_a_dead_letter_keeps_the_beginning_of_what_arrived() -> None:
    """With hash and size of all of it, its place and its time; restricted, since it could not be redacted."""
    value = b"\x01" + b"z" * 100_000
    [letter] = route_all(raw(value, seconds=9, offset=5)).dead_letters
    assert (value[:65_536], content_hash(value), len(value), True) == (
        letter.original,
        letter.original_hash,
        letter.original_size,
        letter.restricted,
    )
    assert ("alerts", 2, 5, at(9)) == (letter.topic, letter.partition, letter.offset, letter.received_at)


def test_a_dead_letter_is_named_by_its_place() -> None:
    """Routed again it is the same letter, and the refusal the same decision."""
    once, again = route_all(raw(b"{}")), route_all(raw(b"{}"))
    assert (once.dead_letters, once.audits) == (again.dead_letters, again.audits)


def test_bad_records_do_not_hold_up_good_ones() -> None:
    """The batch goes on, in order."""
    routed = route_all(raw(b"{}"), record(offset=1), raw(None, offset=2), record(GOOD, 70, 3))
    assert [1, 3] == [signal.spans[0].first for _, signal in routed.signals]
    assert [0, 2] == [letter.offset for letter in routed.dead_letters]


def test_the_same_records_give_the_same_signals() -> None:
    """What is remembered between batches speeds things up and changes nothing."""
    records = [record(alert("payment", f"A{n}", start=n), n, n) for n in range(20)]
    assert signals_of(*records) == signals_of(*records)


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
