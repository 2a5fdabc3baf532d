"""Owns what a packet becomes in the tables: itself, its claims with proofs, its evidence with originals.

Pure: what stands at each cited position is handed in. Goes to: the batch that `sinks.store` writes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import orjson

from schemas.claims import Evidence
from schemas.packets import Packet
from sinks.proof import unproven
from sinks.rows import Row, Values, clean, cleaned
from sinks.tables import CLAIMS, EVIDENCE, ORIGINALS, PACKETS
from wire.reader import Place

_REMEMBERED: Final = 10_000
"""Claims whose check is remembered; they share the originals that `sinks.originals` has at hand."""


@dataclass(frozen=True)
class Original:
    """The redacted original that stands at a position, and what it hashes to."""

    text: str
    content_hash: str


@dataclass(frozen=True)
class Missing:
    """Why there is no original at a position: trimmed, compacted, beyond_end, no_partition, undecodable."""

    why: str


class Resolved(NamedTuple):
    """What became of one piece of evidence: its original where there is one, and what is wrong otherwise."""

    original: str | None
    verified: bool
    missing: str


def place_of(evidence: Evidence) -> Place:
    """Where the original of a piece of evidence is."""
    return Place(evidence.topic, evidence.partition, evidence.offset)


def resolve(
    evidence: Evidence, held: Mapping[Place, Original | Missing], kept: Mapping[str, str]
) -> Resolved:
    """The original by its position, else the copy that was kept under its hash, else why there is none.

    An original with another hash is not handed out: it is not what was cited.
    """
    there = held.get(place_of(evidence), Missing("not_read"))
    if isinstance(there, Original) and there.content_hash == evidence.content_hash:
        return Resolved(there.text, verified=True, missing="")
    why = there.why if isinstance(there, Missing) else f"different: {there.content_hash}"
    copy = kept.get(evidence.content_hash)
    return Resolved(copy, verified=copy is not None, missing=why)


def packet_rows(packet: Packet, resolved: Mapping[str, Resolved], stored_at: int) -> Iterator[Row]:
    """All rows of one packet; `resolved` has every evidence id, `stored_at` is the time of storing."""
    revision = packet.candidate.revision
    identity = {
        "tenant": packet.candidate.tenant,
        "candidate_id": packet.candidate.candidate_id,
        "revision_id": revision.revision_id,
    }
    yield Row(
        PACKETS,
        identity
        | {
            "revision": revision.number,
            "signals_offset": revision.offset,
            "cut_at": revision.at,
            "stored_at": stored_at,
            "body": packet.model_dump_json(),
        },
    )
    yield from _claim_rows(packet, identity, resolved)
    for evidence in packet.evidence:
        yield from _evidence_rows(evidence, identity, resolved[evidence.id])


def _claim_rows(packet: Packet, identity: Values, resolved: Mapping[str, Resolved]) -> Iterator[Row]:
    for number, claim in enumerate(packet.claims()):
        cited = [resolved[evidence] for evidence in claim.evidence]
        originals = tuple(answer.original for answer in cited if answer.original is not None)
        absent = _unproven(claim.values, originals)
        yield Row(
            CLAIMS,
            identity
            | {
                "number": number,
                "text": clean(claim.text),
                "claimed": orjson.dumps(claim.values).decode(),
                "evidence": orjson.dumps(claim.evidence).decode(),
                "proven": not absent and all(answer.verified for answer in cited),
                "unproven": orjson.dumps(absent).decode(),
            },
        )


@lru_cache(_REMEMBERED)
def _unproven(values: tuple[str, ...], originals: tuple[str, ...]) -> tuple[str, ...]:
    """Each revision of a candidate states nearly all that the last one did."""
    return unproven(values, originals)


def _evidence_rows(evidence: Evidence, identity: Values, answer: Resolved) -> Iterator[Row]:
    if answer.original is not None:
        copy = {"content_hash": evidence.content_hash, "original": clean(answer.original)}
        yield Row(ORIGINALS, copy)
    columns = cleaned(vars(evidence))
    columns["evidence_id"] = columns.pop("id")
    answered = {
        "verified": answer.verified,
        "missing": answer.missing,
        "original_hash": None if answer.original is None else evidence.content_hash,
    }
    yield Row(EVIDENCE, {**identity, **columns, **answered})
