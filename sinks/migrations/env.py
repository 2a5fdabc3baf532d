"""Owns how Alembic runs here: on a connection that is handed in, with a table of our own for the version."""

from alembic import context

from sinks.feedback_table import FEEDBACK

VERSION_TABLE = "incidents_schema"

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=FEEDBACK.metadata,
    version_table=VERSION_TABLE,
    # The transaction is the caller's: all steps are carried out, or none.
    transactional_ddl=False,
    transaction_per_migration=False,
)
context.run_migrations()
