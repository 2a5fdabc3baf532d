"""One client cannot take the page from the others: too many requests are 429, slow ones are cut."""

import asyncio
import contextlib
import socket

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from sinks.page.bounds import Pace
from tests.sinks.page.site import Site, running, settings_for
from wire.listening import patience

_PIECE, _PIECES = 1 << 20, 64
_WHOLE = _PIECE * _PIECES


def test_a_pace_lets_a_burst_through_and_then_its_share() -> None:
    """Six seconds' worth at once; one client's haste is not another's."""
    pace = Pace(per_s=0.5)
    assert [True, True, True, False] == [pace.allows("one") for _ in range(4)]
    assert pace.allows("other")


def test_too_many_requests_are_429_and_say_when_to_come_again(site: Site) -> None:
    """Known readers and those who try tokens alike."""
    settings = settings_for(site.settings.kafka, site.settings.sink.database, requests_per_s=1.0)
    with running(settings) as strict, strict.client() as browser, strict.client(None) as stranger:
        answers = [browser.get("/") for _ in range(9)]
        assert {200, 429} == {answer.status_code for answer in answers}
        assert answers[-1].headers["retry-after"]
        tries = [stranger.post("/login", data={"token": f"guess {n}"}).status_code for n in range(9)]
        assert (401, 429) == (tries[0], tries[-1])


def test_no_more_pages_are_kept_up_to_date_than_set(site: Site) -> None:
    """One more stream is 429; the others stay."""
    settings = settings_for(site.settings.kafka, site.settings.sink.database, max_streams=1)
    with (
        running(settings) as strict,
        strict.client() as browser,
        browser.stream("GET", "/stream") as open_one,
    ):
        lines = open_one.iter_lines()
        assert next(lines)
        assert 429 == strict.get("/stream").status_code


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET / HTTP/1.1\r\nhost: x\r\n", b"GET /login HTTP/1.1\r\nhost: x\r\n\r\nGET /"],
    ids=["nothing", "half a request", "half of a second one"],
)
def test_a_client_that_sends_too_slowly_is_cut(site: Site, sent: bytes) -> None:
    """Its connection should not be held for ever."""
    settings = settings_for(site.settings.kafka, site.settings.sink.database, slow_s=0.5)
    with running(settings) as strict, socket.create_connection(("127.0.0.1", settings.page.port)) as slow:
        slow.settimeout(60)
        slow.sendall(sent)
        assert strict.process.poll() is None
        assert _until_cut(slow)


def test_a_client_that_takes_nothing_is_cut() -> None:
    """An answer that nobody reads should not stay in the memory: its connection ends before its last byte."""
    assert asyncio.run(_taken_late()) < _WHOLE


async def _large(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(_PIECES):
        await send({"type": "http.response.body", "body": bytes(_PIECE), "more_body": True})
    await send({"type": "http.response.body"})


async def _taken_late() -> int:
    """How many bytes come to a client that begins to read only when the server has let go of it."""
    server = uvicorn.Server(uvicorn.Config(_large, http=patience(0.3), lifespan="off", log_config=None))
    listening = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    client = socket.create_connection(listening.getsockname())
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(client, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    while not server.server_state.connections:  # noqa: ASYNC110 - uvicorn tells nobody
        await asyncio.sleep(0.01)
    while server.server_state.connections:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.01)
    taken = 0
    with contextlib.suppress(ConnectionError):
        while piece := await loop.sock_recv(client, _PIECE):
            taken += len(piece)
    client.close()
    server.should_exit = True
    await serving
    return taken


def _until_cut(slow: socket.socket) -> bool:
    try:
        while slow.recv(65_536):
            pass
    except ConnectionResetError:
        pass
    return True


def test_what_is_refused_for_a_bound_is_counted_under_its_name(site: Site) -> None:
    """As the other bounds of the program are, beside how much there may be."""
    settings = settings_for(
        site.settings.kafka, site.settings.sink.database, requests_per_s=0.5, max_streams=1
    )
    with running(settings) as strict, strict.client() as browser, browser.stream("GET", "/stream") as one:
        lines = one.iter_lines()
        assert next(lines)
        assert 429 == strict.get("/stream").status_code
        refused = [strict.get("/doctor").status_code for _ in range(12)].count(429)
        assert refused
        told = httpx.get(strict.metrics, timeout=10).text
    for name, most, hits in (("reader_requests", 0.5, refused), ("page_streams", 1.0, 1)):
        assert f'incidents_limit{{limit="{name}"}} {most}' in told
        assert f'incidents_limit_hits_total{{limit="{name}"}} {float(hits)}' in told
    assert 'incidents_limit_used{limit="page_streams"} 1.0' in told
    assert 'incidents_page_requests_total{code="429",page="doctor"}' in told
