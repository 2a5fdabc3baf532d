"""Owns reading CloudEvents: each event is given to the reader of its type, and named by its source and id.

Read are CDEvents, AWS's events, flagd's and those that carry an SNS message. May not: guess what an unknown
type means; such an event is refused and kept, since it might have been a change.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from sources import flagd
from sources.aws import aws_event
from sources.cdevents import cd_event, is_cd_event
from sources.cloudevent_modes import events
from sources.fields import at, first_moment, first_text, literal, mapping
from sources.occurrence import Occurrence
from sources.reading import Ignored, Item, Reading, reading_of, refuse
from streams.redact import Json, redact

_CONTEXT: Final = ("data", "context")
"""Where a CDEvent repeats what names it, and where alone it stands when it comes without an envelope."""
_READ: Final = "read are dev.cdevents.*, AWS's events and dev.flagd.flags.changed"


def read(body: Json, headers: Mapping[str, str], received_at: int) -> Reading:
    """What each event of the delivery says, by its type."""
    if body == []:
        return Reading(ignored=(Ignored("empty", "the batch holds no event"),))
    found = events(body, headers)
    return reading_of([item for path, event in found for item in _event(event, path, received_at)])


def _event(event: Json, path: str, received_at: int) -> Iterator[Item]:
    whole = {"data": event} if is_cd_event(event) else event
    if not isinstance(whole, dict):
        yield refuse("not_an_object", "a CloudEvent is a JSON object", event, path)
    elif whole.get("type") == flagd.EVENT_TYPE:
        read_as = flagd.read(whole, {}, received_at)
        items: tuple[Item, ...] = (*read_as.records, *read_as.refused, *read_as.ignored)
        yield from (replace(item, path=f"{path}{item.path}") for item in items)
    elif "detail-type" in whole and "specversion" not in whole:
        detail = "this is an event of EventBridge without a CloudEvent around it: send it to /v1/eventbridge"
        yield refuse("eventbridge", detail, event, path)
    else:
        yield _by_type(redact(whole), path)


def _by_type(original: Json, path: str) -> Item:
    """Read from the redacted event alone, so that whatever is claimed stands in it."""
    source = first_text(original, (("source",), (*_CONTEXT, "source")))
    identity = first_text(original, (("id",), (*_CONTEXT, "id")))
    if source is None or identity is None:
        return refuse("no_name", "source or id is missing, by which a CloudEvent is known", original, path)
    data = at(original, ("data",))
    occurrence = Occurrence(
        source="cloudevents",
        source_ref=f"cloudevents:{source}/{identity}",
        original=original,
        data=data,
        sent_at=first_moment(original, (("time",), (*_CONTEXT, "timestamp"))),
        path=path,
    )
    if is_cd_event(data):
        return cd_event(occurrence)
    if "detail-type" in mapping(data):
        return aws_event(occurrence)
    kind = literal(at(original, ("type",)))
    return refuse("other_type", f"nothing here reads CloudEvents of type {kind}; {_READ}", original, path)
