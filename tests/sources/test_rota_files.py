"""What of a file is sent: calendars by path or address, within limits; Markdown as its front matter; else as it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePath
from threading import Event, Thread

import orjson
import pytest

from schemas.times import parse_time
from sources import rota_files
from sources.catalogs import read
from sources.fields import at, listing, text
from sources.rota_files import is_dated, sendable
from streams.redact import Json
from tests.sources.test_rotas import FEED

NOW = parse_time("2026-02-03T10:00:00Z")
_NEVER = Event()


class _Feeds(BaseHTTPRequestHandler):
    """A feed, one that has moved, one too large, one too slow, one that is gone."""

    def do_GET(self) -> None:
        """What each path answers."""
        path = self.path.partition("?")[0]
        if path == "/moved":
            self.send_response(302)
            self.send_header("location", "/feed")
        else:
            self.send_response(404 if path == "/gone" else 200)
        self.end_headers()
        if path == "/feed":
            self.wfile.write(FEED)
        if path == "/large":
            self.wfile.write(b"x" * 6_000_000)
        if path == "/slow":
            _NEVER.wait(1)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def _serving() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Feeds)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def feeds() -> Iterator[str]:
    """A server of calendars on this machine."""
    with _serving() as url:
        yield url


def _sent(folder: Path, text: str) -> list[Json]:
    path = folder / "rotas.yaml"
    path.write_text(text, "utf-8")
    body = sendable(path, path.read_bytes(), PurePath("rotas.yaml"), None, NOW)
    assert body is not None
    documents: list[Json] = orjson.loads(body)
    return documents


def _persons(document: Json) -> list[str | None]:
    return [text(at(shift, ("person",))) for shift in listing(at(document, ("shifts",)))]


def test_what_has_no_calendar_and_no_turns_is_sent_as_it_is(tmp_path: Path) -> None:
    """Byte for byte, with its comments and its mistakes."""
    content = b"kind: Component # x\nmetadata: {name: a}\n---\n[\n"
    path = tmp_path / "catalog.yaml"
    assert content == sendable(path, content, PurePath("catalog.yaml"), None, NOW)
    assert not is_dated(path, content)


@pytest.mark.parametrize("address", ["{url}/feed", "{url}/moved", "on-call.ics"])
def test_a_calendar_is_written_out_as_shifts(address: str, feeds: str, tmp_path: Path) -> None:
    """By its address, also where that has moved, or by its path beside the file."""
    (tmp_path / "on-call.ics").write_bytes(FEED)
    where = address.format(url=feeds)
    rota, other = _sent(
        tmp_path, f"rota: p\nteam: t\ncalendar: {where}\n---\nkind: Component\nmetadata: {{name: a}}\n"
    )
    assert {"A. Osei", "D. Ito", "k.lam"} == set(_persons(rota))
    assert {"kind": "Component", "metadata": {"name": "a"}} == other
    assert where not in orjson.dumps(rota).decode()
    (record,) = read(rota, {}, NOW).records
    assert record.key == ("rota:p",)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/gone", "answered 404"),
        ("/large", "larger than"),
        ("/slow", "took longer|ReadTimeout"),
        ("/feed", ""),
    ],
)
def test_a_calendar_that_cannot_be_had_is_told_without_its_address(
    path: str, words: str, feeds: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rota is refused with the reason, so that what was known stays in force; the others are sent."""
    monkeypatch.setattr(rota_files, "_SECONDS", 0.5)
    turns = "rota: q\nteam: t\npeople: [a]\nstarts: 2026-01-05T09:00:00Z\ndays: 7\n"
    documents = _sent(tmp_path, f"rota: p\nteam: t\ncalendar: {feeds}{path}?secret=s3cr3t\n---\n{turns}")
    reading = read(documents, {}, NOW)
    if words:
        (refused,) = reading.refused
        assert any(word in refused.detail for word in words.split("|"))
        assert "s3cr3t" not in refused.detail + refused.original
    assert ["rota:q"] == [record.key[0] for record in reading.records][-1:]


@pytest.mark.parametrize("address", ["missing.ics", "http://127.0.0.1:9/", "https://[", "."])
def test_an_address_that_leads_nowhere_is_refused_too(address: str, tmp_path: Path) -> None:
    """No file, nobody who answers, no address, a folder."""
    (document,) = _sent(tmp_path, f"rota: p\nteam: t\ncalendar: '{address}'\n")
    assert ["bad_rota"] == [one.reason for one in read(document, {}, NOW).refused]


def test_turns_are_written_out_for_the_day(tmp_path: Path) -> None:
    """The same all day, and other shifts tomorrow: such a file is sent again."""
    path, text = (
        tmp_path / "r.yaml",
        b"rota: q\nteam: t\npeople: [a, b]\nstarts: 2026-01-05T09:00:00Z\ndays: 7\n",
    )
    today, later, tomorrow = (
        sendable(path, text, PurePath("r.yaml"), None, NOW + hours * 3_600_000_000) for hours in (0, 12, 24)
    )
    assert (today == later, today == tomorrow) == (True, False)
    assert is_dated(path, text)


def test_a_bad_document_beside_a_calendar_is_still_refused(feeds: str, tmp_path: Path) -> None:
    """Under its own place."""
    documents = _sent(tmp_path, f"[\n---\nrota: p\nteam: t\ncalendar: {feeds}/feed\n")
    assert ["/0"] == [one.path for one in read(documents, {}, NOW).refused]


def test_markdown_is_sent_as_its_front_matter(tmp_path: Path) -> None:
    """Or not at all, where it is about no alert and no service."""
    page = b"---\ntitle: Disk Full\n---\n# DiskFull\n"
    body = sendable(tmp_path / "DiskFull.md", page, PurePath("node/DiskFull.md"), "https://x/docs", NOW)
    assert {
        "runbooks": [
            {
                "name": "DiskFull",
                "title": "Disk Full",
                "alert": "DiskFull",
                "link": "https://x/docs/node/DiskFull.md",
            }
        ]
    } == orjson.loads(body or b"")
    assert sendable(tmp_path / "a.md", b"# Notes\n", PurePath("a.md"), None, NOW) is None
    assert not is_dated(tmp_path / "a.md", page)
