"""Owns pages in a real Chromium that somebody has logged in to.

Goes to: the tests of the page that need a browser.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from tests.sinks.page.site import TOKENS, Site

MISSING: Final = "no browser is here"
"""The reason of the skip where the machine has none."""
PHONE: Final = ViewportSize(width=390, height=844)
DESK: Final = ViewportSize(width=1280, height=900)


Scheme = Literal["light", "dark"]


@contextmanager
def page_of(
    browser: Browser, site: Site, size: ViewportSize = DESK, scheme: Scheme = "light"
) -> Iterator[Page]:
    """A page that logged in by its link; an error in its scripts, or a file that was refused, fails the test."""
    wrong: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)

    with reading(browser, site, size, scheme, watch) as page:
        yield page
    assert [] == wrong


@contextmanager
def reading(
    browser: Browser,
    site: Site,
    size: ViewportSize = DESK,
    scheme: Scheme = "light",
    watch: Callable[[Page], None] = lambda _: None,
) -> Iterator[Page]:
    """A page that logged in by its link, of which a problem may be expected."""
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    watch(page)
    try:
        page.goto(f"{site.url}/login#{TOKENS['all']}")
        page.wait_for_url(f"{site.url}/")
        yield page
    finally:
        context.close()


def serious(page: Page) -> dict[str, str]:
    """The rules of axe-core that a page breaks in earnest, each with a place where."""
    found = Axe().run(page).response["violations"]
    return {
        each["id"]: each["nodes"][0]["html"] for each in found if each["impact"] in {"serious", "critical"}
    }
