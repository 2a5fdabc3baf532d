"""Owns reading flag changes of flagd: a CloudEvent with the whole document before and after.

flagd itself sends no event; whoever publishes a new document sends `dev.flagd.flags.changed` with both, in
structured, binary or batched mode (https://github.com/cloudevents/spec). One Change for each flag that
differs; the flags are compared as they came, and shown redacted.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from schemas.events import Change
from sources.fields import Path, at, first_text, mapping, moment, text
from sources.flagd_flags import Difference, differences, flags_of
from sources.reading import Ignored, Item, Reading, Record, reading_of, refuse
from sources.telling import quoted
from streams.redact import Json, json_text, redact

EVENT_TYPE: Final = "dev.flagd.flags.changed"

_CONTEXT: Final = ("specversion", "id", "source", "type", "time", "subject", "environment", "actor", "link")
"""Attributes that each flag's original keeps; the last three are extensions."""
_ENVIRONMENT: Final[tuple[Path, ...]] = (("environment",), ("data", "metadata", "environment"))


def read(body: Json, headers: Mapping[str, str], received_at: int) -> Reading:  # noqa: ARG001 - the contract
    """One Change a differing flag, its path the flag's key; a note where documents do not differ."""
    if body == []:
        return Reading(ignored=(Ignored("empty", "the batch holds no event"),))
    if isinstance(body, list):
        return reading_of([item for n, event in enumerate(body) for item in _event(event, f"/{n}")])
    return reading_of(list(_event(_structured(body, headers), "")))


def _structured(body: Json, headers: Mapping[str, str]) -> Json:
    """In binary mode the attributes are headers and the body is the data."""
    if "ce-type" not in headers or at(body, ("specversion",)) is not None:
        return body
    attributes: dict[str, Json] = {
        field: headers[f"ce-{field}"] for field in _CONTEXT if f"ce-{field}" in headers
    }
    return {**attributes, "data": body}


def _event(event: Json, path: str) -> Iterator[Item]:
    if not isinstance(event, dict):
        yield refuse("not_an_object", "a CloudEvent is a JSON object", event, path)
        return
    problem = _problem(event)
    if problem:
        yield refuse(*problem, event, path)
        return
    if at(event, ("data", "before")) is None:
        yield Ignored("first_document", "there is no document before, so nothing to compare", path)
        return
    yield from _changes(event, path)


def _problem(event: Mapping[str, Json]) -> tuple[str, str] | None:
    if event.get("type") != EVENT_TYPE:
        return "other_type", f"the CloudEvent's type is {quoted(event.get('type'))}, not {EVENT_TYPE}"
    if moment(event.get("time")) is None:
        return "no_time", "the CloudEvent has no time, by which the change would be known"
    data = mapping(event.get("data"))
    for side in ("before", "after"):
        if data.get(side) is not None and flags_of(data[side]) is None:
            return "no_flags", f"data.{side} is no flagd document: it has no `flags`"
    return None if data.get("after") is not None else ("no_after", "data.after, the new document, is missing")


def _changes(event: Mapping[str, Json], path: str) -> Iterator[Item]:
    found = list(differences(at(dict(event), ("data", "before")), at(dict(event), ("data", "after"))))
    for difference in found:
        yield _record(event, difference, f"{path}/data/after/flags/{_pointer(difference.key)}")
    if not found:
        yield Ignored("no_difference", "no flag differs between the two documents", f"{path}/data")


def _pointer(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _record(event: Mapping[str, Json], difference: Difference, path: str) -> Item:
    context = {field: event[field] for field in _CONTEXT if field in event}
    original = redact({**context, "data": difference.original()})
    shown = difference.shown(mapping(at(original, ("data",))))
    before, after = shown.words()
    time = text(event.get("time"))
    effective_at = moment(time)
    if shown.key == "" or effective_at is None:
        return refuse("no_key", "a flag without a name", original, path)
    message = Change(
        kind="flag",
        source="flagd",
        source_ref=f"flagd:{shown.key}@{time}",
        suspectable=shown.matters,
        verdict="" if shown.matters else "only its description or metadata changed",
        target=f"flag/{shown.key}",
        environment=first_text(original, _ENVIRONMENT),
        references=(f"flag:{shown.key}",),
        title=shown.title(),
        before=before,
        after=after,
        actor=first_text(original, (("actor",),)),
        effective_at=effective_at,
        notified_at=effective_at,
        original=json_text(original),
    )
    return Record("flags", (shown.key,), message, path)
