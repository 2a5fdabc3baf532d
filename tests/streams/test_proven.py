"""Proving a partition of the audit log: what was signed passes, and nothing else does."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from schemas.identity import leaf_hash
from streams.merkle import root_of
from streams.notes import BadNote, Checkpoint, key_line, read_keys, sign
from streams.proven import Broken, Proving, read_notes
from tests.agents.audited import entry

ORIGIN = "incidents/audit/0"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEYS = read_keys(key_line(ORIGIN, KEY.public_key()))
ENTRIES = [entry(number) for number in range(20)]


def _note(entries: list[bytes], origin: str = ORIGIN) -> str:
    return sign(Checkpoint(origin, len(entries), root_of(map(leaf_hash, entries))), KEY)


def _read(proving: Proving, entries: list[bytes]) -> Proving:
    for value in entries:
        sequence = proving.size
        proving.line(f"line {sequence}", sequence, value, leaf_hash(value))
    return proving


def _proving() -> Proving:
    return Proving(ORIGIN, KEYS)


@given(st.lists(st.integers(0, 20)), st.lists(st.integers(0, 20)))
def test_every_checkpoint_before_or_with_its_lines_holds(before: list[int], known: list[int]) -> None:
    """Checkpoints read first, and those that others keep, should hold; the last one says how far it is proven."""
    proving = _proving()
    for size in sorted(before):
        proving.checkpoint("before", _note(ENTRIES[:size]))
    for size in known:
        proving.hold_to("known", _note(ENTRIES[:size]))
    _read(proving, ENTRIES).finish()
    assert (20, len(before)) == (proving.size, proving.checkpoints)
    assert max([0, *before, *known]) == proving.proven


def test_lines_after_the_last_checkpoint_are_not_proven() -> None:
    """What nobody has signed yet should be said to be so."""
    proving = _read(_proving(), ENTRIES[:5])
    proving.checkpoint("with", _note(ENTRIES[:5]))
    _read(proving, ENTRIES[5:8]).finish()
    assert (8, 5) == (proving.size, proving.proven)
    assert _note(ENTRIES[:5]) == proving.newest


def test_a_changed_line_breaks_the_next_checkpoint() -> None:
    """Whoever changes a line and its hash should be found by what was signed."""
    proving = _read(_proving(), ENTRIES[:3])
    proving.checkpoint("first", _note(ENTRIES[:3]))
    _read(proving, [b"other"])
    with pytest.raises(Broken, match="second: lines 3 to 3 are not those that were signed"):
        proving.checkpoint("second", _note(ENTRIES[:4]))


def test_a_cut_is_seen_by_whoever_knows_a_later_checkpoint() -> None:
    """A log that ends before what was signed, by its own word or another's, should be named as cut."""
    own = _proving()
    own.checkpoint("own", _note(ENTRIES[:6]))
    with pytest.raises(Broken, match="own: 6 lines were signed, and the log ends after 5: it was cut"):
        _read(own, ENTRIES[:5]).finish()
    other = _proving()
    other.hold_to("kept elsewhere", _note(ENTRIES[:7]))
    with pytest.raises(Broken, match="kept elsewhere: 7 lines were signed"):
        _read(other, ENTRIES[:6]).finish()


def test_a_line_that_is_not_the_next_is_told_by_its_place() -> None:
    """Missing, repeated and changed lines should be told where they stand."""
    for sequence in (1, 3):
        with pytest.raises(Broken, match=f"here: line 2 is due and this is line {sequence}"):
            _read(_proving(), ENTRIES[:2]).line("here", sequence, ENTRIES[2], leaf_hash(ENTRIES[2]))
    with pytest.raises(Broken, match="here: the entry of line 2 does not have the hash"):
        _read(_proving(), ENTRIES[:2]).line("here", 2, ENTRIES[2] + b" ", leaf_hash(ENTRIES[2]))


def test_a_decision_that_is_on_record_twice_is_told() -> None:
    """A source that goes back, or says the same twice, should be told; letters of gateways may."""
    with pytest.raises(Broken, match="line 2: line 2 repeats or goes back"):
        _read(_proving(), [ENTRIES[0], ENTRIES[1], ENTRIES[1]])
    with pytest.raises(Broken, match="line 1: line 1 repeats or goes back"):
        _read(_proving(), [ENTRIES[1], ENTRIES[0]])
    letters = [entry(4, topic="dead-letters"), entry(2, topic="dead-letters"), b"junk", b"junk"]
    assert 4 == _read(_proving(), letters).size


def test_checkpoints_out_of_order_are_told() -> None:
    """The log should never sign fewer lines than before, nor lines that are long over."""
    proving = _proving()
    proving.checkpoint("first", _note(ENTRIES[:5]))
    with pytest.raises(Broken, match="second: it signs 4 lines after one that signs 5"):
        proving.checkpoint("second", _note(ENTRIES[:4]))
    late = _read(_proving(), ENTRIES[:5])
    with pytest.raises(Broken, match="late: it signs 3 lines after line 4"):
        late.checkpoint("late", _note(ENTRIES[:3]))


def test_a_checkpoint_of_another_log_is_told() -> None:
    """A signature that is good, and for another partition, should not pass."""
    keys = read_keys(f"{key_line('incidents/audit/1', KEY.public_key())}\n")
    proving = Proving(ORIGIN, {**KEYS, **keys})
    with pytest.raises(Broken, match="the checkpoint is of incidents/audit/1, and this is incidents/audit/0"):
        proving.checkpoint("here", _note(ENTRIES[:1], "incidents/audit/1"))


@given(st.lists(st.integers(0, 20), min_size=1, max_size=5))
def test_a_file_of_checkpoints_reads_back(sizes: list[int]) -> None:
    """Notes one after another should be told apart, also when an editor has changed the end of the file."""
    notes = [_note(ENTRIES[:size]) for size in sizes]
    assert notes == read_notes("".join(notes)) == read_notes("".join(notes).rstrip("\n"))


@pytest.mark.parametrize("text", ["", "\n", "words", _note(ENTRIES) + "words\n", "x\n" + _note(ENTRIES)])
def test_a_file_with_anything_else_is_refused(text: str) -> None:
    """What is not a checkpoint should not be passed over."""
    with pytest.raises(BadNote, match="it does not hold checkpoints"):
        read_notes(text)
