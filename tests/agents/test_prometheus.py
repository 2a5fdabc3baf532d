"""Asking a real Prometheus, and one that misbehaves: a number only where one came, and an end to everything."""

import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from agents.prometheus import Prometheus
from schemas.answers import Answer
from schemas.settings import Settings
from schemas.times import MINUTE, parse_time
from streams.answering import answer_of
from streams.queries import queries_of
from tests import prometheus
from tests.agents.asked import HOSTILE, odd, packet_at, says, series, settings_of

ONSET = parse_time("2026-11-17T18:53:00Z")


@pytest.fixture(name="server", scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server over the requests of an incident."""
    if not prometheus.is_here():
        pytest.skip(prometheus.MISSING)
    with prometheus.serving(
        tmp_path_factory.mktemp("prometheus"), series(ONSET, ("payment", HOSTILE))
    ) as url:
        yield url


def _asked(settings: Settings, service: str = "payment", rule: str = "HighErrorRate") -> list[Answer]:
    """What comes of everything that a packet gives rise to."""
    client, [source] = Prometheus(settings.querier), settings.querier.prometheus
    try:
        queries = queries_of(packet_at(ONSET, service, rule), settings.querier)
        return [answer_of(query, client.ask(source, query), ONSET, "") for query in queries]
    finally:
        client.close()


def test_a_real_server_gives_the_share_of_errors_now_and_an_hour_before(server: str) -> None:
    """By its own arithmetic over its own series."""
    [errors, *_] = _asked(settings_of(server))
    assert "answered" == errors.outcome, errors.detail
    assert 0.29 < float(errors.value or 0) < 0.31
    assert 0.0019 < float(errors.before or 0) < 0.0021
    assert (60 * MINUTE, str(errors.value) in errors.original) == (errors.closes - errors.opens, True)


def test_what_no_series_exists_of_is_empty_and_no_number(server: str) -> None:
    """Latency has none here; nor has a service that nobody measures."""
    latency = next(answer for answer in _asked(settings_of(server)) if answer.aspect == "latency")
    assert ("empty", None, None) == (latency.outcome, latency.value, latency.before)
    assert {"empty"} == {answer.outcome for answer in _asked(settings_of(server), "unheard-of")}


def test_a_hostile_name_asks_for_itself_alone(server: str) -> None:
    """A label's value cannot end early: the server finds the very service, and nothing besides."""
    errors, *_ = _asked(settings_of(server), HOSTILE)
    assert ("answered", HOSTILE) == (errors.outcome, errors.service)


def test_no_number_comes_of_a_division_by_nothing(server: str) -> None:
    """What Prometheus calls NaN is not one."""
    templates = {"errors": {"title": "none", "unit": "share", "query": "vector(0) / vector(0)"}}
    errors, *_ = _asked(settings_of(server, templates=templates))
    assert ("no_number", None) == (errors.outcome, errors.value)


def test_what_the_server_refuses_says_why(server: str) -> None:
    """In the server's words."""
    templates = {"errors": {"title": "broken", "unit": "share", "query": "sum(("}}
    errors, *_ = _asked(settings_of(server, templates=templates))
    assert "refused" == errors.outcome
    assert "parse error" in errors.detail


def test_an_answer_that_is_too_large_is_left_where_it_is(server: str) -> None:
    """It is not read to its end."""
    templates = {"errors": {"title": "much", "unit": "share", "query": "http_requests_total"}}
    errors, *_ = _asked(settings_of(server, templates=templates, most_bytes=1_000))
    assert ("too_large", None) == (errors.outcome, errors.value)


def test_several_series_are_no_number(server: str) -> None:
    """None of them is picked."""
    templates = {
        "errors": {"title": "two", "unit": "share", "query": "http_requests_total{service=$service}"}
    }
    errors, *_ = _asked(settings_of(server, templates=templates))
    assert ("malformed", "2 series instead of one") == (errors.outcome, errors.detail)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (says(500, b"oh no"), "refused"),
        (says(302, b""), "refused"),
        (says(200, b"<html>a login page</html>"), "malformed"),
        (says(200, b'{"status":"success","data":{"result":[{"values":"x"}]}}'), "malformed"),
        (says(200, b'{"status":"success","data":{"result":[{"values":[[1e300,"1"]]}]}}'), "no_number"),
        (says(503, b'{"status":"error","errorType":"timeout","error":"query timed out"}'), "timed_out"),
        (says(200, b"\x1f\x8b" * 40), "malformed"),
        (says(200, b"x" * 2_000_000), "too_large"),
        (says(200, b"x" * 50, drop_s=0.1), "timed_out"),
        (says(200, b"x" * 2, drop_s=2.0), "timed_out"),
    ],
    ids=[
        "500",
        "redirect",
        "html",
        "wrong shape",
        "no such time",
        "own timeout",
        "bytes",
        "huge",
        "drips",
        "slow",
    ],
)
def test_whatever_a_server_does_there_is_no_number_and_an_end(
    answer: Callable[[BaseHTTPRequestHandler], None], outcome: str
) -> None:
    """Each failure by its name, within twice the time that the settings give it."""
    with odd(answer) as server:
        settings = settings_of(server.url, timeout_s=0.5, most_queries=1)
        began = time.monotonic()
        [came] = _asked(settings)
        took = time.monotonic() - began
    assert (outcome, None, None) == (came.outcome, came.value, came.before)
    assert took < 3.0
    assert len(came.original) < 10_000
    assert 1 == len(server.asked)


def test_nobody_there_is_said() -> None:
    """No connection."""
    [came] = _asked(settings_of("http://127.0.0.1:9", timeout_s=0.5, most_queries=1))
    assert ("unreachable", "ConnectError") == (came.outcome, came.detail)
