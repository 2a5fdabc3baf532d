"""Owns the proof that an entry stands in the audit log, which a stranger can check with the public key alone.

May not: read SQL, trust the log: it is proven on the way. Goes to: `incidents audit proof`.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from schemas.audit import AuditEntry, AuditRecord
from schemas.codec import Undecodable, decode
from sinks.audit_log import Trust, lines_of, signed_notes
from streams.merkle import inclusion_proof
from streams.proven import Proving

_PLACE: Final = re.compile(r"(\d+)/(\d+)")
_SHORTEST: Final = 6
"""Characters of a decision's id from which on it may be cut short."""


class NoProof(LookupError):
    """There is no such entry, or it is not signed yet. The text is one line for a person."""


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """All that is needed to check that an entry is line `sequence` of the log: texts, in base 64 where bytes."""

    log: str
    sequence: int
    size: int
    entry: str
    path: tuple[str, ...]
    checkpoint: str


def find_line(bootstrap: str, partitions: Iterable[int], name: str) -> tuple[int, int]:
    """Partition and sequence of the entry that is meant: `2/3120`, or a decision's id or its beginning.

    Raises NoProof where there is none, or more than one; Broken or KafkaProblem.
    """
    there = tuple(partitions)
    place = _PLACE.fullmatch(name)
    if place is not None and int(place[1]) in there:
        return int(place[1]), int(place[2])
    wanted = name.lower()
    if place is not None or len(wanted) < _SHORTEST:
        raise NoProof(
            f"no entry is named {name!r}: name its line (partition/sequence, partitions 0 to {max(there)}) "
            f"or the beginning of its decision's id, at least {_SHORTEST} characters"
        )
    found = [
        (partition, line.record.sequence)
        for partition in there
        for line in lines_of(bootstrap, partition)
        if _decision_of(line.record).startswith(wanted)
    ]
    if len(found) != 1:
        which = ", ".join(f"{partition}/{sequence}" for partition, sequence in found[:5])
        raise NoProof(
            f"{name!r} names {len(found)} entries{f': {which}; name one by its line' if found else ''}"
        )
    return found[0]


def prove_line(bootstrap: str, trust: Trust, partition: int, sequence: int) -> InclusionProof:
    """The proof for a line under the newest checkpoint. Raises NoProof, Broken or KafkaProblem."""
    proving = Proving(trust.origin(partition), trust.keys)
    size, note = 0, ""
    for place, signed in signed_notes(bootstrap, partition):
        size, note = proving.checkpoint(place, signed).size, signed
    leaves, entry = [], b""
    for line in lines_of(bootstrap, partition):
        record = line.record
        proving.line(
            f"audit/{partition} at offset {line.offset}", record.sequence, record.entry, record.leaf_hash
        )
        leaves.append(record.leaf_hash)
        if record.sequence == sequence:
            entry = record.entry
    proving.finish()
    if sequence >= size:
        young = (
            "is not signed yet: try again in a few seconds" if sequence < len(leaves) else "does not exist"
        )
        raise NoProof(f"line {sequence} of {proving.origin} {young}; {size} lines are signed")
    path = inclusion_proof(leaves[:size], sequence)
    return InclusionProof(
        proving.origin, sequence, size, _text(entry), tuple(_text(step) for step in path), note
    )


def _decision_of(record: AuditRecord) -> str:
    try:
        entry = decode("audit-entries", record.entry)
    except Undecodable:
        return ""
    return entry.decision_id if isinstance(entry, AuditEntry) else ""


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
