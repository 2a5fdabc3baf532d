"""Owns reading events of AWS EventBridge that an API destination posts as they are, without a CloudEvent around.

May not: know a `detail-type`; `sources.aws` does. An event is named `eventbridge:<source>/<id>`.
"""

from collections.abc import Mapping

from sources.aws import aws_event
from sources.fields import at, moment, text
from sources.occurrence import Occurrence
from sources.reading import Ignored, Item, Reading, reading_of, refuse
from streams.redact import Json, redact


def read(body: Json, headers: Mapping[str, str], received_at: int) -> Reading:  # noqa: ARG001 - the contract
    """What the event says, or each of a list of them."""
    if body == []:
        return Reading(ignored=(Ignored("empty", "the list holds no event"),))
    if isinstance(body, list):
        return reading_of([_item(event, f"/{number}") for number, event in enumerate(body)])
    return reading_of([_item(body, "")])


def _item(event: Json, path: str) -> Item:
    """Read from the redacted event alone, so that whatever is claimed stands in it."""
    if not isinstance(event, dict) or "detail-type" not in event:
        detail = "there is no detail-type: is it an event of EventBridge, sent without an input transformer?"
        return refuse("not_an_event", detail, event, path)
    original = redact(event)
    source, identity = text(at(original, ("source",))), text(at(original, ("id",)))
    if source is None or identity is None:
        return refuse("no_name", "source or id is missing, by which an event is known", original, path)
    occurrence = Occurrence(
        source="eventbridge",
        source_ref=f"eventbridge:{source}/{identity}",
        original=original,
        data=original,
        sent_at=moment(at(original, ("time",))),
        path=path,
    )
    return aws_event(occurrence)
