"""Who may see what: nobody by default, a token by its hash, a proxy's word only from a proxy."""

import httpx
import pytest
from starlette.datastructures import Headers

from schemas.page_settings import PageSettings, ReaderSettings
from sinks.page.access import NotAllowed, NotLoggedIn, by_token, reader_of
from tests.sinks.page.site import READERS, TOKENS, Site, incident, running, settings_for, short

PROXIED = PageSettings(readers=READERS, proxies=("10.0.0.0/8", "fd00::/8"))


def _proxied(peer: str | None, **headers: str) -> str:
    told = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    return reader_of(peer, told, None, PROXIED).actor


@pytest.mark.parametrize("peer", ["10.1.2.3", "fd00::7"])
def test_a_proxy_in_the_settings_says_who_somebody_is(peer: str) -> None:
    """By name, or by a group of theirs."""
    assert "anna" == _proxied(peer, x_forwarded_user="anna")
    assert "rosa" == _proxied(peer, x_forwarded_user="rosa", x_forwarded_groups="cooks, responders")


@pytest.mark.parametrize("peer", ["11.1.2.3", "::1", None, "not an address"])
def test_anybody_else_says_nothing_by_the_same_headers(peer: str | None) -> None:
    """Headers can be written by everybody."""
    with pytest.raises(NotLoggedIn):
        _proxied(peer, x_forwarded_user="anna")


def test_a_user_of_the_proxy_whom_nobody_named_is_told_so() -> None:
    """Known to the proxy is not the same as allowed."""
    with pytest.raises(NotAllowed, match=r"page\.readers"):
        _proxied("10.1.2.3", x_forwarded_user="eve", x_forwarded_groups="cooks")


@pytest.mark.parametrize("token", ["", "wrong", TOKENS["all"].upper(), " "])
def test_without_a_known_token_nobody_comes_in(token: str) -> None:
    """Nor with the empty one, and with no reader in the settings nobody at all."""
    with pytest.raises(NotLoggedIn):
        by_token(token, PROXIED)
    with pytest.raises(NotLoggedIn):
        by_token(TOKENS["all"], PageSettings())


@pytest.mark.parametrize(
    ("tenants", "teams", "seen"),
    [
        (("default",), (), True),
        (("def*",), (), True),
        (("*",), ("team-fares",), True),
        (("default",), ("team-crew",), False),
        (("elsewhere",), (), False),
        (("replay-*",), (), False),
        ((), (), False),
    ],
)
def test_rights_go_by_tenant_and_team(
    tenants: tuple[str, ...], teams: tuple[str, ...], *, seen: bool
) -> None:
    """What is not given is not there."""
    reader = ReaderSettings(name="x", token_sha256=READERS[0].token_sha256, tenants=tenants, teams=teams)
    asked = by_token(TOKENS["all"], PageSettings(readers=(reader,)))
    assert seen == asked.sees(incident("one").candidate)


@pytest.mark.parametrize(("who", "names"), [("fares", {"one"}), ("other", {"abroad"})])
def test_a_list_holds_what_its_reader_may_see(site: Site, who: str, names: set[str]) -> None:
    """The list, its count and its choices should name nothing else."""
    text = site.get("/", who).text
    for name in ("one", "crew", "abroad", "hostile"):
        assert (name in names) == (short(name) in text), name
    assert f"{len(names)} incident" in text
    assert "team-crew" not in text


@pytest.mark.parametrize("path", ["", "/stream", "/evidence/e1"])
def test_what_one_may_not_see_is_as_if_it_were_not_there(site: Site, path: str) -> None:
    """The same answer as for what does not exist, so that nobody learns of it."""
    hidden = site.get(f"/incidents/{short('crew')}{path}", "fares")
    nothing = site.get(f"/incidents/INC-NOSUCH{path}", "fares")
    assert (404, 404) == (hidden.status_code, nothing.status_code)
    assert "crew-rota" not in hidden.text


def test_somebody_without_a_login_is_led_to_it_and_back(site: Site) -> None:
    """A page asks for the login, a program hears 401; a token leads on to what was asked for."""
    wanted = f"/incidents/{short('one')}?tenant=default"
    led = site.get(wanted, None)
    assert (303, True) == (led.status_code, led.headers["location"].startswith("/login?next="))
    assert 401 == httpx.get(f"{site.url}{wanted}", headers={"accept": "application/json"}).status_code
    with site.client(None) as browser:
        sent = {"token": TOKENS["all"], "next": wanted}
        let_in = browser.post("/login", data=sent)
        assert (303, wanted) == (let_in.status_code, let_in.headers["location"])
        assert {"HttpOnly", "SameSite=lax"} <= set(let_in.headers["set-cookie"].split("; "))
        assert 200 == browser.get(wanted).status_code
        browser.post("/logout")
        assert 303 == browser.get(wanted).status_code


@pytest.mark.parametrize(
    "onward", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_a_login_leads_nowhere_else(site: Site, onward: str) -> None:
    """An address in a link should not send anybody to another site."""
    with site.client(None) as browser:
        let_in = browser.post("/login", data={"token": TOKENS["all"], "next": onward})
        assert (303, "/") == (let_in.status_code, let_in.headers["location"])


@pytest.mark.parametrize(
    ("sent", "headers", "status"),
    [
        ("token=wrong", {}, 401),
        ("", {}, 401),
        ("token=" + "x" * 5000, {}, 413),
        (f"token={TOKENS['all']}", {"sec-fetch-site": "cross-site"}, 403),
    ],
    ids=["wrong", "nothing", "too much", "from another site"],
)
def test_a_login_that_is_none_is_refused(site: Site, sent: str, headers: dict[str, str], status: int) -> None:
    """Each with its own answer, which leads to the login and not to what only a reader may see."""
    with site.client(None, **headers) as browser:
        form = {"content-type": "application/x-www-form-urlencoded"}
        answer = browser.post("/login", content=sent, headers=form)
    assert status == answer.status_code
    assert 'href="/"' not in answer.text
    assert any(way in answer.text for way in ('href="/login"', 'action="/login"'))


def test_behind_a_proxy_nobody_needs_a_token(site: Site) -> None:
    """What the proxy says counts for a whole request, over a real connection."""
    settings = settings_for(site.settings.kafka, site.settings.sink.database, proxies=("127.0.0.0/8",))
    with running(settings) as proxied, proxied.client(None, **{"x-forwarded-user": "anna"}) as browser:
        assert 200 == browser.get(f"/incidents/{short('one')}").status_code
