"""The page of readiness: what is missing and how to mend it, to whom, and that nothing in it runs."""

import re
import time
from collections.abc import Iterator

import pytest

from schemas.settings import KafkaSettings
from tests.facts import eventually
from tests.sinks.catalogued import catalogued
from tests.sinks.page.site import Site, fill, running, settings_for


@pytest.fixture(scope="module")
def doctored(audited: KafkaSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A page over a catalog with gaps."""
    database = f"sqlite:///{tmp_path_factory.mktemp('doctored')}/incidents.db"
    fill(database)
    catalogued(database, time.time_ns() // 1000)
    with running(settings_for(audited, database)) as there:
        yield there


def _services(text: str) -> list[str]:
    return re.findall(r"<summary><strong><bdi>([^<]*)</bdi>", text)


def test_it_says_what_is_missing_and_how_to_mend_it(doctored: Site) -> None:
    """The criteria, the tenant, the services with the least ready first, and what to copy."""
    eventually(lambda: "The score by day:" in doctored.get("/doctor").text, 30, "the score by day is counted")
    page = doctored.get("/doctor")
    assert 200 == page.status_code
    said = (
        "What leads out of Level 0",
        "No config change seen in 30 days",
        "team-crew has no rota.",
        "by day",
    )
    assert [] == [each for each in said if each not in page.text]
    assert "incidents publish deploy --service booking-api --environment production" in page.text
    assert "\n  name: " in page.text
    assert ["booking-api", "fare-engine"] == _services(page.text)[1:]


def test_a_name_of_others_is_inert(doctored: Site) -> None:
    """Neither in the list nor in what is to be copied."""
    text = doctored.get("/doctor").text
    assert "<script>alert" not in text
    assert not {"\x1b", "\u202e"} & set(text)


def test_who_sees_some_teams_alone_sees_their_services_alone(doctored: Site) -> None:
    """With a score over those, and nothing of the tenant; another tenant is as if it were not there."""
    page = doctored.get("/doctor", "fares")
    assert ["fare-engine"] == _services(page.text)
    assert "team-crew" not in page.text
    assert "What leads out" not in page.text
    assert [404, 404] == [
        doctored.get(path, who).status_code
        for path, who in (("/doctor?tenant=default", "other"), ("/doctor?tenant=nowhere", "all"))
    ]


def test_a_service_is_found_by_its_name(doctored: Site) -> None:
    """Alone, and opened."""
    page = doctored.get("/doctor?q=BOOKING")
    assert ["booking-api"] == _services(page.text)
    assert re.search(r"<details[^>]* open>", page.text)


def test_an_empty_tenant_is_shown(doctored: Site) -> None:
    """A replay with nothing in it has nothing to list, and says so."""
    page = doctored.get("/doctor?tenant=replay-empty")
    assert (200, []) == (page.status_code, _services(page.text))
    assert "No service is known" in page.text
