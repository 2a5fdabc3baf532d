"""The audit ledger: every decision is one line, repeats are none, and any restart goes on where it stood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.audit import AuditEntry, AuditRecord, Position
from schemas.codec import MAX_VALUE_BYTES, decode, encode
from schemas.identity import leaf_hash
from streams.ledger import Ledger, recovered
from streams.merkle import root_of
from tests.schemas.examples import example

PLACES = st.tuples(
    st.sampled_from(["signals", "alerts"]), st.integers(0, 1), st.integers(0, 6), st.integers(0, 1)
)


def _entry(topic: str, partition: int, offset: int, index: int = 0) -> bytes:
    entry = example("audit-entries")
    assert isinstance(entry, AuditEntry)
    position = Position(topic=topic, partition=partition, offset=offset, index=index)
    return encode("audit-entries", entry.model_copy(update={"position": position}))


def _write(ledger: Ledger, values: list[bytes]) -> list[AuditRecord]:
    start = ledger.entries_offset
    lines = (ledger.take(start + n, value, at=0) for n, value in enumerate(values))
    return [line for line in lines if line is not None]


def test_entries_become_numbered_lines_with_their_exact_bytes() -> None:
    """Each line should hold the bytes of its entry, their leaf hash and the next number."""
    values = [_entry("signals", 0, 5), _entry("signals", 0, 5, 1), _entry("alerts", 0, 5)]
    lines = _write(Ledger(0, "1"), values)
    assert values == [line.entry for line in lines]
    assert [0, 1, 2] == [line.sequence for line in lines]
    assert [leaf_hash(value) for value in values] == [line.leaf_hash for line in lines]


def test_what_a_restarted_writer_sends_again_is_no_new_line() -> None:
    """Entries at or before the furthest position of an ordered source should be repeats."""
    ledger = Ledger(0, "1")
    _write(ledger, [_entry("signals", 0, n) for n in range(5)])
    again = _write(ledger, [_entry("signals", 0, n) for n in range(2, 7)])
    assert [5, 6] == [line.position.offset for line in again]


def test_gateways_write_in_any_order_and_lose_nothing() -> None:
    """Refusals of several gateways should all be lines, also where an earlier letter comes later."""
    lines = _write(Ledger(0, "1"), [_entry("dead-letters", 0, n) for n in (4, 2, 3)])
    assert [4, 2, 3] == [line.position.offset for line in lines]


@pytest.mark.parametrize("value", [b"", b"junk", b"\x00\x00\x00\x04\x57junk"])
def test_what_is_no_entry_goes_on_record_as_it_is(value: bytes) -> None:
    """Bytes that nobody can read should be a line at their own position, and not stop the log."""
    lines = _write(Ledger(3, "1"), [value, _entry("signals", 0, 0)])
    assert [value, _entry("signals", 0, 0)] == [line.entry for line in lines]
    assert Position(topic="audit-entries", partition=3, offset=0) == lines[0].position


def test_an_entry_that_fits_no_line_is_stood_for() -> None:
    """An entry as large as a record may be should leave its hash and size on record."""
    line = _write(Ledger(0, "1"), [b"\x00" * (MAX_VALUE_BYTES + 40_000)])[0]
    entry = decode("audit-entries", line.entry)
    assert isinstance(entry, AuditEntry)
    assert ("too_large", str(MAX_VALUE_BYTES + 40_000)) == (entry.details["reason"], entry.details["bytes"])
    assert len(encode("audit", line)) < MAX_VALUE_BYTES


def test_an_entry_just_small_enough_fits_its_line() -> None:
    """The largest entry that is not stood for should make a line that can be written."""
    line = _write(Ledger(0, "1"), [b"\x01" * (MAX_VALUE_BYTES - 1_000)])[0]
    assert line.entry.startswith(b"\x01")
    assert encode("audit", line)


@given(st.lists(PLACES, max_size=30), st.data())
def test_a_restart_anywhere_gives_the_same_log(
    places: list[tuple[str, int, int, int]], data: st.DataObject
) -> None:
    """Going on from any checkpoint, with any tail of the lines known, should write the same lines."""
    values = [_entry(*place) for place in places]
    whole = _write(Ledger(0, "1"), values)
    cut = data.draw(st.integers(0, len(values)))
    first = Ledger(0, "1")
    before = _write(first, values[:cut])
    known = data.draw(st.integers(0, max(0, len(before) - 1)))
    ledger = recovered(0, "1", first.checkpoint("") if cut else None, before[known:] if cut else [])
    assert first.tree == ledger.tree
    assert whole == before + _write(ledger, values[cut:])


@given(st.lists(PLACES, max_size=30), st.data())
def test_a_restart_between_lines_and_signature_gives_the_same_log(
    places: list[tuple[str, int, int, int]], data: st.DataObject
) -> None:
    """Going on from an older checkpoint, or from none, and the lines since, should write the same lines."""
    values = [_entry(*place) for place in places]
    whole = _write(Ledger(0, "1"), values)
    signed = data.draw(st.integers(0, len(values)))
    cut = data.draw(st.integers(signed, len(values)))
    first = Ledger(0, "1")
    before = _write(first, values[:signed])
    checkpoint = first.checkpoint("") if before else None
    before += _write(first, values[signed:cut])
    ledger = recovered(0, "1", checkpoint, before)
    # From where its last line came from: repeats after it are read, and told as repeats, once more.
    again = _write(ledger, values[ledger.entries_offset :])
    assert whole == before + again
    assert root_of(line.leaf_hash for line in whole) == ledger.tree.root()


def test_a_log_from_before_there_was_a_tree_gets_one() -> None:
    """A checkpoint without peaks should be gone on from, the tree being made of all lines."""
    first = Ledger(0, "1")
    lines = _write(first, [_entry("signals", 0, n) for n in range(5)])
    old = [line.model_copy(update={"entries_offset": None}) for line in lines]
    ledger = recovered(0, "1", first.checkpoint("").model_copy(update={"peaks": ()}), old)
    assert first == ledger


@given(st.lists(PLACES, max_size=30))
def test_repeating_any_prefix_of_an_ordered_source_adds_nothing(
    places: list[tuple[str, int, int, int]],
) -> None:
    """A source that sends its entries in order, and again from any point on, should be on record once."""
    values = [_entry(*place) for place in sorted(set(places))]
    ledger = Ledger(0, "1")
    lines = _write(ledger, values)
    assert values == [line.entry for line in lines]
    assert [] == _write(ledger, values)


def test_a_log_with_missing_lines_is_refused() -> None:
    """A checkpoint beyond the log, and a hole in the log, should be errors and not be papered over."""
    ledger = Ledger(0, "1")
    lines = _write(ledger, [_entry("signals", 0, n) for n in range(5)])
    with pytest.raises(ValueError, match="its last line is 2, and its checkpoint says 4"):
        recovered(0, "1", ledger.checkpoint(""), lines[:3])
    with pytest.raises(ValueError, match="line 1 is missing before line 2"):
        recovered(0, "1", None, [lines[0], lines[2]])


def test_a_changed_line_is_refused() -> None:
    """A line whose entry is not the one that was hashed should not be gone on from."""
    line = _write(Ledger(0, "1"), [_entry("signals", 0, 0)])[0]
    with pytest.raises(ValueError, match="the entry of line 0 does not have the line's hash"):
        recovered(0, "1", None, [line.model_copy(update={"entry": line.entry + b" "})])


def test_lines_after_the_last_checkpoint_are_followed() -> None:
    """Lines without a checkpoint after them should count, so that no number is given twice."""
    first = Ledger(0, "1")
    _write(first, [_entry("signals", 0, 0)])
    checkpoint = first.checkpoint("")
    later = _write(first, [_entry("signals", 0, 1)])
    ledger = recovered(0, "1", checkpoint, later)
    assert (2, {("signals", 0): (1, 0)}) == (ledger.next_sequence, ledger.heads)
