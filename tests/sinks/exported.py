"""Owns small exports of an audit log, made without Kafka. Goes to: the tests that tamper with them."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas.identity import leaf_hash
from sinks.audit_files import Segment, line_text, note_text
from sinks.audit_log import Trust
from streams.merkle import root_of
from streams.notes import Checkpoint, key_line, origin_of, read_keys, sign
from tests.agents.audited import entry

LOG = "incidents/audit"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEYS_TEXT = "".join(f"{key_line(origin_of(LOG, partition), KEY.public_key())}\n" for partition in range(2))
TRUST = Trust(LOG, read_keys(KEYS_TEXT))


def entries_of(partition: int, count: int) -> list[bytes]:
    """The first entries of a partition; what is no decision is among them."""
    return [b"junk" if number % 5 == 4 else entry(number, partition) for number in range(count)]


def note_of(partition: int, count: int) -> str:
    """The signed checkpoint over the first entries of a partition."""
    leaves = [leaf_hash(value) for value in entries_of(partition, count)]
    return sign(Checkpoint(origin_of(LOG, partition), count, root_of(leaves)), KEY)


def write_export(folder: Path, ends: dict[int, list[int]]) -> list[Path]:
    """The files of an export: for each partition the numbers of lines after which a file ends."""
    paths = []
    for partition, bounds in ends.items():
        values = entries_of(partition, max(bounds))
        for first, end in zip([0, *bounds], bounds, strict=False):
            path = folder / Segment(partition, first, end).name
            texts = [line_text(n, values[n], leaf_hash(values[n])) for n in range(first, end)]
            path.write_bytes(b"".join([*texts, note_text(note_of(partition, end))]))
            paths.append(path)
    return paths
