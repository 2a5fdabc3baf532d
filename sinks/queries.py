"""Owns reading the tables: candidates, packets with their proofs, time lines, evidence with its original.

May not: write, print. Goes to: the reading commands and the page. Replay tenants are left out of lists
unless asked for; by name everything is found.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, desc, or_, select, true

from schemas.packets import Candidate, Packet
from schemas.settings import REPLAY_PREFIX, is_replay
from sinks.tables import CANDIDATE_REVISIONS, CANDIDATES, CLAIMS, EVIDENCE, ORIGINALS, PACKETS

_PREFIX: Final = "INC-"
_NEAR: Final = 1_000
"""How many of the latest candidates are looked at for names like a mistyped one."""
_OTHER_KIND: Final = re.compile(r"[eq]\d+|P-\w+", re.IGNORECASE)
"""How evidence and proposals are named."""
_SHORTEST: Final = 6
"""Characters of a full id from which on it may be cut short."""


class NotFound(LookupError):
    """There is no such thing in the tables, or more than one. The text is one line for a person.

    `plain` is the same without what only helps in a terminal.
    """

    def __init__(self, plain: str, in_terminal: str = "") -> None:
        """`in_terminal`: a command or an option that helps there."""
        super().__init__(plain + in_terminal)
        self.plain = plain


@dataclass(frozen=True)
class Shown:
    """A packet as stored, and the numbers of its claims whose values are not in the stored originals."""

    packet: Packet
    unproven: frozenset[int]


@dataclass(frozen=True)
class Event:
    """One line of a time line; `at` in microseconds since 1970."""

    at: int
    kind: str
    text: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class StoredEvidence:
    """One piece of evidence: where it is, what it hashes to, and its redacted original where there is one."""

    evidence_id: str
    kind: str
    source_ref: str
    topic: str
    partition: int
    offset: int
    content_hash: str
    at: int
    link: str | None
    verified: bool
    missing: str
    original: str | None


def candidates(
    connection: Connection, *, replays: bool = False, merged: bool = False, limit: int = 50
) -> list[Candidate]:
    """The latest revision of each candidate, latest onset first; merged ones and replays only when asked for."""
    query = select(CANDIDATES.c.body).order_by(desc(CANDIDATES.c.opened_at), CANDIDATES.c.candidate_id)
    if not replays:
        query = query.where(CANDIDATES.c.tenant.not_like(f"{REPLAY_PREFIX}%"))
    if not merged:
        query = query.where(CANDIDATES.c.state != "merged")
    return _candidates(connection, query.limit(limit))


def find(
    connection: Connection,
    name: str,
    tenant: str | None = None,
    within: ColumnElement[bool] | None = None,
) -> Candidate:
    """The candidate that a person means: INC-7F3KQ2, 7f3kq2, or the beginning of the full id.

    A replay names its candidates as the recorded tenant did: without `tenant` the lived one is meant. `within`:
    the candidates that the asker may know of. Raises NotFound with near matches, or with what tells those apart
    that fit.
    """
    allowed = true() if within is None else within
    found = _candidates(connection, _named(name, tenant).where(allowed))
    lived = [one for one in found if not is_replay(one.tenant)]
    found = lived or found
    if not found:
        raise NotFound(*_elsewhere(connection, name, tenant, allowed) or _unnamed(connection, name, allowed))
    if len(found) > 1:
        raise NotFound(f"{name!r} names {len(found)} candidates", _apart(found))
    return found[0]


def _apart(found: list[Candidate]) -> str:
    """How to say which of several is meant."""
    identities = dict.fromkeys(one.candidate_id for one in found[:5])
    if len(identities) > 1:
        return f"; give one of the full ids: {', '.join(identities)}"
    return f"; add --tenant with one of: {', '.join(one.tenant for one in found[:5])}"


def followed(connection: Connection, candidate: Candidate) -> Candidate:
    """The candidate itself, or the one that it has become part of in the end."""
    seen = {candidate.candidate_id}
    while candidate.merged_into and candidate.merged_into not in seen:
        seen.add(candidate.merged_into)
        into = and_(
            CANDIDATES.c.tenant == candidate.tenant, CANDIDATES.c.candidate_id == candidate.merged_into
        )
        body = connection.execute(select(CANDIDATES.c.body).where(into)).scalar()
        if body is None:
            break
        candidate = Candidate.model_validate_json(body)
    return candidate


def packet(connection: Connection, candidate: Candidate) -> Shown | None:
    """The latest packet of a candidate with what of it is not proven; None where none is stored yet."""
    ours = and_(PACKETS.c.tenant == candidate.tenant, PACKETS.c.candidate_id == candidate.candidate_id)
    latest = select(PACKETS.c.body, PACKETS.c.revision_id).where(ours)
    order = (desc(PACKETS.c.revision), desc(PACKETS.c.signals_offset), desc(PACKETS.c.revision_id))
    row = connection.execute(latest.order_by(*order).limit(1)).first()
    if row is None:
        return None
    doubted = select(CLAIMS.c.number).where(
        CLAIMS.c.tenant == candidate.tenant,
        CLAIMS.c.candidate_id == candidate.candidate_id,
        CLAIMS.c.revision_id == row.revision_id,
        CLAIMS.c.proven.is_(False),
    )
    return Shown(Packet.model_validate_json(row.body), frozenset(connection.execute(doubted).scalars()))


def timeline(connection: Connection, candidate: Candidate) -> list[Event]:
    """Everything that is known to have happened, and every revision, in order of time."""
    shown = packet(connection, candidate)
    happened = [(event.at, event) for event in (moments(shown.packet) if shown else ())]
    placed = 0
    for event in revisions(connection, candidate):  # what settles is of the moment before what is new in it
        placed = max(placed, event.at)
        happened.append((placed, event))
    return [event for _, event in sorted(happened, key=lambda each: each[0])]


def moments(shown: Packet) -> list[Event]:
    """What a packet says has happened, without its revisions, in order of time."""
    told = (Event(m.at, m.kind, m.text, m.evidence) for m in shown.timeline if m.kind != "packet")
    return sorted(told, key=lambda event: event.at)


def evidence(connection: Connection, candidate: Candidate, evidence_id: str) -> StoredEvidence:
    """A piece of evidence as the latest revision cites it. Raises NotFound, naming what there is."""
    ours = and_(EVIDENCE.c.tenant == candidate.tenant, EVIDENCE.c.candidate_id == candidate.candidate_id)
    query = (
        select(EVIDENCE, ORIGINALS.c.original)
        .join_from(EVIDENCE, ORIGINALS, EVIDENCE.c.original_hash == ORIGINALS.c.content_hash, isouter=True)
        .join(PACKETS, _same_revision())
        .where(ours, EVIDENCE.c.evidence_id == evidence_id.lower())
        .order_by(desc(PACKETS.c.revision), desc(PACKETS.c.signals_offset))
    )
    row = connection.execute(query.limit(1)).first()
    if row is None:
        known = sorted(
            set(connection.execute(select(EVIDENCE.c.evidence_id).where(ours)).scalars()), key=_natural
        )
        there = f"it has {known[0]} to {known[-1]}" if known else "no packet of it is stored yet"
        raise NotFound(f"{candidate.short_id} has no evidence {evidence_id!r}: {there}")
    return _stored(row)


def _candidates(connection: Connection, query: Select[Any]) -> list[Candidate]:
    return [Candidate.model_validate_json(body) for body in connection.execute(query).scalars()]


def _named(name: str, tenant: str | None) -> Select[Any]:
    table, wanted = CANDIDATES, name.strip()
    short = wanted.upper()
    ways = [table.c.short_id.in_([short, _PREFIX + short]), table.c.candidate_id == wanted.lower()]
    if len(wanted) >= _SHORTEST and wanted.lower().startswith("c-"):
        ways.append(table.c.candidate_id.startswith(wanted.lower(), autoescape=True))
    query = select(table.c.body).where(or_(*ways))
    query = query if tenant is None else query.where(table.c.tenant == tenant)
    return query.order_by(table.c.candidate_id, table.c.tenant).limit(20)


def _elsewhere(
    connection: Connection, name: str, tenant: str | None, allowed: ColumnElement[bool]
) -> tuple[str, ...]:
    """Where another tenant has the name, or it is of another kind; nothing else."""
    said = f"no candidate is named {name!r}"
    if tenant is not None:
        others = _candidates(connection, _named(name, None).where(allowed))
        if others:
            there = ", ".join(dict.fromkeys(one.tenant for one in others[:5]))
            return (f"no candidate of tenant {tenant!r} is named {name!r}; one of {there} is",)
    if _OTHER_KIND.fullmatch(name.strip()):
        return (f"{said}: that is a part of one; name the INC-... in whose packet it stands",)
    return ()


def _unnamed(connection: Connection, name: str, allowed: ColumnElement[bool]) -> tuple[str, str]:
    """That nobody has this name, with names near it; and what helps in a terminal."""
    said = f"no candidate is named {name!r}"
    latest = select(CANDIDATES.c.short_id).where(allowed).order_by(desc(CANDIDATES.c.opened_at)).limit(_NEAR)
    known = list(connection.execute(latest).scalars())
    wanted = name.strip().upper()
    wanted = wanted if wanted.startswith(_PREFIX) else _PREFIX + wanted
    near = get_close_matches(wanted, known, n=3, cutoff=0.7)
    if near:
        return f"{said}; near it: {', '.join(near)}", ""
    if known:
        return said, "; `incidents list` shows what there is"
    return f"{said}; there are no candidates yet", ""


def revisions(connection: Connection, candidate: Candidate) -> list[Event]:
    """Each revision as an event, in their order: which it is, and what was new in it."""
    table = CANDIDATE_REVISIONS
    same = and_(
        PACKETS.c.tenant == table.c.tenant,
        PACKETS.c.candidate_id == table.c.candidate_id,
        PACKETS.c.revision_id == table.c.revision_id,
    )
    query = (
        select(table.c.revision, table.c.cut_at, table.c.state, table.c.phase, PACKETS.c.body)
        .join_from(table, PACKETS, same, isouter=True)
        .where(table.c.tenant == candidate.tenant, table.c.candidate_id == candidate.candidate_id)
        .order_by(table.c.revision, table.c.signals_offset)
    )
    return [
        _revision(row.body, row.revision, row.cut_at, row.state, row.phase)
        for row in connection.execute(query)
    ]


def _revision(body: str | None, number: int, cut_at: int, state: str, phase: str) -> Event:
    news = orjson.loads(body)["whats_new"] if body else ()
    words = news or (state if state == "merged" else phase,)
    return Event(cut_at, "packet", f"revision {number}: {'; '.join(words)}")


def _same_revision() -> ColumnElement[bool]:
    return and_(
        PACKETS.c.tenant == EVIDENCE.c.tenant,
        PACKETS.c.candidate_id == EVIDENCE.c.candidate_id,
        PACKETS.c.revision_id == EVIDENCE.c.revision_id,
    )


def _stored(row: Row[Any]) -> StoredEvidence:
    values = row._asdict()
    return StoredEvidence(**{name: values[name] for name in StoredEvidence.__dataclass_fields__})


def _natural(evidence_id: str) -> tuple[int, str]:
    digits = "".join(filter(str.isdecimal, evidence_id))
    return int(digits or 0), evidence_id
