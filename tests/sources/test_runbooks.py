"""The index of runbooks: YAML lists, Markdown front matter, and the repository of runbooks among the samples."""

from pathlib import Path, PurePath
from typing import Any

import pytest

from schemas.events import Entity
from schemas.times import parse_time
from sources.catalogs import read
from sources.fields import mapping
from sources.runbooks import front_matter
from streams.redact import Json
from tests.sources.samples import AT

ENTRY: dict[str, Any] = {
    "alert": "HighErrorRate",
    "service": "payment",
    "link": "https://example.com/runbooks/payment-errors",
    "owner": "team-payments",
    "reviewed": "2026-01-30",
}
PAGE = "---\ntitle: Node RAID Degraded\nweight: 20\n---\n\n# NodeRAIDDegraded\n\nkind: of broken: yes\n"


def entity(entry: Json) -> Entity:
    """The entry of an index with one line."""
    (record,) = read({"runbooks": [entry]}, {}, AT).records
    assert isinstance(record.message, Entity)
    assert "/runbooks/0" == record.path
    return record.message


def test_a_runbook_is_read_whole() -> None:
    """What it is for, where it is, whose it is, and until when its review counts."""
    made = entity(ENTRY)
    assert {
        "entity": "runbook:higherrorrate/payment",
        "kind": "runbook",
        "name": "HighErrorRate/payment",
        "owner": "team-payments",
        "runbook": ENTRY["link"],
        "link": ENTRY["link"],
        "about": ("alert:higherrorrate", "service:payment"),
        "reviewed_at": parse_time("2026-01-30T00:00:00Z"),
        "review_due_at": parse_time("2027-01-30T00:00:00Z"),
    } == made.model_dump(exclude={"original"}, exclude_defaults=True)
    assert all(f'"{word}"' in made.original for word in (ENTRY["link"], "team-payments", "2026-01-30"))


@pytest.mark.parametrize(
    ("said", "due"),
    [
        ({}, "2027-01-30"),
        ({"review_every_days": 90}, "2026-04-30"),
        ({"review_due": "2026-03-01"}, "2026-03-01"),
        ({"reviewed": None, "last_reviewed": "2026-01-30T12:00:00Z"}, "2027-01-30"),
        ({"reviewed": None}, None),
    ],
)
def test_a_review_counts_for_a_year_or_as_long_as_it_says(said: dict[str, Json], due: str | None) -> None:
    """Where nobody has reviewed it, nothing is overdue: it is not known."""
    found = entity({**ENTRY, **said}).review_due_at
    assert due == (
        None if found is None else entity({**ENTRY, **said}).original.split('"review_due":"')[1][:10]
    )


def test_several_alerts_and_services_may_share_a_runbook() -> None:
    """In the singular, the plural, a list or with commas."""
    made = entity(
        {**ENTRY, "alert": None, "alerts": "A, B", "service": None, "services": ["x"], "name": "shared"}
    )
    assert ("runbook:shared", ("alert:a", "alert:b", "service:x")) == (made.entity, made.about)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({**ENTRY, "alert": None, "service": ""}, "no_name"),
        ({**ENTRY, "link": "runbooks/payment.md"}, "no_link"),
        ({**ENTRY, "reviewed": "last spring"}, "no_time"),
        ({**ENTRY, "review_every_days": "often"}, "no_time"),
        ({**ENTRY, "review_every_days": True}, "no_time"),
        ("https://example.com", "no_name"),
    ],
)
def test_a_bad_line_is_refused_and_the_others_are_taken(entry: Json, reason: str) -> None:
    """Under its own place."""
    reading = read({"runbooks": [entry, ENTRY]}, {}, AT)
    assert [(reason, "/runbooks/0")] == [(one.reason, one.path) for one in reading.refused]
    assert ["/runbooks/1"] == [record.path for record in reading.records]


def test_an_index_that_is_no_list_is_refused() -> None:
    """It would else be taken for an empty one."""
    assert ["no_list"] == [one.reason for one in read({"runbooks": ENTRY}, {}, AT).refused]


def _of_page(
    page: str, place: str = "node/NodeRAIDDegraded.md", base: str | None = "https://example.com/docs/"
) -> Json:
    return front_matter(page, PurePath(place), base)


def test_a_page_named_after_its_alert_is_its_runbook() -> None:
    """Its link is that of the folder and its place there; what follows the front matter is not read."""
    made = entity(mapping(_of_page(PAGE))["runbooks"][0])  # type: ignore[index]
    assert ("runbook:noderaiddegraded", ("alert:noderaiddegraded",)) == (made.entity, made.about)
    assert "https://example.com/docs/node/NodeRAIDDegraded.md" == made.runbook


def test_front_matter_may_say_everything() -> None:
    """Alert, service, link, owner and review, as in an index."""
    page = "---\ntitle: What to do\nservices: [payment]\nlink: https://example.com/x\nreviewed: 2026-01-30\n---\n"
    made = entity(mapping(_of_page(page, "steps.md"))["runbooks"][0])  # type: ignore[index]
    assert (("service:payment",), "https://example.com/x") == (made.about, made.runbook)
    assert parse_time("2026-01-30T00:00:00Z") == made.reviewed_at


@pytest.mark.parametrize(
    ("page", "place"),
    [
        ("# No front matter\n", "a.md"),
        ("# README\n", "README.md"),
        ("---\ntitle: [\n---\n", "a.md"),
        ("---\ntitle: Node\n---\n", "node/_index.md"),
        ("---\n- a\n---\n", "a.md"),
        ("---\ntitle: never closed\n", "a.md"),
    ],
)
def test_a_page_of_no_alert_and_no_service_is_no_runbook(page: str, place: str) -> None:
    """Neither an index page, nor one whose front matter cannot be read."""
    assert _of_page(page, place) is None


def test_every_page_of_the_samples_is_the_runbook_of_its_alert(shared_folder: Path) -> None:
    """But for the index pages of its folders."""
    root = shared_folder / "samples" / "runbooks" / "prometheus-operator"
    pages = sorted(root.rglob("*.md"))
    made = {path: _of_page(path.read_text("utf-8"), str(path.relative_to(root))) for path in pages}
    assert {"_index.md"} == {path.name for path, document in made.items() if document is None}
    entries = [entity(mapping(document)["runbooks"][0]) for document in made.values() if document]  # type: ignore[index]
    assert len(entries) == len(pages) - sum(path.name == "_index.md" for path in pages)
    assert "alert:kubepodcrashlooping" in {name for one in entries for name in one.about}
