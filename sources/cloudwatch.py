"""Owns reading alarms of CloudWatch that come over SNS: an alarm is JSON in a text of the JSON that SNS sends.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html. Read are SNS's own form, the
alarm alone (raw message delivery) and the records that a Lambda function is given. May not: follow an address
that a body names, so subscriptions are not confirmed here.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import orjson

from sources.cloudwatch_alarm import Alarm, alarm_item
from sources.fields import at, listing, mapping, moment, text
from sources.reading import Ignored, Item, Reading, reading_of, refuse
from sources.telling import quoted
from streams.redact import Json, redact

_ENVELOPE: Final = ("Type", "MessageId", "TopicArn", "Subject", "Timestamp")
"""What the original keeps of SNS's form: signatures and addresses to unsubscribe are left out."""
_CONFIRMATIONS: Final = ("SubscriptionConfirmation", "UnsubscribeConfirmation")


def read(body: Json, headers: Mapping[str, str], received_at: int) -> Reading:  # noqa: ARG001 - the contract
    """One Alert a message; confirmations are ignored with the reason."""
    records = at(body, ("Records",))
    if isinstance(records, list):
        if not records:
            return Reading(ignored=(Ignored("empty", "there is no record", "/Records"),))
        return reading_of([_item(at(one, ("Sns",)), f"/Records/{n}") for n, one in enumerate(records)])
    return reading_of([_item(body, "")])


def _item(envelope: Json, path: str) -> Item:
    if not isinstance(envelope, dict):
        return refuse("not_an_object", "a message of SNS is a JSON object", envelope, path)
    kind = text(envelope.get("Type"))
    if kind in _CONFIRMATIONS:
        detail = (
            f"{kind} of {quoted(envelope.get('TopicArn'))}: confirm it in AWS; no address is followed here"
        )
        return Ignored("confirmation", detail, path)
    kept: dict[str, Json] = {field: envelope[field] for field in _ENVELOPE if field in envelope}
    inside = _parsed(envelope.get("Message")) if "Message" in envelope else envelope
    original = redact({**kept, "Message": inside})
    message = at(original, ("Message",))
    if not isinstance(message, dict) or "AlarmName" not in message:
        return refuse(
            "not_an_alarm", "Message is no alarm of CloudWatch: AlarmName is missing", original, path
        )
    sent_at = moment(at(original, ("Timestamp",)))
    return alarm_item(_alarm(message), original, "cloudwatch", sent_at, path)


def _parsed(message: Json) -> Json:
    """The JSON in the text, or what stands there instead."""
    if not isinstance(message, str):
        return message
    try:
        value: Json = orjson.loads(message.encode("utf-8", "replace"))
    except orjson.JSONDecodeError:
        return message
    return value


def _alarm(message: Mapping[str, Json]) -> Alarm:
    named = {
        field: text(message.get(field)) or "" for field in ("AlarmName", "AlarmArn", "AWSAccountId", "Region")
    }
    identity = named["AlarmArn"] or "/".join(part for part in list(named.values())[::-1] if part)
    return Alarm(
        name=named["AlarmName"],
        identity=identity,
        state=text(message.get("NewStateValue")) or "",
        state_before=text(message.get("OldStateValue")) or "",
        changed=text(message.get("StateChangeTime")) or "",
        since="",
        reason=text(message.get("NewStateReason")) or "",
        description=text(message.get("AlarmDescription")) or "",
        dimensions=dict(_dimensions(message.get("Trigger"))),
    )


def _dimensions(trigger: Json) -> Iterator[tuple[str, str]]:
    """Of the alarm's metric, or of every metric that its expression takes."""
    metrics = [at(one, ("MetricStat", "Metric")) for one in listing(at(trigger, ("Metrics",)))]
    for metric in (trigger, *metrics):
        for dimension in listing(at(metric, ("Dimensions",))):
            said = mapping(dimension)
            name, value = text(said.get("name")), text(said.get("value"))
            if name and value:
                yield name, value
