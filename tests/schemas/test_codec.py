"""The codec: what was written is read back, and whatever else arrives is one kind of error."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.audit import DeadLetter
from schemas.codec import MAX_VALUE_BYTES, Undecodable, decode, encode
from schemas.topics import TOPICS
from tests.schemas.examples import example, example_bytes

BAD = [
    (None, "empty"),
    (b"", "empty"),
    (b"\x00\x00\x00", "not_wire_format"),
    (b'{"name": 1}', "not_wire_format"),
    (b"\x00\x00\x00\x00\x07rest", "unknown_schema_id"),
    (example_bytes("deploys", 1), "unknown_schema_id"),
    (example_bytes("alerts", 1)[:-1], "not_avro"),
    (example_bytes("alerts", 1)[:5], "not_avro"),
    (example_bytes("alerts", 1) + b"\x00", "trailing_bytes"),
    (example_bytes("alerts", 1).replace(b"\x0cfiring", b"\x0cFIRING"), "wrong_value"),
    (b"\x00" * (MAX_VALUE_BYTES + 1), "too_large"),
]


@pytest.mark.parametrize(("data", "reason"), BAD)
def test_bytes_that_are_no_value_are_refused_with_a_reason(data: bytes | None, reason: str) -> None:
    """Each way of being wrong should have its code, and a text of one line."""
    with pytest.raises(Undecodable) as refused:
        decode("alerts", data)
    assert reason == refused.value.reason
    assert 1 == len(str(refused.value).splitlines())


@given(st.sampled_from(sorted(TOPICS)), st.binary(max_size=400))
def test_no_bytes_raise_anything_else(topic: str, body: bytes) -> None:
    """Random bytes behind a known schema id should be a value or Undecodable."""
    with suppress(Undecodable):
        decode(topic, example_bytes(topic, 1)[:5] + body)


@given(st.sampled_from(sorted(TOPICS)), st.data())
def test_a_damaged_value_raises_nothing_else(topic: str, data: st.DataObject) -> None:
    """A value with one byte changed should be a value or Undecodable."""
    damaged = bytearray(example_bytes(topic, 1))
    place = data.draw(st.integers(0, len(damaged) - 1))
    damaged[place] = data.draw(st.integers(0, 255))
    with suppress(Undecodable):
        decode(topic, bytes(damaged))


def test_a_value_too_large_to_be_read_is_not_written() -> None:
    """The writer should refuse what no reader would take."""
    letter = example("dead-letters")
    assert isinstance(letter, DeadLetter)
    with pytest.raises(Undecodable, match="over the limit"):
        encode("dead-letters", letter.model_copy(update={"original": b"x" * MAX_VALUE_BYTES}))
