"""Owns the pictures of the page in README.md, and taking them anew: `python -m docs.screenshots`, or `make pictures`.

They show the recorded incident of examples/checkout as a real local system took it in through its gateway, up to the
moment at which an action has been proposed and people look. Every look is at a fixed size, in a real Chromium.
Goes to: docs/images.
"""

import itertools
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser, Page, expect

from cli.home_tokens import REPLAY, login_link, token_of
from cli.replay import come_through
from cli.system import system
from docs.browser import chromium, program
from docs.readme_blocks import EXAMPLE
from local.home import Home, home_of
from local.status import Status
from schemas.settings import Settings
from schemas.times import parse_time
from sources.recording import Delivery, Tick, deliveries, script
from sources.sender import Target, send

IMAGES: Final = Path(__file__).resolve().parent / "images"
_TENANT: Final = "replay-evening"
_UNTIL: Final = parse_time("2026-11-17T18:58:30Z")
"""The suspect has settled, its revert is proposed, and nothing has been undone yet."""
_SEEN_MS: Final = 60_000


@dataclass(frozen=True)
class Picture:
    """One picture: its file, what is looked at, and how; `section` stands at the top of it."""

    name: str
    path: str
    width: int
    height: int
    scheme: Literal["light", "dark"]
    section: str = ""


PICTURES: Final = (
    Picture("list.png", f"/?tenant={_TENANT}", 1000, 600, "light"),
    Picture("incident.png", "", 1000, 1165, "light"),
    Picture("incident-phone.png", "", 390, 900, "dark", "Blast radius"),
    Picture("changes.png", "/changes?replays=1", 1000, 900, "dark"),
)


def main(folder: Path = IMAGES) -> int:
    """Take every picture into a folder; the exit code."""
    browser = program()
    if browser is None:
        sys.stderr.write("error: there is no Chromium; on Debian: apt-get install chromium\n")
        return 1
    with tempfile.TemporaryDirectory(prefix="pictures-") as scratch:
        home = home_of(Path(scratch) / "home")
        with system(home, Settings(), workers=1) as here, chromium(browser) as opened:
            take(opened, home, here.status(), folder)
    return 0


def take(browser: Browser, home: Home, status: Status, folder: Path) -> None:
    """Send the evening to a system that runs, and take every picture of its page into a folder."""
    send(_evening(), Target(status.gateway, _TENANT, token_of(home, REPLAY)))
    come_through(status.bootstrap)
    context = browser.new_context()
    page = context.new_page()
    page.goto(login_link(home, status.page, f"/?tenant={_TENANT}"))
    incident = _incident(page)
    for picture in PICTURES:
        _look(page, picture, f"{status.page}{picture.path or incident}")
        page.screenshot(path=folder / picture.name)
    context.close()


def _evening() -> Iterator[Delivery | Tick]:
    """The recording, as far as it is shown."""
    steps = script(deliveries(EXAMPLE / "events.jsonl"), EXAMPLE / "catalog.yaml")
    return itertools.takewhile(lambda step: _at(step) <= _UNTIL, steps)


def _at(step: Delivery | Tick) -> int:
    return step.received_at if isinstance(step, Delivery) else step.at


def _look(page: Page, picture: Picture, address: str) -> None:
    page.set_viewport_size({"width": picture.width, "height": picture.height})
    page.emulate_media(color_scheme=picture.scheme, reduced_motion="reduce")
    page.goto(address)
    if picture.path.startswith("/?"):
        expect(page.locator("#live")).to_have_text("live")
    if picture.section:
        page.get_by_role("heading", name=picture.section).evaluate("heading => heading.scrollIntoView()")


def _incident(page: Page) -> str:
    """The address of the incident with the proposal, once the tables hold it as it is shown."""
    row = page.locator(".row", has_text="payments and 3 more services")
    expect(row).to_contain_text("settled", timeout=_SEEN_MS)
    expect(row).to_contain_text("5 alerts", timeout=_SEEN_MS)
    return row.get_by_role("link").get_attribute("href") or ""


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
