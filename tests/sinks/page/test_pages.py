"""The pages over HTTP: what they show, to whom, and how they say that something is not there."""

import re

import pytest

from tests.sinks.page.site import Site, short

SECTIONS = [
    "In short",
    "What is failing",
    "Top signals",
    "What changed",
    "Time line",
    "Blast radius",
    "Why, ranked",
    "Who",
    "Proposed",
    "Not known",
    "Draft for stakeholders",
    "Draft for outside",
    "What people said",
    "Why each alert belongs to it",
    "What changed between revisions",
    "Evidence",
]


def _headings(text: str) -> list[str]:
    return re.findall(r"<h2[^>]*>([^<]+)</h2>", text)


def _listed(text: str) -> set[str]:
    return set(re.findall(r'<span class="name">(INC-\w+)</span>', text))


def test_an_incident_reads_from_top_to_bottom(site: Site) -> None:
    """Every section should be there, in the packet's order, under its head."""
    page = site.get(f"/incidents/{short('one')}")
    assert (200, SECTIONS) == (page.status_code, _headings(page.text))
    assert page.text.index("critical") < page.text.index("What is failing")
    for said in ("18.4 %", "season-prices", "team-fares", "revert flag", "now settled", "Copy draft"):
        assert said in page.text


def test_every_citation_leads_to_its_stored_original(site: Site) -> None:
    """One click should lead to the position, the hash and the original itself."""
    page = site.get(f"/incidents/{short('one')}")
    links = set(re.findall(rf'href="(/incidents/{short("one")}/evidence/[^"]+)"', page.text))
    assert {"q1", *(f"e{n}" for n in range(1, 8))} == {link.rpartition("/")[2] for link in links}
    for link in links:
        shown = site.get(link)
        assert (200, True) == (shown.status_code, "the original below has this hash" in shown.text), link
        assert 'class="original"' in shown.text


def test_the_list_leaves_out_replays_and_what_was_merged_unless_asked(site: Site) -> None:
    """What is lived and whole is listed; the rest by its filter."""
    usual = _listed(site.get("/").text)
    assert usual == {short(name) for name in ("one", "crew", "abroad", "hostile")}
    assert short("again") in _listed(site.get("/?replays=1").text)
    assert {short("gone")} == _listed(site.get("/?state=merged").text)


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("q=crew-rota", {"crew"}),
        ("q=BOOKINGERRORS+one", set()),
        ("owner=team-crew", {"crew"}),
        ("service=fare-engine&owner=team-fares&tenant=default", {"one"}),
        ("severity=info", set()),
        ("tenant=elsewhere", {"abroad"}),
        ("after=nonsense&q=crew-rota", {"crew"}),
        ("after=99999999999999999999.x&q=crew-rota", {"crew"}),
    ],
)
def test_a_search_is_an_address_that_can_be_shared(site: Site, asked: str, names: set[str]) -> None:
    """The same address should find the same incidents; nonsense in it should not matter."""
    assert {short(name) for name in names} == _listed(site.get(f"/?{asked}").text)


def test_a_merged_incident_leads_to_the_one_that_it_is_part_of(site: Site) -> None:
    """An old address should lead on, with a note that says so."""
    moved = site.get(f"/incidents/{short('gone')}")
    assert (303, True) == (moved.status_code, short("one") in moved.headers["location"])
    assert f"{short('gone')} has become part of this incident" in site.get(moved.headers["location"]).text


@pytest.mark.parametrize("path", ["/incidents/INC-NOSUCH", "/nowhere", "/incidents/a/b/c"])
def test_what_is_not_there_has_a_page_that_helps(site: Site, path: str) -> None:
    """404, in words, with a way on."""
    missing = site.get(path)
    assert (404, True) == (missing.status_code, 'href="/"' in missing.text)


def test_what_is_not_there_is_said_without_the_terminals_words(site: Site) -> None:
    """Who is in a browser should not be sent to a command."""
    missing = site.get("/incidents/INC-NOSUCH").text
    assert "No candidate is named" in missing
    assert "incidents list" not in missing


def test_a_mistyped_name_is_met_with_near_ones(site: Site) -> None:
    """One wrong letter should not send anybody back to the list."""
    name = short("one")
    mistyped = f"{name[:-1]}{'A' if name[-1] != 'A' else 'B'}"
    assert name in site.get(f"/incidents/{mistyped}").text


def test_evidence_that_is_not_there_says_what_there_is(site: Site) -> None:
    """404, naming the evidence that exists, and leading back to the incident."""
    missing = site.get(f"/incidents/{short('one')}/evidence/e99")
    assert (404, True) == (missing.status_code, "it has e1 to e7" in missing.text)
    assert f'<a href="/incidents/{short("one")}">Back to the incident</a>' in missing.text


def test_hostile_text_is_inert(site: Site) -> None:
    """No element, no escape sequence, no turned direction, and no link that runs anything should come through."""
    page = site.get(f"/incidents/{short('hostile')}").text
    assert "&lt;script&gt;alert(1)" in page
    for evil in ("<script>alert", "\x1b", "\u202e", 'href="javascript'):
        assert evil not in page


def test_only_our_own_files_may_run(site: Site) -> None:
    """A strict policy on every answer, and nothing inline that it would have to allow."""
    for path in ("/", f"/incidents/{short('one')}", "/login", "/nowhere"):
        answer = site.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script(?! src=)|\sstyle=|\son\w+=", answer.text), path
        assert "no-store" == answer.headers["cache-control"]


def test_changes_and_noise_have_their_pages(site: Site) -> None:
    """Both should answer, for lived time and for replays."""
    for path in ("/changes", "/noise", "/changes?replays=1&hours=9999999999", "/noise?replays=1&days=x"):
        answer = site.get(path)
        assert 200 == answer.status_code, path
