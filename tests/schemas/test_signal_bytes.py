"""The signals of alerts are written and read in two pieces, of which nothing may show."""

from collections.abc import Callable
from io import BytesIO

import fastavro
import pytest

from schemas.codec import Undecodable, decode, encode
from schemas.events import AlertFacts
from schemas.parsed import parsed
from schemas.signals import Signal, Span
from schemas.topics import TOPICS

ALERT = AlertFacts(
    source="test",
    source_ref="test:1",
    fingerprint="1",
    name="Slow",
    status="firing",
    references=("service:checkout",),
    labels={"service": "checkout"},
    starts_at=1,
)
SIGNAL = Signal(
    kind="alert",
    tenant="default",
    count=2,
    spans=tuple(Span(topic="alerts", partition=0, first=at, last=at) for at in (3, 9)),
    notes=("no_environment",),
    alert=ALERT,
)


def _in_one_piece(signal: Signal) -> bytes:
    out = BytesIO()
    fields = signal.model_dump()
    fields["alert"] = ("incidents.AlertFacts", fields["alert"])
    fastavro.schemaless_writer(out, parsed("signals", TOPICS["signals"].version), fields)
    return out.getvalue()


def test_a_signal_in_two_pieces_has_the_bytes_of_one() -> None:
    """Whoever reads `signals` knows only the schema."""
    for _ in range(2):
        assert _in_one_piece(SIGNAL) == encode("signals", SIGNAL)[5:]


def test_a_body_under_another_head_is_read_again_as_it_was() -> None:
    """The second time it is remembered."""
    for count in (1, 2, 3):
        signal = SIGNAL.model_copy(update={"count": count})
        assert signal == decode("signals", encode("signals", signal))


def test_equal_bodies_of_another_alert_are_written_as_they_are() -> None:
    """What is remembered is by identity, and must not outlive it."""
    for number in range(20):
        alert = ALERT.model_copy(update={"fingerprint": str(number)})
        signal = SIGNAL.model_copy(update={"alert": alert})
        assert signal == decode("signals", encode("signals", signal))


def test_a_longer_body_than_is_remembered_comes_through() -> None:
    """It is read each time."""
    signal = SIGNAL.model_copy(update={"alert": ALERT.model_copy(update={"summary": "x" * 10_000})})
    for _ in range(2):
        assert signal == decode("signals", encode("signals", signal))


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        (lambda data: data + b"\x00", "trailing_bytes"),
        (lambda data: data[:-1], "not_avro"),
        (lambda data: data.replace(b"\x0cfiring", b"\x0cFIRING"), "wrong_value"),
    ],
)
def test_a_damaged_end_has_the_reason_it_always_had(damaged: Callable[[bytes], bytes], reason: str) -> None:
    """Also where the whole one was read before."""
    data = encode("signals", SIGNAL)
    decode("signals", data)
    with pytest.raises(Undecodable) as refused:
        decode("signals", damaged(data))
    assert reason == refused.value.reason
