"""Streams: what is new comes by itself, once, and a reconnect is told only what it has not heard."""

from collections.abc import Iterator

import httpx
import pytest

from schemas.settings import KafkaSettings
from tests.sinks.page.site import Site, fill, incident, running, settings_for, short, store

Event = dict[str, str]


@pytest.fixture
def own(audited: KafkaSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A page over tables of the test's own."""
    database = f"sqlite:///{tmp_path_factory.mktemp('live')}/incidents.db"
    fill(database)
    with running(settings_for(audited, database)) as there:
        yield there


def _events(answer: httpx.Response) -> Iterator[Event]:
    said: Event = {}
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        if not line and "event" in said:
            yield said
            said = {}
        elif name in {"event", "id", "data"}:
            said[name] = f"{said[name]}\n{value}" if name in said else value


def test_a_new_incident_comes_into_an_open_list_and_a_reconnect_hears_nothing_twice(own: Site) -> None:
    """One event for what is there, one for what is new; whoever knows the last one waits for the next."""
    with own.client() as browser, browser.stream("GET", "/stream?q=late") as answer:
        events = _events(answer)
        assert "Nothing fits" in next(events)["data"]
        store(own.settings.sink.database, [incident("late", title="late to the party")])
        came = next(events)
        assert ("list", True) == (came["event"], short("late") in came["data"])
    known = {"last-event-id": came["id"]}
    with own.client() as browser, browser.stream("GET", "/stream?q=late", headers=known) as answer:
        store(own.settings.sink.database, [incident("later", title="late as well")])
        again = next(_events(answer))
        assert again["id"] != came["id"]
        assert short("later") in again["data"]


def test_a_list_hears_nothing_of_what_its_reader_may_not_see(own: Site) -> None:
    """The first event that comes should be the one that is theirs."""
    with own.client("fares") as browser, browser.stream("GET", "/stream") as answer:
        events = _events(answer)
        next(events)
        store(own.settings.sink.database, [incident("hidden", owner="team-crew")])
        store(own.settings.sink.database, [incident("shown")])
        came = next(events)["data"]
        assert (True, False) == (short("shown") in came, short("hidden") in came)


def test_an_open_incident_hears_that_there_is_a_revision_and_nothing_of_what_is_in_it(own: Site) -> None:
    """The packet itself is only shown by a look that is on record."""
    with own.client() as browser, browser.stream("GET", f"/incidents/{short('one')}/stream") as answer:
        events = _events(answer)
        assert "2 settled open" == next(events)["data"]
        store(own.settings.sink.database, [incident("one", 3, state="resolved")])
        assert "3 settled resolved" == next(events)["data"]


def test_the_page_ends_while_somebody_listens(own: Site) -> None:
    """An open stream should not hold up the end."""
    with own.client() as browser, browser.stream("GET", "/stream") as answer:
        assert next(_events(answer))
        own.process.terminate()
        assert 0 == own.process.wait(60)
