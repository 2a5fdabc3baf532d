"""Owns reading GitHub's `deployment` webhook beside `deployment_status`: somebody asked for a deploy.

Source: https://docs.github.com/webhooks/webhook-events-and-payloads#deployment. A creation is not a deploy: it is
kept as started, under the name that its statuses will have, and cannot be to blame.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import orjson

from schemas.events import Change
from sources import github
from sources.fields import at, mapping
from sources.reading import Item, Reading, Record, reading_of, refuse
from streams.redact import Json, json_text

_EVENT: Final = "deployment"
_NOT_YET: Final = "queued"
"""The status that a deployment has until its first one comes."""
_CREATED: Final = "created"


def read(body: Json, headers: Mapping[str, str], received_at: int) -> Reading:
    """One Change for a `deployment` or a `deployment_status`; other events are ignored with the reason."""
    if headers.get(github.EVENT_HEADER) != _EVENT:
        return github.read(body, headers, received_at)
    if not isinstance(at(body, ("deployment",)), dict):
        return Reading(refused=(refuse("not_a_deployment", "the object `deployment` is missing", body),))
    status: dict[str, Json] = {"state": _NOT_YET, "created_at": at(body, ("deployment", "created_at"))}
    as_status: Json = {**mapping(body), "deployment_status": status}
    read_as = github.read(as_status, {github.EVENT_HEADER: "deployment_status"}, received_at)
    return reading_of([*(_created(record) for record in read_as.records), *read_as.refused, *read_as.ignored])


def _created(record: Record) -> Item:
    """The same, without the status that nobody has sent."""
    message = record.message
    if not isinstance(message, Change):
        return record
    sent = {
        name: value
        for name, value in mapping(orjson.loads(message.original)).items()
        if name != "deployment_status"
    }
    title = f"{message.title.removesuffix(_NOT_YET)}{_CREATED}"
    return replace(record, message=message.model_copy(update={"title": title, "original": json_text(sent)}))
