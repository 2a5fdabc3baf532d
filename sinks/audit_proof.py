"""Owns proofs for strangers, who have the public key alone: an entry stands in the log, the log has only grown.

May not: read SQL, trust the log: it is proven on the way. Goes to: `incidents audit proof` and `growth`.
"""

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from schemas.audit import AuditEntry, AuditRecord
from schemas.codec import Undecodable, decode
from sinks.audit_log import Trust, hold_to_known, lines_of, signed_notes
from streams.merkle import consistency_proof, inclusion_proof
from streams.notes import open_note
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


@dataclass(frozen=True, slots=True)
class GrowthProof:
    """All that is needed to check that one checkpoint's log is the beginning of another's."""

    log: str
    old: str
    new: str
    path: tuple[str, ...]


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
    leaves, entry = [], b""
    for record in _proven(bootstrap, partition, proving):
        leaves.append(record.leaf_hash)
        if record.sequence == sequence:
            entry = record.entry
    size = proving.proven
    if sequence >= size:
        young = (
            "is not signed yet: try again in a few seconds" if sequence < len(leaves) else "does not exist"
        )
        raise NoProof(f"line {sequence} of {proving.origin} {young}; {size} lines are signed")
    path = inclusion_proof(leaves[:size], sequence)
    return InclusionProof(
        proving.origin, sequence, size, _text(entry), tuple(map(_text, path)), proving.newest
    )


def prove_growth(bootstrap: str, trust: Trust, partition: int) -> list[GrowthProof]:
    """For each known checkpoint of a partition the proof that the log has only grown since.

    Raises Broken where it has not, or KafkaProblem.
    """
    proving = Proving(trust.origin(partition), trust.keys)
    hold_to_known(proving, trust)
    leaves = [record.leaf_hash for record in _proven(bootstrap, partition, proving)][: proving.proven]
    proofs = []
    for old in trust.known.get(proving.origin, ()):
        path = consistency_proof(leaves, open_note(old, trust.keys).size)
        proofs.append(GrowthProof(proving.origin, old, proving.newest, tuple(map(_text, path))))
    return proofs


def _proven(bootstrap: str, partition: int, proving: Proving) -> Iterator[AuditRecord]:
    """The lines of a partition; all that is signed has been held against them once they are through."""
    for place, signed in signed_notes(bootstrap, partition):
        proving.checkpoint(place, signed)
    for line in lines_of(bootstrap, partition):
        record = line.record
        place = f"audit/{partition} at offset {line.offset}"
        proving.line(place, record.sequence, record.entry, record.leaf_hash)
        yield record
    proving.finish()


def _decision_of(record: AuditRecord) -> str:
    try:
        entry = decode("audit-entries", record.entry)
    except Undecodable:
        return ""
    return entry.decision_id if isinstance(entry, AuditEntry) else ""


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
