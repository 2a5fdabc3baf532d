"""Owns reading Opsgenie's webhooks: one Alert where an alert was created, changed in urgency or words, or closed.

Source: https://support.atlassian.com/opsgenie/docs/opsgenie-edge-connector-alert-action-data. `createdAt` is in
milliseconds and `updatedAt` in nanoseconds; priorities are texts or numbers. May not: take what people do about
an alert for the alert.
"""

from collections.abc import Mapping
from typing import Final

from schemas.events import Alert
from sources.alert_labels import environment_of, namespace_of, references_of, service_of, severity_of
from sources.alert_words import value_of
from sources.epochs import moment_or_epoch
from sources.fields import at, listing, literal, mapping, text
from sources.reading import Ignored, Item, Reading, Record, reading_of, refuse
from sources.telling import quoted
from streams.redact import Json, json_text, redact

_FIRING: Final = frozenset(("create", "updatepriority", "updatemessage", "updatedescription"))
_ENDED: Final = frozenset(("close", "delete"))


def read(body: Json, headers: Mapping[str, str], received_at: int) -> Reading:  # noqa: ARG001 - the contract
    """One Alert for an action that begins, changes or ends an alert; other actions are ignored."""
    return reading_of([_item(body)])


def _item(body: Json) -> Item:
    if not isinstance(body, dict) or not isinstance(body.get("alert"), dict):
        return refuse("no_alert", "there is no object `alert`: is this Opsgenie's?", body)
    action = text(body.get("action"))
    if action is None:
        return refuse("no_action", "action is missing, so nothing says whether it begins or ends", body)
    if action.lower() not in _FIRING | _ENDED:
        return Ignored("other_action", f"{quoted(action)} neither begins nor ends an alert")
    return _alert(redact(body), is_ended=action.lower() in _ENDED)


def _alert(original: Json, *, is_ended: bool) -> Item:
    """Read from the redacted body alone, so that whatever is claimed stands in it."""
    alert = mapping(at(original, ("alert",)))
    identity, name = text(alert.get("alertId")), text(alert.get("message"))
    if identity is None or name is None:
        return refuse("no_name", "alert.alertId or alert.message is missing", original)
    created_at, updated_at = moment_or_epoch(alert.get("createdAt")), moment_or_epoch(alert.get("updatedAt"))
    starts_at = updated_at if created_at is None else created_at
    if starts_at is None:
        return refuse("no_time", "alert.createdAt is no number of milliseconds since 1970", original)
    labels = _labels(alert)
    service, description = service_of(labels), text(alert.get("description"))
    message = Alert(
        source="opsgenie",
        source_ref=f"opsgenie:{identity}",
        fingerprint=text(alert.get("alias")) or identity,
        name=labels.get("alertname") or name,
        status="resolved" if is_ended else "firing",
        severity=severity_of(labels),
        service=service,
        namespace=namespace_of(labels),
        environment=environment_of(labels),
        references=_references(labels, alert, (name, description or "")),
        summary=description or name,
        value=value_of({**labels, "description": description or "", "message": name}),
        labels=labels,
        starts_at=starts_at,
        start_known=not is_ended or created_at is not None,
        ends_at=updated_at if is_ended else None,
        notified_at=updated_at,
        original=json_text(original),
    )
    return Record("alerts", (service or name,), message)


def _labels(alert: Mapping[str, Json]) -> dict[str, str]:
    """The details, the tags of the form `key:value` or `key=value`, and the priority, 3 as P3."""
    details = {
        key: literal(value) for key, value in mapping(alert.get("details")).items() if value is not None
    }
    priority = text(alert.get("priority"))
    urgent = {"priority": f"P{priority}" if priority.isdigit() else priority} if priority else {}
    return {**_tagged(alert), **details, **urgent}


def _tagged(alert: Mapping[str, Json]) -> dict[str, str]:
    parts = ((text(tag) or "").replace("=", ":", 1).partition(":") for tag in listing(alert.get("tags")))
    return {
        key.strip(): value.strip() for key, colon, value in parts if colon and key.strip() and value.strip()
    }


def _references(
    labels: Mapping[str, str], alert: Mapping[str, Json], words: tuple[str, ...]
) -> tuple[str, ...]:
    """By labels, then by the entity, which is a service or a machine."""
    entity = text(alert.get("entity"))
    named = (f"service:{entity}", f"host:{entity}") if entity else ()
    return tuple(dict.fromkeys((*references_of(labels, words), *named)))
