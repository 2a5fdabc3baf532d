"""Owns a real Chromium, the machine's own, and pages in it that somebody has logged in to.

Goes to: the tests of the page that need a browser.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.sinks.page.site import TOKENS, Site

MISSING: Final = "no browser is here"
"""The reason of the skip where the machine has none."""
PHONE: Final = ViewportSize(width=390, height=844)
DESK: Final = ViewportSize(width=1280, height=900)
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_ALONE: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
"""Tests may run as root, and a browser that nobody has used asks nobody for anything."""


def program() -> str | None:
    """The browser of this machine; None without any."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """A browser for as long as the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_ALONE))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def page_of(
    browser: Browser, site: Site, size: ViewportSize = DESK, scheme: Literal["light", "dark"] = "light"
) -> Iterator[Page]:
    """A page that logged in by its link; an error in its scripts, or a file that was refused, fails the test."""
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    try:
        page.goto(f"{site.url}/login#{TOKENS['all']}")
        page.wait_for_url(f"{site.url}/")
        yield page
    finally:
        context.close()
    assert [] == wrong
