"""The pictures of README.md: what takes them anew works, and the committed ones are of the same sizes, and small."""

import re
import struct
from pathlib import Path

import pytest

from docs.browser import chromium, program
from docs.screenshots import IMAGES, PICTURES, take
from local.home import Home
from tests.docs.pages import ROOT
from tests.endtoend.whole import Whole
from tests.sinks.page.browser import MISSING

_MOST_BYTES = 200_000


def _size(picture: Path) -> tuple[int, int]:
    """Width and height of a PNG."""
    width, height = struct.unpack(">II", picture.read_bytes()[16:24])
    return width, height


def test_the_pictures_are_taken_anew_from_a_system_that_runs(whole: Whole, tmp_path: Path) -> None:
    """Every one of them, in the size in which it is committed."""
    browser = program()
    if browser is None:
        pytest.skip(MISSING)
    with chromium(browser) as opened:
        take(opened, Home(whole.home), whole.status, tmp_path)
    sizes = {picture.name: (picture.width, picture.height) for picture in PICTURES}
    for folder in (tmp_path, IMAGES):
        assert sizes == {file.name: _size(file) for file in folder.glob("*.png")}


def test_the_readme_shows_each_of_them_and_none_is_large() -> None:
    """What is committed should be looked at."""
    shown = set(re.findall(r"docs/images/([\w-]+\.png)", (ROOT / "README.md").read_text("utf-8")))
    assert {picture.name for picture in PICTURES} == shown
    assert [] == [file.name for file in IMAGES.iterdir() if file.stat().st_size > _MOST_BYTES]
