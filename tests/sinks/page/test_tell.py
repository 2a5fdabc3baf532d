"""What people say on the page: only who has the right, by a form of ours, and on record before it counts."""

import re

import httpx
import pytest
from playwright.sync_api import Browser, expect

from schemas.audit import AuditEntry
from schemas.codec import decode
from schemas.feedback import Feedback
from schemas.settings import KafkaSettings
from tests.sinks.page.browser import page_of
from tests.sinks.page.site import Site, incident, running, settings_for, short
from tests.sources.running import content, records

PAGE = f"/incidents/{short('one')}"


def _said(kafka: KafkaSettings) -> list[Feedback]:
    found = [decode("feedback", content(record)) for record in records(kafka.bootstrap, "feedback")]
    return [one for one in found if isinstance(one, Feedback)]


def _told(kafka: KafkaSettings) -> list[AuditEntry]:
    found = [decode("audit-entries", content(record)) for record in records(kafka.bootstrap, "audit-entries")]
    return [one for one in found if isinstance(one, AuditEntry) and one.decision == "told"]


def _form(browser: httpx.Client, path: str = PAGE) -> dict[str, str]:
    """The hidden fields that prove that a form is ours."""
    text = browser.get(path).text
    return {
        name: re.search(rf'name="{name}" value="([0-9a-f]+)"', text)[1]  # type: ignore[index] # there or the test fails
        for name in ("proof", "drawn")
    }


def test_what_is_said_is_on_record_then_on_its_way_and_leads_back(site: Site) -> None:
    """Under the name of the reader, about the incident of the page."""
    with site.client() as browser:
        sent = {**_form(browser), "kind": "hand_over", "team": "team-network", "note": "dns"}
        answer = browser.post(f"{PAGE}/feedback", data=sent)
        assert (303, f"{PAGE}?told=hand_over#said") == (answer.status_code, answer.headers["location"])
        assert "Handed over: on record" in browser.get(answer.headers["location"]).text
    said, entry = _said(site.settings.kafka)[-1], _told(site.settings.kafka)[-1]
    candidate = incident("one", 2).candidate
    assert ("anna", "page", "team-network", candidate.candidate_id) == (
        said.person,
        said.via,
        said.team,
        said.candidate_id,
    )
    assert ("anna", said.feedback_id, candidate.candidate_id) == (
        entry.actor,
        entry.details["feedback"],
        entry.subject,
    )


def test_a_form_that_is_sent_twice_says_it_once(site: Site) -> None:
    """The second is the same feedback; another word from the same page is another one."""
    with site.client() as browser:
        form, before = _form(browser), len(_said(site.settings.kafka))
        for kind in ("false_page", "false_page", "update_sent"):
            browser.post(f"{PAGE}/feedback", data={**form, "kind": kind})
    ids = [said.feedback_id for said in _said(site.settings.kafka)[before:]]
    assert (3, 2, ids[0]) == (len(ids), len({*ids}), ids[1])


def test_a_split_names_who_leaves_and_who_stays(site: Site) -> None:
    """So that it holds whatever else comes."""
    with site.client() as browser:
        browser.post(f"{PAGE}/feedback", data={**_form(browser), "kind": "split", "alert": "2"})
    said, members = _said(site.settings.kafka)[-1], incident("one", 2).candidate.members
    assert ([members[1].fingerprint], [members[0].fingerprint]) == (
        [one.fingerprint for one in said.alerts],
        [one.fingerprint for one in said.kept],
    )


def test_two_incidents_are_made_one_by_the_names_that_people_use(site: Site) -> None:
    """The other is looked up, and has to be one that the reader may see."""
    with site.client() as browser:
        sent = {**_form(browser), "kind": "merge"}
        assert (
            303 == browser.post(f"{PAGE}/feedback", data={**sent, "into": short("crew").lower()}).status_code
        )
        assert 404 == browser.post(f"{PAGE}/feedback", data={**sent, "into": "INC-NOSUCH"}).status_code
        assert 400 == browser.post(f"{PAGE}/feedback", data={**sent, "into": short("one")}).status_code
    assert incident("crew").candidate.candidate_id == _said(site.settings.kafka)[-1].into


