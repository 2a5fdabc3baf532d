"""Signed checkpoints: the published example is read, any other byte is refused, other people's signatures are not."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from streams.merkle import root_of
from streams.notes import BadNote, Checkpoint, key_line, open_note, read_keys, sign

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
NAME = "incidents.example/audit/0"
CHECKPOINT = Checkpoint(NAME, 20852163, root_of([]))
NOTE = sign(CHECKPOINT, KEY)
KEYS = read_keys(key_line(NAME, KEY.public_key()))

# The key and the note in the documentation of Go's package golang.org/x/mod/sumdb/note, which is not a checkpoint,
# and the checkpoint in C2SP's tlog-checkpoint.
PUBLISHED_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PUBLISHED_CHECKPOINT = (
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo"
    "+zyWE+xeMcTOAYQ8=\n"
)


def test_a_checkpoint_opens_with_its_key() -> None:
    """What was signed should come back."""
    assert CHECKPOINT == open_note(NOTE, KEYS)


def test_the_published_checkpoint_has_our_form() -> None:
    """C2SP's example should be understood up to its signature, whose key nobody here knows."""
    with pytest.raises(BadNote, match=r"no known key of example\.com/behind-the-sofa has signed it"):
        open_note(PUBLISHED_CHECKPOINT, KEYS)


def test_the_published_key_has_our_form() -> None:
    """The key of Go's example should be read, its id being the one that we compute."""
    keys = read_keys(f"# of a friend\n\n{PUBLISHED_KEY}\n")
    (((name, key_id), key),) = keys.items()
    assert ("PeterNeumann", "c74f20a3", PUBLISHED_KEY) == (name, key_id.hex(), key_line(name, key))


@given(st.integers(0, len(NOTE.encode()) - 1), st.integers(0, 7))
def test_any_flipped_bit_is_refused(place: int, bit: int) -> None:
    """No byte of a note should be open to change, base 64 and line ends included."""
    raw = bytearray(NOTE.encode())
    raw[place] ^= 1 << bit
    try:
        changed = raw.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(BadNote):
        open_note(changed, KEYS)


@pytest.mark.parametrize("size", [0, 1, 2**62])
def test_sizes_from_nothing_to_everything_are_signed(size: int) -> None:
    """The bounds of a log's size should pass."""
    checkpoint = Checkpoint(NAME, size, root_of([]))
    assert checkpoint == open_note(sign(checkpoint, KEY), KEYS)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ("", "no signed note"),
        ("a\n\n", "no signed note"),
        (NOTE.rstrip("\n"), "no signed note"),
        (NOTE.replace("20852163", "020852163"), "no checkpoint"),
        (NOTE.replace("20852163", "-1"), "no checkpoint"),
        (NOTE.replace("20852163\n", "20852163\nmore\n"), "no checkpoint"),
        (NOTE.replace("20852163\n47DEQpj8", "20852163\n47DE"), "its root has 29 bytes"),
        (NOTE + "\u2014 x\n", "is no signature"),
        (sign(CHECKPOINT, OTHER), "no known key"),
        (NOTE.replace("/0\n", "/1\n", 1), r"no known key of incidents\.example/audit/1"),
    ],
)
def test_what_is_no_checkpoint_of_ours_says_why(changed: str, why: str) -> None:
    """Each way of being wrong should be named."""
    with pytest.raises(BadNote, match=why):
        open_note(changed, KEYS)


def test_a_witness_may_sign_beside_us() -> None:
    """A signature of a key that is not known should change nothing, and be counted."""
    line = NOTE.splitlines()[-1].replace(NAME, "witness.example/w")
    assert CHECKPOINT == open_note(f"{NOTE}{line}\n", KEYS)
    with pytest.raises(BadNote, match="it has 2 signatures; 1 may be there"):
        open_note(f"{NOTE}{line}\n", KEYS, 1)


def test_two_keys_of_one_name_are_both_trusted() -> None:
    """After a change of keys the old checkpoints should open beside the new ones."""
    keys = read_keys(f"{key_line(NAME, OTHER.public_key())}\n{key_line(NAME, KEY.public_key())}\n")
    assert CHECKPOINT == open_note(NOTE, keys) == open_note(sign(CHECKPOINT, OTHER), keys)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "there is no key in it"),
        ("nothing", "is no Ed25519 key"),
        (PUBLISHED_KEY.replace("c74f20a3", "c74f20a4"), "has the id c74f20a3"),
        (PUBLISHED_KEY.replace("ARpc", "Axpc"), "is no Ed25519 key"),
        (PUBLISHED_KEY + "=", "is not in base 64"),
    ],
)
def test_what_is_no_key_says_why(text: str, why: str) -> None:
    """A wrong line in a key file should not be trusted, nor passed over."""
    with pytest.raises(BadNote, match=why):
        read_keys(text)
