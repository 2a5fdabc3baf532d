"""The page of readiness over a thousand services and ten thousand packets: in time, and with the same result."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text

from schemas.settings import KafkaSettings, TenantSettings
from schemas.times import DAY
from sinks.page.judged import PAST_DAYS, WINDOW_DAYS, facts_until
from sinks.tables import open_database
from streams.readiness import Facts, history, judge
from tests.facts import eventually
from tests.sinks.catalogued import change, entries, store_published
from tests.sinks.page.site import Site, incident, running, settings_for
from tests.sinks.test_listing import multiply

_SERVICES = 1_000
_VIEW_S = 0.3
_FIRST_S = 1.0
"""Of a processor, for what the first view waits for; the history alone takes as much again."""
_ENTRY = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {{name: service-{0}}}
spec: {{type: service, owner: team-{1}, dependsOn: [component:default/service-{2}]}}
"""
_PACKETS = text(
    "INSERT INTO packets SELECT tenant, candidate_id, revision_id, 1, 0, opened_at, opened_at, :body FROM candidates"
)
_ALERTS = text(
    "UPDATE members SET service = 'service-' || (rowid % 1000), starts_at = :now - (rowid % 44) * :day - 1"
)


@pytest.fixture(scope="module")
def large(audited: KafkaSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A page over a large tenant."""
    now = time.time_ns() // 1000
    database = f"sqlite:///{tmp_path_factory.mktemp('large')}/incidents.db"
    catalog = "---".join(_ENTRY.format(n, n % 50, (7 * n + 1) % _SERVICES) for n in range(_SERVICES))
    store_published(database, entries(catalog, now - 40 * DAY), now - 40 * DAY)
    changes = [
        change(
            topic,
            f"{topic}-{n}",
            now - n % 44 * DAY - 1,
            service=f"service-{n % _SERVICES}",
            environment="prod",
        )
        for topic in ("deploys", "flags", "configs")
        for n in range(2 * _SERVICES)
    ]
    store_published(database, changes, now)
    engine = open_database(database)
    multiply(engine)
    _fill(engine, now)
    engine.dispose()
    with running(settings_for(audited, database)) as there:
        yield there


def _fill(engine: Engine, now: int) -> None:
    """A packet for each candidate, and alerts of every service over the last days."""
    body = incident("one").model_dump_json()
    with engine.begin() as connection:
        connection.execute(_PACKETS, {"body": body})
        connection.execute(_ALERTS, {"now": now, "day": DAY})


def _view(site: Site, path: str = "/doctor") -> tuple[float, str]:
    with site.client() as client:
        began = time.perf_counter()
        page = client.get(path)
        taken = time.perf_counter() - began
    assert 200 == page.status_code
    return taken, page.text


def test_the_first_view_waits_for_no_history_and_others_are_answered_meanwhile(large: Site) -> None:
    """At first without the score by day, and it says so; who asks for something else is not kept waiting."""
    with ThreadPoolExecutor(1) as beside:
        first = beside.submit(_view, large)
        answered = 0
        while not first.done():
            assert 200 == large.get("/healthz").status_code
            answered += 1
    _, shown = first.result()
    assert answered > 1
    assert "The score by day is being counted" in shown
    eventually(lambda: "</title></rect>" in _view(large)[1], 60, "the score by day is there")


def test_what_the_first_view_waits_for_takes_less_than_a_second_of_a_processor(large: Site) -> None:
    """Measured in a thread of its own, since the page counts the days before as soon as it has answered."""
    began = time.thread_time()
    judge(*_facts(large), WINDOW_DAYS)
    assert time.thread_time() - began < _FIRST_S


def test_a_view_takes_a_third_of_a_second_and_shows_what_a_judgement_from_nothing_shows(large: Site) -> None:
    """Score, criteria, services and the days before should be those that the tables give; its age should be told."""
    eventually(lambda: "</title></rect>" in _view(large)[1], 60, "the score by day is there")
    views = [_view(large) for _ in range(5)]
    assert min(taken for taken, _ in views) < _VIEW_S
    shown = views[-1][1]
    facts, until = _facts(large)
    found, scores = judge(facts, until, WINDOW_DAYS), history(facts, until, WINDOW_DAYS, PAST_DAYS)
    assert f"<strong>{found.score} of 100.</strong>" in shown
    names = [re.sub("<[^>]*>", "", each) for each in re.findall(r"<summary><strong>(.*?)</strong>", shown)]
    assert [one.service for one in found.services][:100] == names
    assert [score for _, score in scores] == [int(each) for each in re.findall(r": (\d+)</title>", shown)]
    assert re.search(r"that was \d+ s ago|UTC counts\.", shown)


def test_the_services_that_are_not_listed_are_found_by_name_or_asked_for(large: Site) -> None:
    """A hundred are listed; one that is not should be found, and all of them be shown to whom asks."""
    assert "1000 services, 100 of them here" in re.sub(r"\s+", " ", _view(large)[1])
    last = _last(large)
    assert f">{last}<" in _view(large, f"/doctor?q={last}")[1]
    assert _SERVICES == _view(large, "/doctor?all=1")[1].count("<summary>")


def _last(site: Site) -> str:
    """The readiest service."""
    return judge(*_facts(site), WINDOW_DAYS).services[-1].service


def _facts(site: Site) -> tuple[Facts, int]:
    """What the tables hold now."""
    engine = open_database(site.settings.sink.database)
    with engine.connect() as connection:
        found = facts_until(connection, TenantSettings(name="default"), time.time_ns() // 1000)
    engine.dispose()
    return found