@pytest.mark.parametrize(
    ("changed", "headers"),
    [
        ({"proof": ""}, {}),
        ({"proof": "0" * 32}, {}),
        ({}, {"sec-fetch-site": "cross-site"}),
        ({}, {"sec-fetch-site": "same-site"}),
    ],
    ids=["no proof", "another's proof", "from another site", "from a sister site"],
)
def test_a_form_that_is_not_ours_is_refused(
    site: Site, changed: dict[str, str], headers: dict[str, str]
) -> None:
    """Another site cannot speak in somebody's name, and nothing of it is on record."""
    with site.client() as browser:
        before = len(_told(site.settings.kafka))
        sent = {**_form(browser), "kind": "false_page", **changed}
        assert 403 == browser.post(f"{PAGE}/feedback", data=sent, headers=headers).status_code
    assert before == len(_told(site.settings.kafka))


def test_the_proof_is_in_a_cookie_that_no_other_site_has_sent(site: Site) -> None:
    """Nor can a script read it."""
    said = site.get(PAGE).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict"} <= set(said.split("; "))


def test_who_may_only_look_sees_no_form_and_is_refused(site: Site) -> None:
    """The right to look is none to speak."""
    assert 'name="proof"' not in site.get(PAGE, "fares").text
    with site.client() as browser, site.client("fares") as looker:
        sent = {**_form(browser), "kind": "false_page"}
        looker.cookies.update(browser.cookies)
        assert 403 == looker.post(f"{PAGE}/feedback", data=sent).status_code


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"kind": "praise"}, 400),
        ({"kind": "close"}, 400),
        ({"kind": "split", "alert": "9"}, 400),
        ({"kind": "split", "alert": ["1", "2"]}, 400),
        ({"kind": "false_page", "note": "x" * 500_000}, 413),
    ],
    ids=["unknown", "no cause", "no such alert", "all alerts", "too much"],
)
def test_what_says_nothing_clear_is_told_so(
    site: Site, fields: dict[str, str | list[str]], status: int
) -> None:
    """A page that says what is wrong."""
    with site.client() as browser:
        assert status == browser.post(f"{PAGE}/feedback", data={**_form(browser), **fields}).status_code


def test_a_cookie_behind_a_proxy_that_speaks_tls_is_for_tls_alone(site: Site) -> None:
    """What a proxy of the settings says of the scheme counts, and nobody else's word."""
    settings = settings_for(site.settings.kafka, site.settings.sink.database, proxies=("127.0.0.0/8",))
    tls = {"x-forwarded-proto": "https"}
    with running(settings) as proxied, proxied.client(None, **tls, **{"x-forwarded-user": "anna"}) as browser:
        assert "Secure" in browser.get(PAGE).headers["set-cookie"].split("; ")
    with site.client(**tls) as browser:
        assert "Secure" not in browser.get(PAGE).headers["set-cookie"].split("; ")


def test_the_postmortem_is_one_click_away_and_a_look_on_record(site: Site) -> None:
    """As a file, of the incidents that one may see."""
    answer = site.get(f"{PAGE}/postmortem.md")
    assert answer.text.startswith(f"# {short('one')}: ")
    assert "attachment" in answer.headers["content-disposition"]
    assert 404 == site.get(f"/incidents/{short('crew')}/postmortem.md", "fares").status_code


def test_a_person_confirms_and_splits_with_the_mouse_alone(browser: Browser, site: Site) -> None:
    """In a real browser, under its own security policy."""
    with page_of(browser, site) as page:
        page.goto(f"{site.url}{PAGE}")
        page.get_by_role("button", name="Confirm flag season-prices").click()
        expect(page.get_by_text("Confirmed: on record, under your name")).to_be_visible()
        page.get_by_role("checkbox", name="BookingErrorsHigh").check()
        page.get_by_role("button", name="Split the chosen ones off").click()
        expect(page.get_by_text("Split: on record, under your name")).to_be_visible()
    confirmed, split = _said(site.settings.kafka)[-2:]
    assert ("confirm", "split", 1) == (confirmed.kind, split.kind, len(split.alerts))
    assert incident("one").hypotheses[0].source_ref == confirmed.source_ref
