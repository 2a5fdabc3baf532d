"""docs/topics.md: the committed page is the one that the catalogue makes."""

from pathlib import Path

from schemas.topics import TOPICS
from schemas.topics_page import topics_page

PAGE = Path(__file__).parents[2] / "docs" / "topics.md"


def test_the_committed_page_is_current() -> None:
    """The page should be what `python -m schemas.topics_page` prints."""
    assert topics_page() == PAGE.read_text("utf-8")


def test_every_topic_has_a_section() -> None:
    """Each topic should be found under its own heading, with its schema and its example."""
    page = topics_page()
    for name, topic in TOPICS.items():
        assert f"\n## {name}\n" in page
        assert f"../schemas/avro/{name}.v{topic.version}.avsc" in page
