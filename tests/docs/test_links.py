"""What the pages point at: files, headings, folders and tests that are there."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, README, ROOT

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/.]+)`")
_PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"]
ARCHITECTURE = ROOT / "docs" / "architecture.md"


def _slug(heading: str) -> str:
    """The anchor that a heading gets: lower case, punctuation left out, blanks as dashes."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _anchors(page: Path) -> set[str]:
    return {_slug(heading) for heading in _HEADING.findall(page.read_text("utf-8"))}


@pytest.mark.parametrize("name", PAGES)
def test_a_link_leads_somewhere(name: str) -> None:
    """Each link within the project should have its file, and its heading."""
    page = PAGES[name]
    broken = [link for link in _LINK.findall(page.read_text("utf-8")) if not _leads_somewhere(link, page)]
    assert [] == broken


def _leads_somewhere(link: str, page: Path) -> bool:
    if "://" in link:
        return True
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    return target.exists() and (not anchor or anchor in _anchors(target))


@pytest.mark.parametrize("page", [README, ARCHITECTURE], ids=lambda page: page.name)
def test_the_table_of_folders_is_whole_and_in_order(page: Path) -> None:
    """Each package should have its row, in the order of pyproject.toml, which is that of the data."""
    rows = re.findall(r"^\| `(\w+)/` \|", page.read_text("utf-8"), re.MULTILINE)
    assert [package for package in _PACKAGES if "." not in package] == rows


@pytest.mark.parametrize("name", PAGES)
def test_a_test_that_a_page_names_is_there(name: str) -> None:
    """A rule that is said to be proven should have its proof."""
    named = _TEST.findall(PAGES[name].read_text("utf-8"))
    missing = [path for path in named if not (ROOT / path).exists()]
    assert [] == missing
