"""Owns reading Grafana's unified alerting webhook: one Alert for each alert of the group, firing or resolved.

Source: https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier.
The body is that of Alertmanager's webhook with more fields; it says version "1" and has an `orgId`. Read as
such, and then named Grafana's, with the values that only Grafana states.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import orjson

from schemas.events import Alert
from sources import alertmanager
from sources.fields import at, listing, literal, mapping, text
from sources.reading import Ignored, Item, Reading, Record, reading_of, refuse
from streams.redact import Json, json_text, redact

_TEST: Final = ("TestAlert", "Grafana")
"""`alertname` and `instance` of what the button "Test" of a contact point sends."""
_REPEATS: Final = frozenset(("silenceURL", "imageURL"))
"""Addresses that hold the labels once more, or a picture."""
_MEASURED: Final = re.compile(r"\bvalue=(-?[0-9][0-9.e+-]*)")
"""In `valueString`: `[ var='B' labels={...} value=17 ]`, one for each query."""
_WORDS: Final[Mapping[str, str]] = {
    "not_an_object": "a Grafana webhook is a JSON object",
    "no_alerts": "there is no list `alerts`: is this Grafana's unified alerting?",
    "truncated": "Grafana left out {0} alerts of this group: raise Max alerts of the contact point",
}
"""Alertmanager's reasons, in words for people who run Grafana."""


def read(body: Json, headers: Mapping[str, str], received_at: int) -> Reading:
    """One Alert a member of `alerts`; a contact point's test and what Grafana left out are noted."""
    if isinstance(body, dict) and "orgId" not in body:
        detail = "orgId is missing, so this is no webhook of Grafana's unified alerting: Alertmanager has its own route"
        return Reading(refused=(refuse("not_grafana", detail, body),))
    organisation = mapping(body).get("orgId")
    read_as = alertmanager.read(_as_alertmanagers(body), headers, received_at)
    left_out = literal(mapping(body).get("truncatedAlerts"))
    items: list[Item] = [_item(record, organisation) for record in read_as.records]
    items += [replace(one, detail=_said(one.reason, one.detail, left_out)) for one in read_as.refused]
    items += [replace(one, detail=_said(one.reason, one.detail, left_out)) for one in read_as.ignored]
    return reading_of(items)


def _as_alertmanagers(body: Json) -> Json:
    """The body as Alertmanager would write it: without what only Grafana has and what only repeats."""
    if not isinstance(body, dict):
        return body
    plain = {key: value for key, value in body.items() if key != "orgId"}
    alerts = plain.get("alerts")
    return {**plain, "alerts": [_plain(alert) for alert in alerts]} if isinstance(alerts, list) else plain


def _plain(alert: Json) -> Json:
    if not isinstance(alert, dict):
        return alert
    return {key: value for key, value in alert.items() if key not in _REPEATS}


def _said(reason: str, detail: str, left_out: str) -> str:
    return _WORDS.get(reason, detail).replace("{0}", left_out)


def _item(record: Record, organisation: Json) -> Item:
    message = record.message
    if not isinstance(message, Alert):
        return record
    if (message.name, message.labels.get("instance")) == _TEST:
        return Ignored("test", "a contact point was tested; nothing has failed", record.path)
    return replace(record, message=_alert(message, organisation), value=None)


def _alert(read_as: Alert, organisation: Json) -> Alert:
    """The same alert under its own name. Read from the redacted original alone."""
    whole = {**mapping(orjson.loads(read_as.original)), "orgId": redact(organisation)}
    shown = listing(whole.get("alerts"))[0]
    named = {"source": "grafana", "source_ref": f"grafana:{read_as.source_ref.partition(':')[2]}"}
    said = {"value": read_as.value or _measured(shown), "original": json_text(whole)}
    return read_as.model_copy(update={**named, **said})


def _measured(alert: Json) -> str | None:
    """The first query's value, as it stands in `valueString` or in `values`."""
    found = _MEASURED.search(text(at(alert, ("valueString",))) or "")
    values = mapping(at(alert, ("values",)))
    numbers = (text(values[query]) for query in sorted(values) if not isinstance(values[query], str))
    return found[1] if found else next((number for number in numbers if number), None)
