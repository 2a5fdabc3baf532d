"""Owns what a message becomes in the tables: one pure function a message.

May not: read a clock, a database or Kafka. Goes to: the batch that `sinks.store` writes.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Table

from schemas.audit import AuditEntry, AuditRecord, DeadLetter
from schemas.codec import Undecodable, decode
from schemas.events import Change, Entity
from schemas.feedback import Feedback
from schemas.identity import content_hash, digest
from schemas.packets import Candidate, Member, Proposal
from schemas.times import LATEST
from sinks.catalog_table import CATALOG_ENTRIES
from sinks.feedback_table import FEEDBACK
from sinks.tables import AUDIT, CANDIDATE_REVISIONS, CHANGES, DEAD_LETTERS, MEMBERS, ORIGINALS, PROPOSALS
from streams.evidence import original_text
from streams.redact import redact
from wire.reader import Place

Values = dict[str, Any]
"""Values of a row by column."""
_KEPT_BYTES: Final = 65_536
_NUL: Final = "\x00"


class Row(NamedTuple):
    """One row for one table; the first content of an identity is kept."""

    table: Table
    values: Values


def candidate_row(candidate: Candidate) -> Row:
    """A revision of a candidate. The sink shows the latest of them in `candidates`."""
    revision, suspects = candidate.revision, candidate.suspects
    return _row(
        CANDIDATE_REVISIONS,
        tenant=candidate.tenant,
        candidate_id=candidate.candidate_id,
        revision_id=revision.revision_id,
        revision=revision.number,
        environment=candidate.environment,
        short_id=candidate.short_id,
        phase=candidate.phase,
        state=candidate.state,
        title=candidate.title,
        severity=candidate.severity,
        opened_at=candidate.opened_at,
        last_activity_at=candidate.last_activity_at,
        alerts=len(candidate.members),
        repeats=candidate.repeats,
        owner=candidate.owner,
        top_suspect=suspects[0].source_ref if suspects else None,
        merged_into=candidate.merged_into,
        continues=candidate.continues,
        signals_partition=revision.partition,
        signals_offset=revision.offset,
        build=revision.build,
        settings_hash=revision.settings_hash,
        cut_at=revision.at,
        body=candidate.model_dump_json(),
    )


def member_row(candidate: Candidate, member: Member) -> Row:
    """An alert of a candidate at its latest revision."""
    return _row(
        MEMBERS,
        tenant=candidate.tenant,
        candidate_id=candidate.candidate_id,
        member_id=digest("member", member.fingerprint, member.starts_at),
        **vars(member),
    )


def proposal_row(proposal: Proposal) -> Row:
    """A proposed action, with its whole text."""
    columns = proposal.model_dump(exclude={"why"})
    return _row(PROPOSALS, **columns, body=proposal.model_dump_json())


def change_rows(tenant: str, place: Place, change: Change) -> Iterator[Row]:
    """A change as published, redacted like its original, and the original itself."""
    original = original_text(change)
    hashed = content_hash(original.encode())
    yield Row(ORIGINALS, {"content_hash": hashed, "original": clean(original)})
    columns: Any = redact(change.model_dump(exclude={"original", "references", "notified_at"}))
    names = orjson.dumps(redact(list(change.references))).decode()
    identity = digest("change", change.source_ref, change.status, change.effective_at)
    where = place._asdict()
    yield _row(
        CHANGES, tenant=tenant, change_id=identity, **columns, **where, names=names, content_hash=hashed
    )


def entity_rows(tenant: str, since: int, entity: Entity) -> Iterator[Row]:
    """A version of a catalog entry and its original, both kept, since the topic keeps only the newest of a key."""
    original = original_text(entity)
    hashed = content_hash(original.encode())
    yield _row(ORIGINALS, content_hash=hashed, original=original)
    facts: Any = redact(entity.model_dump(mode="json", exclude={"original"}))
    columns = {name: facts[name] for name in ("entity", "kind", "name", "owner", "deleted")}
    identity = digest("catalog", entity.entity, since, hashed)
    body = orjson.dumps(facts).decode()
    yield _row(CATALOG_ENTRIES, tenant=tenant, entry_id=identity, since=since, **columns, body=body)


def feedback_row(tenant: str, feedback: Feedback) -> Row:
    """What a person said, redacted like everything that others write."""
    said: Any = redact(feedback.model_dump())
    columns = {name: value for name, value in said.items() if name not in {"alerts", "kept"}}
    return _row(FEEDBACK, tenant=tenant, **columns, body=Feedback.model_validate(said).model_dump_json())


def audit_row(partition: int, record: AuditRecord) -> Row:
    """A line of the audit log; an entry that cannot be decoded stands there with its bytes alone."""
    source = record.position
    return _row(
        AUDIT,
        partition=partition,
        sequence=record.sequence,
        leaf_hash=record.leaf_hash,
        entry=record.entry,
        source_topic=source.topic,
        source_partition=source.partition,
        source_offset=source.offset,
        source_index=source.index,
        **_entry_columns(record.entry),
    )


def letter_row(letter: DeadLetter) -> Row:
    """What could not be understood."""
    return _row(DEAD_LETTERS, **letter.model_dump(exclude={"path", "headers", "delivery"}))


def unreadable_row(place: Place, value: bytes | None, wrong: Undecodable, at: int) -> Row:
    """One of our own records that could not be decoded: it is named and kept, and the sink goes on."""
    content = value or b""
    letter = DeadLetter(
        letter_id="d-" + digest("sink", *place),
        tenant="",
        source="sink",
        reason=wrong.reason,
        detail=str(wrong),
        topic=place.topic,
        partition=place.partition,
        offset=place.offset,
        received_at=min(at, LATEST),
        original=content[:_KEPT_BYTES],
        original_hash=content_hash(content),
        original_size=len(content),
        restricted=True,
    )
    return letter_row(letter)


def clean(value: Any) -> Any:  # noqa: ANN401 - a column's value
    """The value as every database takes it: Postgres refuses the character NUL in texts."""
    return value.replace(_NUL, "\ufffd") if isinstance(value, str) and _NUL in value else value


def cleaned(values: Mapping[str, Any]) -> Values:
    """All values as every database takes them."""
    foreign = [name for name, value in values.items() if isinstance(value, str) and _NUL in value]
    return {**values, **{name: clean(values[name]) for name in foreign}}


def _row(table: Table, **values: Any) -> Row:  # noqa: ANN401 - columns of every type
    return Row(table, cleaned(values))


def _entry_columns(data: bytes) -> Mapping[str, Any]:
    try:
        entry = decode("audit-entries", data)
    except Undecodable:
        return {}
    if not isinstance(entry, AuditEntry):
        return {}
    columns = entry.model_dump(include={"decision_id", "tenant", "subject", "decision", "actor", "at"})
    return columns | {"details": orjson.dumps(entry.details).decode()}
