"""The tables as they were before there were migrations. A database that has them is taken to be here."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    _candidates()
    _packets()
    _changes()
    _records()


def downgrade() -> None:
    """There is nothing before."""
    raise NotImplementedError("an older version of the tables is restored from a copy")


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(200), nullable=False, primary_key=True)


def _number(name: str, kind: type[sa.Integer] = sa.Integer, **more: Any) -> sa.Column[int]:  # noqa: ANN401
    return sa.Column(name, kind, **{"nullable": False, **more})


def _at(name: str = "at") -> sa.Column[int]:
    return _number(name, sa.BigInteger)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _maybe(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text) for name in names]


def _shown() -> list[sa.Column[Any]]:
    return [
        _number("revision"),
        *_texts("environment"),
        sa.Column("short_id", sa.String(40), nullable=False),
        *_texts("phase", "state", "title", "severity"),
        _at("opened_at"),
        _at("last_activity_at"),
        _number("alerts"),
        _number("repeats"),
        *_maybe("owner", "top_suspect", "merged_into", "continues"),
        _number("signals_partition"),
        _at("signals_offset"),
        *_texts("build", "settings_hash"),
        _at("cut_at"),
        *_texts("body"),
    ]


def _candidates() -> None:
    names = ("tenant", "candidate_id", "revision_id")
    op.create_table("candidate_revisions", *map(_key, names), *_shown())
    identity = [_key("tenant"), _key("candidate_id")]
    op.create_table(
        "candidates", *identity, sa.Column("revision_id", sa.String(200), nullable=False), *_shown()
    )
    op.create_index("candidates_by_short_id", "candidates", ["short_id"])
    op.create_index("candidates_by_time", "candidates", ["tenant", "opened_at"])
    op.create_table(
        "members",
        *map(_key, ("tenant", "candidate_id", "member_id")),
        *_texts("fingerprint"),
        _at("starts_at"),
        *_texts("name"),
        *_maybe("service"),
        *_texts("rule"),
        *_maybe("linked_to"),
        sa.Column("score", sa.Float, nullable=False),
    )


def _packets() -> None:
    names = ("tenant", "candidate_id", "revision_id")
    times = (_at("signals_offset"), _at("cut_at"), _at("stored_at"))
    op.create_table("packets", *map(_key, names), _number("revision"), *times, *_texts("body"))
    op.create_table(
        "claims",
        *map(_key, names),
        _number("number", primary_key=True, autoincrement=False),
        *_texts("text", "claimed", "evidence"),
        sa.Column("proven", sa.Boolean, nullable=False),
        *_texts("unproven"),
    )
    op.create_table(
        "evidence",
        *map(_key, names),
        sa.Column("evidence_id", sa.String(40), nullable=False, primary_key=True),
        *_texts("kind", "source_ref", "topic"),
        _number("partition"),
        _at("offset"),
        *_texts("content_hash"),
        _at(),
        *_maybe("link"),
        sa.Column("verified", sa.Boolean, nullable=False),
        *_texts("missing"),
        sa.Column("original_hash", sa.String(64)),
    )
    op.create_table("originals", _key("content_hash"), *_texts("original"))


def _changes() -> None:
    op.create_table(
        "changes",
        *map(_key, ("tenant", "change_id")),
        *_texts("source_ref", "status"),
        _at("effective_at"),
        *_texts("kind", "source", "target", "title"),
        *_maybe("service", "namespace", "environment", "before", "after", "actor"),
        sa.Column("suspectable", sa.Boolean, nullable=False),
        *_texts("verdict"),
        *_maybe("link"),
        *_texts("topic"),
        _number("partition"),
        _at("offset"),
        *_texts("content_hash"),
    )
    op.create_index("changes_by_time", "changes", ["tenant", "effective_at"])
    op.create_table(
        "proposals",
        *map(_key, ("tenant", "proposal_id")),
        sa.Column("candidate_id", sa.String(200), nullable=False),
        *_texts("environment", "action", "target", "tier"),
        *_maybe("to"),
        *_texts("rollback", "verification"),
        _at("proposed_at"),
        *_texts("body"),
    )


def _records() -> None:
    op.create_table(
        "sink_offsets",
        _key("topic"),
        _number("partition", primary_key=True, autoincrement=False),
        _at("next_offset"),
    )
    op.create_table(
        "audit",
        _number("partition", primary_key=True, autoincrement=False),
        _number("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("leaf_hash", sa.LargeBinary, nullable=False),
        sa.Column("entry", sa.LargeBinary, nullable=False),
        sa.Column("source_topic", sa.String(200), nullable=False),
        _number("source_partition"),
        _at("source_offset"),
        _number("source_index"),
        *_maybe("decision_id", "tenant", "subject", "decision", "actor"),
        sa.Column("at", sa.BigInteger),
        *_maybe("details"),
    )
    viewed = sa.text("decision = 'viewed'")
    op.create_index(
        "audit_views", "audit", ["tenant", "subject"], sqlite_where=viewed, postgresql_where=viewed
    )
    op.create_table(
        "dead_letters",
        _key("letter_id"),
        *_texts("tenant", "source", "reason", "detail"),
        *_maybe("topic"),
        sa.Column("partition", sa.Integer),
        sa.Column("offset", sa.BigInteger),
        _at("received_at"),
        sa.Column("original", sa.LargeBinary, nullable=False),
        *_texts("original_hash"),
        _at("original_size"),
        sa.Column("restricted", sa.Boolean, nullable=False),
    )
