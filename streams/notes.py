"""Signed checkpoints of the audit log, in a form that other people's tools read.

Pure: Ed25519 signatures come from the key and the text alone. The forms are C2SP's: `signed-note` (text, blank
line, signatures), `tlog-checkpoint` (origin, size, root), and the line for a public key that Go's `note` package
knows: name, key id, key. May not: read or make a key. Goes to: the auditor, which signs, and whoever verifies.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from streams.merkle import HASH_BYTES

MOST_SIGNATURES: Final = 16
"""Signatures looked at in a note: those of witnesses may stand beside ours."""
_ED25519: Final = b"\x01"
_ID_BYTES: Final = 4
_BODY_LINES: Final = 3
_NAME: Final = re.compile(r"[^\s+]+")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_SIGNED: Final = re.compile("\u2014 ([^ ]+) ([^ ]+)")

Keys = Mapping[tuple[str, bytes], Ed25519PublicKey]
"""Trusted public keys, by name and key id."""


class BadNote(ValueError):
    """A checkpoint or a key that cannot be accepted. The text says why in one line."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is signed: the log's name (its partition in it), its number of lines, and its Merkle root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The signed text: three lines."""
        return f"{self.origin}\n{self.size}\n{_in_base64(self.root)}\n"


def origin_of(log: str, partition: int) -> str:
    """The name under which a partition of the log is signed."""
    return f"{log}/{partition}"


def sign(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """The checkpoint as a signed note; the name of the key is the checkpoint's origin."""
    key_id = _key_id(checkpoint.origin, key.public_key())
    signature = _in_base64(key_id + key.sign(checkpoint.text.encode()))
    return f"{checkpoint.text}\n\u2014 {checkpoint.origin} {signature}\n"


def open_note(note: str, keys: Keys, most_signatures: int = MOST_SIGNATURES) -> Checkpoint:
    """The checkpoint in a note that one of the keys has signed; signatures of unknown keys are passed over.

    Raises BadNote where it has another form, where no known key has signed, or where a known one has not.
    """
    text, blank, signatures = note.rpartition("\n\n")
    lines = signatures.split("\n")
    if not blank or lines.pop() or not lines:
        raise BadNote("it is no signed note: a text, an empty line, and lines with signatures")
    if len(lines) > most_signatures:
        raise BadNote(f"it has {len(lines)} signatures; {most_signatures} may be there")
    checkpoint = _checkpoint(text + "\n")
    signed = [_verified(line, checkpoint, keys) for line in lines]
    if not any(signed):
        raise BadNote(f"no known key of {checkpoint.origin} has signed it")
    return checkpoint


def key_line(name: str, key: Ed25519PublicKey) -> str:
    """The public key as one line: name, key id in hexadecimal digits, key in base 64, joined by plus signs."""
    return f"{name}+{_key_id(name, key).hex()}+{_in_base64(_ED25519 + key.public_bytes_raw())}"


def read_keys(text: str) -> dict[tuple[str, bytes], Ed25519PublicKey]:
    """The keys of a file that has one in each line; empty lines and those after # say nothing.

    Raises BadNote for every other line, and when there is no key.
    """
    lines = [line.strip() for line in text.splitlines()]
    keys = dict(_key(line) for line in lines if line and not line.startswith("#"))
    if not keys:
        raise BadNote("there is no key in it; `incidents audit key` prints them")
    return keys


def _key(line: str) -> tuple[tuple[str, bytes], Ed25519PublicKey]:
    name, _, rest = line.partition("+")
    digits, _, encoded = rest.partition("+")
    raw = _from_base64(encoded)
    if raw[:1] != _ED25519 or len(raw) != 1 + HASH_BYTES or not _NAME.fullmatch(name):
        raise BadNote(f"{line[:80]!r} is no Ed25519 key in the form name+id+key")
    key = Ed25519PublicKey.from_public_bytes(raw[1:])
    key_id = _key_id(name, key)
    if digits != key_id.hex():
        raise BadNote(f"the key of {name} has the id {key_id.hex()}, and its line says {digits[:16]!r}")
    return (name, key_id), key


def _checkpoint(text: str) -> Checkpoint:
    lines = text.split("\n")
    if len(lines) != _BODY_LINES + 1 or not _NAME.fullmatch(lines[0]) or not _SIZE.fullmatch(lines[1]):
        raise BadNote("it is no checkpoint: its lines are origin, number of lines, root")
    root = _from_base64(lines[2])
    if len(root) != HASH_BYTES:
        raise BadNote(f"its root has {len(root)} bytes in place of {HASH_BYTES}")
    return Checkpoint(lines[0], int(lines[1]), root)


def _verified(line: str, checkpoint: Checkpoint, keys: Keys) -> bool:
    """True when a known key has signed, False when the key is not known. Raises BadNote for a wrong signature."""
    found = _SIGNED.fullmatch(line)
    if found is None:
        raise BadNote(f"{line[:80]!r} is no signature")
    name, raw = found[1], _from_base64(found[2])
    key = keys.get((name, raw[:_ID_BYTES])) if name == checkpoint.origin else None
    if key is None:
        return False
    try:
        key.verify(raw[_ID_BYTES:], checkpoint.text.encode())
    except InvalidSignature:
        raise BadNote(f"the signature of {name} is not over this text") from None
    return True


def _key_id(name: str, key: Ed25519PublicKey) -> bytes:
    return sha256(name.encode() + b"\n" + _ED25519 + key.public_bytes_raw()).digest()[:_ID_BYTES]


def _in_base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _from_base64(text: str) -> bytes:
    """The bytes of a text in base 64 as it is written, and no other. Raises BadNote."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raw = None
    if raw is None or _in_base64(raw) != text:
        raise BadNote(f"{text[:80]!r} is not in base 64")
    return raw
