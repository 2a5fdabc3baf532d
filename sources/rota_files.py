"""Owns making what is sent of a catalog file: calendars written out as shifts, Markdown as its front matter.

It follows addresses because the user's own file names them; the gateway never does. Goes to: `incidents publish
catalog`.
"""

import time
from pathlib import Path, PurePath
from typing import Final

import httpx
import orjson

from sources.calendars import BadCalendar, shifts_in
from sources.documents import documents
from sources.fields import mapping, text
from sources.rotas import BadRota, recognises, shifts_of, span_of, written_out
from sources.runbooks import front_matter
from streams.redact import Json

MARKDOWN: Final = ".md"
_LIMIT: Final = 5_000_000
"""Bytes of the largest calendar that is read."""
_SECONDS: Final = 10.0
"""How long one calendar may take, from the first connection to the last byte."""


def sendable(path: Path, content: bytes, place: PurePath, base: str | None, now: int) -> bytes | None:
    """What of a catalog file is sent to the gateway; None for a page that is no runbook.

    `place` is its path below the folder, `base` the address under which runbooks are read, `now` in microseconds.
    """
    if path.suffix == MARKDOWN:
        document = front_matter(content.decode("utf-8", "replace"), place, base)
        return None if document is None else orjson.dumps(document)
    found = [*documents(content.decode("utf-8", "replace"))]
    if not any(_is_dated(one.value) for one in found):
        return content
    return orjson.dumps(
        [one.text if one.wrong is not None else _concrete(one.value, path.parent, now) for one in found]
    )


def _is_dated(value: Json) -> bool:
    """A rota whose shifts depend on the day on which it is sent."""
    return isinstance(value, dict) and recognises(value) and not {"calendar", "people"}.isdisjoint(value)


def _concrete(value: Json, folder: Path, now: int) -> Json:
    """The document with its shifts written out; where that cannot be, with the reason, which the gateway refuses."""
    entry = mapping(value)
    name, team, calendar = text(entry.get("rota")), text(entry.get("team")), text(entry.get("calendar"))
    if not _is_dated(value) or name is None or team is None:
        return value
    try:
        opens, closes = span_of(entry, now)
        if calendar is None:
            return written_out(name, team, shifts_of(entry, opens, closes), closes)
        return written_out(name, team, shifts_in(_calendar(calendar, folder), opens, closes), closes)
    except (BadCalendar, BadRota, OSError, httpx.HTTPError, httpx.InvalidURL) as problem:
        return {"rota": name, "team": team, "problem": _why(problem)}


def _why(problem: Exception) -> str:
    """In one line without the address, which lets anybody read the calendar."""
    if isinstance(problem, httpx.HTTPStatusError):
        return f"the calendar's server answered {problem.response.status_code}"
    if isinstance(problem, OSError):
        return f"the calendar's file: {problem.strerror}"
    own = isinstance(problem, BadCalendar | BadRota)
    return str(problem) if own else f"the calendar's server: {type(problem).__name__}"


def _calendar(address: str, folder: Path) -> bytes:
    """The bytes of a calendar, by its address or its path beside the file that names it."""
    if address.startswith(("http://", "https://")):
        return _fetched(address)
    path = folder / address
    if path.stat().st_size > _LIMIT:
        raise BadCalendar(f"larger than {_LIMIT} bytes")
    return path.read_bytes()


def _fetched(address: str) -> bytes:
    """A feed over HTTP, within the limits of time and size. Raises BadCalendar or what httpx raises."""
    end, kept = time.monotonic() + _SECONDS, bytearray()
    with (
        httpx.Client(follow_redirects=True, max_redirects=3, timeout=_SECONDS) as client,
        client.stream("GET", address) as response,
    ):
        response.raise_for_status()
        for chunk in response.iter_bytes():
            kept += chunk
            if len(kept) > _LIMIT:
                raise BadCalendar(f"larger than {_LIMIT} bytes")
            if time.monotonic() > end:
                raise BadCalendar(f"took longer than {_SECONDS:g} s")
    return bytes(kept)


def is_dated(path: Path, content: bytes) -> bool:
    """True where what a file says depends on the day: it has to be sent again though it has not changed."""
    return path.suffix != MARKDOWN and any(
        _is_dated(one.value) for one in documents(content.decode("utf-8", "replace"))
    )
