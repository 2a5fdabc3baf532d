"""The pages that are made from the code: the committed ones are current."""

from pathlib import Path

import pytest

from docs.generate import PAGES, README, ROOT
from docs.readme_blocks import example_packet, with_block

_PLACE = "<!-- packet: made by `make docs` -->\nold\n<!-- end of packet -->"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_made_page_is_current(page: Path) -> None:
    """The committed page should be what `make docs` writes."""
    assert PAGES[page]() == page.read_text("utf-8"), "run `make docs`"


def test_the_readmes_packet_is_what_the_pipeline_prints() -> None:
    """The packet shown should be the recorded incident's, with its suspect settled and its action proposed."""
    packet = example_packet()
    assert f"```text\n{packet}```" in README.read_text("utf-8")
    assert " · settled" in packet.splitlines()[0]
    assert "revert flag/instant-capture to off" in packet


def test_a_made_part_goes_between_its_marks_and_changes_nothing_else() -> None:
    """What stands before and after should stay, and what stood between should go."""
    page = with_block(f"before\n{_PLACE}\nafter\n", "packet", "new")
    assert page == f"before\n{_PLACE.replace('old', 'new')}\nafter\n"


@pytest.mark.parametrize("page", ["no place\n", f"{_PLACE}\n{_PLACE}\n"])
def test_a_page_without_exactly_one_place_is_refused(page: str) -> None:
    """A part that would be put nowhere, or twice, should be told."""
    with pytest.raises(ValueError, match="one place"):
        with_block(page, "packet", "new")
