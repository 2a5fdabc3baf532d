"""Owns reading the index of runbooks: a YAML list, or the front matter of Markdown pages.

A page of a runbook repository counts for the alert that its file is named after, where its title or its heading says
so too. Goes to: `sources.catalogs`, and for Markdown to `incidents publish catalog`.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Final

from schemas.events import Entity
from schemas.times import DAY, date_text, parse_time
from sources.catalog_names import names_in
from sources.documents import documents
from sources.fields import first_link, listing, mapping, text
from sources.reading import Item, Record, refuse
from streams.redact import Json, json_text

_FIELD: Final = "runbooks"
_REVIEW_DAYS: Final = 365
"""Days for which a review counts where the entry does not say."""
_MOST_DAYS: Final = 36_500
_FRONT: Final = re.compile(r"\A\ufeff?---[ \t]*\r?\n(?P<yaml>.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_HEADING: Final = re.compile(r"^# +(?P<title>\S[^\n]*?)[ \t\r]*$", re.MULTILINE)
_NO_ALERT: Final = frozenset({"", "readme", "index", "_index"})
_LINK: Final = (("link",), ("url",), ("runbook_url",))
_NAMED: Final = ("alert", "alerts", "service", "services")


def recognises(entry: Mapping[str, Json]) -> bool:
    """By the list under `runbooks`."""
    return _FIELD in entry and "kind" not in entry


def read(entry: Mapping[str, Json], path: str) -> Iterator[Item]:
    """One Entity for each line of the index."""
    for number, one in enumerate(listing(entry[_FIELD])):
        yield _runbook(mapping(one), f"{path}/{_FIELD}/{number}")
    if not listing(entry[_FIELD]):
        yield refuse(
            "no_list", "runbooks is a list of {alert, service, link, owner, reviewed}", dict(entry), path
        )


def front_matter(page: str, place: PurePath, base: str | None) -> Json:
    """The index entry of a Markdown page, as a document; None where it is the page of no alert or service.

    `place` is its path below the folder, `base` the address under which the folder is read.
    """
    found = _FRONT.match(page)
    document = next(documents(found["yaml"]), None) if found else None
    said = dict(mapping(document.value)) if document else {}
    heading, stem = _HEADING.search(page), place.stem
    if not any(said.get(field) for field in _NAMED):
        called = {_squeezed(text(said.get("title")) or ""), _squeezed(heading["title"] if heading else "")}
        if _squeezed(stem) not in called - _NO_ALERT:
            return None
        said["alert"] = stem
    if first_link(said, _LINK) is None and base:
        said["link"] = f"{base.rstrip('/')}/{place.as_posix()}"
    return {_FIELD: [{"name": stem, **said}]}


def _squeezed(name: str) -> str:
    return name.replace(" ", "").casefold()


def _runbook(said: Mapping[str, Json], path: str) -> Item:
    alerts, services = _both(said, "alert"), _both(said, "service")
    link = first_link(dict(said), _LINK)
    if not (alerts or services):
        return refuse("no_name", "alert or service is missing: what is it for?", dict(said), path)
    if link is None:
        return refuse("no_link", "link is no web address", dict(said), path)
    try:
        reviewed, due = _review(said)
    except ValueError as wrong:
        return refuse("no_time", f"{wrong}: a review date is written 2026-09-30", dict(said), path)
    name = text(said.get("name")) or "/".join((*alerts, *services))
    written: dict[str, Json] = {
        "runbook": name,
        "link": link,
        "owner": text(said.get("owner")),
        "alerts": [*alerts],
        "services": [*services],
        "reviewed": None if reviewed is None else date_text(reviewed),
        "review_due": None if due is None else date_text(due),
    }
    message = Entity(
        entity=f"runbook:{name}".lower(),
        kind="runbook",
        name=name,
        owner=text(said.get("owner")),
        runbook=link,
        link=link,
        about=tuple(
            f"{kind}:{one}".lower()
            for kind, names in (("alert", alerts), ("service", services))
            for one in names
        ),
        reviewed_at=reviewed,
        review_due_at=due,
        original=json_text(written),
    )
    return Record("catalog", (message.entity,), message, path)


def _both(said: Mapping[str, Json], field: str) -> list[str]:
    """What stands in the singular and in the plural."""
    return list(dict.fromkeys((*names_in(said.get(field)), *names_in(said.get(f"{field}s")))))


def _review(said: Mapping[str, Json]) -> tuple[int | None, int | None]:
    """When it was reviewed, and when it should be again. ValueError for what is no date or no number of days."""
    reviewed = _date(said, "reviewed") or _date(said, "last_reviewed")
    days = said.get("review_every_days", _REVIEW_DAYS)
    if isinstance(days, bool) or not isinstance(days, int) or not 0 < days <= _MOST_DAYS:
        raise ValueError("review_every_days is no number of days")
    due = _date(said, "review_due")
    return reviewed, reviewed + days * DAY if due is None and reviewed is not None else due


def _date(said: Mapping[str, Json], field: str) -> int | None:
    stated = text(said.get(field))
    if stated is None:
        return None
    return parse_time(stated if len(stated) > len("2026-09-30") else f"{stated}T00:00Z")
