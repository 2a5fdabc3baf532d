"""What people say about incidents, and the indexes by which old rows are found."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_INDEXES = (
    ("changes_by_original", "changes", ("content_hash",)),
    ("evidence_by_original", "evidence", ("original_hash",)),
    ("packets_by_storing", "packets", ("stored_at",)),
    ("dead_letters_by_time", "dead_letters", ("received_at",)),
)


def upgrade() -> None:
    """Make the table and the indexes."""
    op.create_table(
        "feedback",
        sa.Column("tenant", sa.String(200), nullable=False, primary_key=True),
        sa.Column("feedback_id", sa.String(200), nullable=False, primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("candidate_id", sa.String(200), nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("via", sa.String(40), nullable=False),
        sa.Column("given_at", sa.BigInteger, nullable=False),
        *(sa.Column("source_ref", sa.Text), sa.Column("into", sa.String(200))),
        *(sa.Column("team", sa.Text), sa.Column("cause", sa.Text), sa.Column("undoes", sa.String(200))),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("feedback_by_candidate", "feedback", ["tenant", "candidate_id"])
    for name, table, columns in _INDEXES:
        op.create_index(name, table, list(columns))


def downgrade() -> None:
    """Steps go forward only."""
    raise NotImplementedError("an older version of the tables is restored from a copy")
