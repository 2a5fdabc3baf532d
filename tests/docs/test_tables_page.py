"""The page of the tables names every table, and says of each column what it means."""

from docs.tables_page import tables_page
from sinks.tables import METADATA


def test_every_table_is_there() -> None:
    """A table that is added should be on the page."""
    page = tables_page()
    assert [] == [name for name in METADATA.tables if f"**`{name}`**" not in page]


def test_every_column_has_its_meaning() -> None:
    """A column without one should be told of here, by whoever adds it."""
    assert [] == [line for line in tables_page().splitlines() if line.endswith("|  |")]
