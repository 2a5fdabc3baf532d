"""How pages look to those who have little room, no mouse, paper, or a problem: in a real Chromium, by axe-core."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from schemas.settings import KafkaSettings
from tests.sinks.page.browser import DESK, PHONE, page_of, reading, serious
from tests.sinks.page.site import Site, fill, incident, many_alerts, running, settings_for, short, store

ONE = f"/incidents/{short('one')}"
MANY = f"/incidents/{short('many')}"


@pytest.fixture(scope="module")
def site(audited: KafkaSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A page over the incidents of `fill`, one of seventy alerts, and one without a packet."""
    database = f"sqlite:///{tmp_path_factory.mktemp('looks')}/incidents.db"
    fill(database)
    store(database, [many_alerts()], [incident("bare")])
    with running(settings_for(audited, database)) as there:
        yield there


def _token(page: Page, token: str) -> None:
    page.get_by_role("button", name="log out").click()
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Log in").click()


def _wrong_token(page: Page, _: str) -> None:
    _token(page, "nobody's")


def _long_token(page: Page, _: str) -> None:
    _token(page, "x" * 5_000)


def _old_form(page: Page, url: str) -> None:
    page.goto(f"{url}{ONE}")
    page.locator("input[name=proof]").first.evaluate("field => { field.value = '0'.repeat(32); }")
    page.get_by_role("button", name="Confirm").first.click()


def _merge_with_itself(page: Page, url: str) -> None:
    page.goto(f"{url}{ONE}")
    page.get_by_label("Another incident").fill(short("one"))
    page.get_by_role("button", name="They are one").click()


def _at(path: str) -> Callable[[Page, str], None]:
    def go(page: Page, url: str) -> None:
        page.goto(f"{url}{path}")

    return go


PROBLEMS: dict[str, Callable[[Page, str], None]] = {
    "Log in": _wrong_token,
    "Too much": _long_token,
    "This form is too old, or not from here": _old_form,
    "That is not clear": _merge_with_itself,
    "There is no such page": _at("/nowhere"),
    "Not found": _at("/incidents/INC-NOSUCH"),
    "A moment": _at(f"/incidents/{short('bare')}"),
}
"""The heading of each page of a problem (401, 413, 403, 400, 404, 404, 503), and how one comes to it."""


@pytest.mark.parametrize("title", PROBLEMS)
def test_a_problem_has_a_page_that_everybody_can_read(browser: Browser, site: Site, title: str) -> None:
    """On a desk and on a phone, in the light and in the dark, and with a way on."""
    with reading(browser, site) as page:
        PROBLEMS[title](page, site.url)
        _is_readable(page, title)
        back = page.get_by_role("link", name="Back to the incident")
        if back.count():
            back.click()
            expect(page.get_by_role("heading", name="What people said")).to_be_visible()


def test_being_too_fast_has_such_a_page_too(browser: Browser, site: Site) -> None:
    """It says so, and leads to trying again."""
    settings = settings_for(site.settings.kafka, site.settings.sink.database, requests_per_s=1.0)
    with running(settings) as strict, reading(browser, strict) as page:
        while (answer := page.goto(f"{strict.url}/noise")) is not None and answer.status != 429:
            pass
        expect(page.get_by_role("link", name="Try again")).to_be_visible()
        _is_readable(page, "Too many requests")


def test_who_may_see_nothing_is_told_so_readably(browser: Browser, site: Site) -> None:
    """Somebody whom the proxy knows, and the settings do not."""
    settings = settings_for(site.settings.kafka, site.settings.sink.database, proxies=("127.0.0.0/8",))
    context = browser.new_context(extra_http_headers={"x-forwarded-user": "eve"})
    with running(settings) as proxied:
        page = context.new_page()
        page.goto(f"{proxied.url}/")
        _is_readable(page, "You may see nothing here")
    context.close()


def _is_readable(page: Page, title: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    for size, scheme in ((DESK, "light"), (PHONE, "dark")):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # one of the two words
        assert {} == serious(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


@pytest.mark.parametrize("path", ["/", ONE, MANY, f"{ONE}/evidence/e1", "/changes", "/noise", "/doctor"])
def test_axe_finds_nothing_serious_on_paper(browser: Browser, site: Site, path: str) -> None:
    """Whichever colours were chosen on the screen."""
    for scheme in ("light", "dark"):
        with page_of(browser, site, DESK, scheme) as page:
            page.goto(f"{site.url}{path}")
            page.emulate_media(media="print")
            assert {} == serious(page)


def test_what_is_folded_on_the_screen_is_whole_on_paper(browser: Browser, site: Site) -> None:
    """Twelve kinds of alerts are open, a click opens the other eighteen, and paper needs none."""
    with page_of(browser, site, PHONE) as page:
        page.goto(f"{site.url}{MANY}")
        last = page.get_by_text("service-29")
        assert not last.is_visible()
        page.get_by_text("18 more kinds of alerts").click()
        assert last.is_visible()
        page.reload()
        page.emulate_media(media="print")
        assert last.evaluate("line => line.checkVisibility({contentVisibilityAuto: true})")
        assert last.evaluate("line => line.getBoundingClientRect().height") > 0


def test_every_word_that_can_be_said_is_reached_with_tab_alone(browser: Browser, site: Site) -> None:
    """Each field and button of every form should take the focus, in the order of the page, and show it."""
    with page_of(browser, site) as page:
        page.goto(f"{site.url}{ONE}")
        wanted = page.locator("main form").locator("button, input:not([type=hidden])")
        reached: list[str] = []
        for _ in range(300):
            page.keyboard.press("Tab")
            here = page.evaluate(_FOCUSED)
            if here["outside"]:
                break
            if here["form"]:
                assert here["outline"] != "none", here
                reached.append(here["html"])
        assert wanted.evaluate_all("all => all.map(one => one.outerHTML)") == reached
        assert len(reached) > 10


_FOCUSED = """() => {
    const here = document.activeElement;
    return {
        outside: here === document.body,
        form: here.closest("main form") !== null,
        outline: getComputedStyle(here).outlineStyle,
        html: here.outerHTML,
    };
}"""


def test_something_is_said_with_the_keyboard_alone(browser: Browser, site: Site) -> None:
    """Enter in a field chooses nothing where there is a choice; on a button it does."""
    with page_of(browser, site) as page:
        page.goto(f"{site.url}{ONE}")
        page.get_by_label("Team").focus()
        page.keyboard.type("team-network")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Hand over to it")).to_be_focused()
        assert page.url.endswith(ONE)
        page.keyboard.press("Enter")
        page.wait_for_url("**/*told=hand_over*")
        expect(page.get_by_role("status").get_by_text("Handed over")).to_be_in_viewport()


def test_the_draft_of_a_postmortem_comes_as_a_file(browser: Browser, site: Site, tmp_path: Path) -> None:
    """Under the incident's name, as text that any editor opens."""
    with page_of(browser, site) as page:
        page.goto(f"{site.url}{ONE}")
        with page.expect_download() as download:
            page.get_by_role("link", name="Draft of the postmortem").click()
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
    assert file.name.endswith(".md")
    assert file.read_text("utf-8").startswith("# ")
