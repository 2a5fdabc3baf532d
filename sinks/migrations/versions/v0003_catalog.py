"""Every version of the service catalog, and the names that a change may be known by."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both; the topic of the catalog is read from its beginning again, so that the table has it whole."""
    op.create_table(
        "catalog_entries",
        sa.Column("tenant", sa.String(200), nullable=False, primary_key=True),
        sa.Column("entry_id", sa.String(200), nullable=False, primary_key=True),
        sa.Column("entity", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        *(sa.Column("kind", sa.Text, nullable=False), sa.Column("name", sa.Text, nullable=False)),
        sa.Column("owner", sa.Text),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("catalog_entries_by_time", "catalog_entries", ["tenant", "since"])
    op.add_column("changes", sa.Column("names", sa.Text, nullable=False, server_default=""))
    op.execute("DELETE FROM sink_offsets WHERE topic = 'catalog'")


def downgrade() -> None:
    """Steps go forward only."""
    raise NotImplementedError("an older version of the tables is restored from a copy")
