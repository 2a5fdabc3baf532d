"""The head of a signal by hand: whatever it holds, and however its bytes are bent, it is what the codec would say."""

from io import BytesIO

import fastavro
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import Undecodable, decode, encode
from schemas.parsed import parsed
from schemas.signals import Signal, Span
from schemas.times import EARLIEST, LATEST
from schemas.topics import TOPICS
from tests.schemas.test_signal_bytes import ALERT

_HEADER = 5
_LONGS = st.integers(-(2**63), 2**63 - 1)
_TIMES = st.integers(EARLIEST, LATEST)
_TEXTS = st.text(max_size=200)
_SPANS = st.builds(Span, topic=_TEXTS, partition=_LONGS, first=_LONGS, last=_LONGS)
_SIGNALS = st.builds(
    Signal,
    kind=st.just("alert"),
    tenant=_TEXTS,
    environment=st.none() | _TEXTS,
    ingested_at=_TIMES,
    notified_at=_TIMES,
    last_ingested_at=_TIMES,
    count=_LONGS,
    spans=st.lists(_SPANS, max_size=5).map(tuple),
    content_hash=_TEXTS,
    notes=st.lists(_TEXTS, max_size=3).map(tuple),
    alert=st.just(ALERT),
)


def _by_codec(data: bytes) -> Signal | None:
    """What the bytes say in one piece; None where they say nothing."""
    body = BytesIO(data)
    body.seek(_HEADER)
    try:
        fields = fastavro.schemaless_reader(body, parsed("signals", TOPICS["signals"].version), None)
        return Signal.model_validate(fields) if body.tell() == len(data) else None
    except Exception:  # noqa: BLE001 - whatever is wrong with bent bytes
        return None


def _by_hand(data: bytes) -> Signal | None:
    try:
        signal = decode("signals", data)
    except Undecodable:
        return None
    return signal if isinstance(signal, Signal) else None


@given(_SIGNALS)
def test_a_head_has_the_bytes_of_the_codec_and_is_read_as_it_was(signal: Signal) -> None:
    """Any names, any numbers of 64 bits."""
    fields = {**signal.model_dump(), "alert": ("incidents.AlertFacts", ALERT.model_dump())}
    out = BytesIO()
    fastavro.schemaless_writer(out, parsed("signals", TOPICS["signals"].version), fields)
    assert encode("signals", signal)[_HEADER:] == out.getvalue()
    assert decode("signals", encode("signals", signal)) == signal


@given(_SIGNALS, st.data())
def test_bent_bytes_say_by_hand_what_they_say_to_the_codec(signal: Signal, data: st.DataObject) -> None:
    """One byte replaced, left out or put in, anywhere behind the schema's id."""
    whole = encode("signals", signal)
    at = data.draw(st.integers(_HEADER, len(whole) - 1))
    byte, left_out = data.draw(st.binary(max_size=1)), data.draw(st.integers(0, 1))
    bent = whole[:at] + byte + whole[at + left_out :]
    assert _by_hand(bent) == _by_codec(bent)
