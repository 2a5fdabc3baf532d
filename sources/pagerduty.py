"""Owns reading what tools send to PagerDuty's Events API v2, and which of PagerDuty's forms a body has.

Source: https://developer.pagerduty.com/docs/events-api-v2/trigger-events. Such a body names no service and often
no time. May not: keep the routing key, which lets anyone send in its team's name.
"""

from collections.abc import Mapping
from typing import Final

from schemas.events import Alert
from schemas.identity import digest
from sources.alert_labels import environment_of, namespace_of, references_of, service_of, severity_of
from sources.alert_words import value_of
from sources.fields import Path, at, first_link, listing, literal, mapping, moment, text
from sources.pagerduty_changes import change_event
from sources.pagerduty_incidents import incident
from sources.reading import Ignored, Item, Reading, Record, reading_of, refuse
from streams.redact import Json, json_text, redact

_WHOLE: Final = ("event_action", "dedup_key", "payload", "links", "client", "client_url")
"""What the original keeps; the routing key is a credential."""
_SEEN: Final = "acknowledge"
_NAMED: Final = ("source", "component", "group", "class", "severity")
"""Fields of the payload that are labels besides the details."""
_LINK: Final[tuple[Path, ...]] = (("client_url",),)


def read(body: Json, headers: Mapping[str, str], received_at: int) -> Reading:  # noqa: ARG001 - the contract
    """An Alert for an alert event or a webhook about an incident, a Change for a change event."""
    return reading_of([_item(body, received_at)])


def _item(body: Json, received_at: int) -> Item:
    if not isinstance(body, dict):
        return refuse("not_an_object", "an event of PagerDuty is a JSON object", body)
    if isinstance(body.get("event"), dict):
        return incident(body)
    if "event_action" in body:
        return _alert_event(body, received_at)
    if isinstance(body.get("payload"), dict):
        return change_event(body, received_at)
    return refuse("no_payload", "neither event_action, payload nor event: is this PagerDuty's?", body)


def _alert_event(body: Mapping[str, Json], received_at: int) -> Item:
    """Read from the redacted event alone, so that whatever is claimed stands in it."""
    original = redact({field: body[field] for field in _WHOLE if field in body})
    action = text(at(original, ("event_action",)))
    if action == _SEEN:
        return Ignored("acknowledged", "somebody has seen it; it goes on firing")
    if action not in ("trigger", "resolve"):
        return refuse("other_action", f"event_action is {literal(action)}, not trigger or resolve", original)
    summary, named = text(at(original, ("payload", "summary"))), text(at(original, ("dedup_key",)))
    if summary is None and named is None:
        return refuse("no_name", "neither payload.summary nor dedup_key says what it is about", original)
    return _record(original, action == "resolve", summary or named or "", received_at)


def _record(original: Json, is_resolved: bool, summary: str, received_at: int) -> Item:  # noqa: FBT001 - two actions
    labels = _labels(original)
    stated = moment(at(original, ("payload", "timestamp")))
    time = received_at if stated is None else stated
    service = service_of(labels) or labels.get("component")
    message = Alert(
        source="pagerduty",
        source_ref=f"pagerduty:{_name(original, labels, summary)}",
        fingerprint=_name(original, labels, summary),
        name=labels.get("alertname") or labels.get("class") or summary,
        status="resolved" if is_resolved else "firing",
        severity=severity_of(labels),
        service=service,
        namespace=namespace_of(labels),
        environment=environment_of(labels),
        references=_references(labels, summary),
        summary=summary,
        value=value_of(labels),
        labels=labels,
        starts_at=time,
        start_known=not is_resolved,
        ends_at=time if is_resolved else None,
        notified_at=stated,
        link=first_link(original, _LINK) or _first_of_links(original),
        original=json_text(original),
    )
    return Record("alerts", (service or summary,), message)


def _labels(original: Json) -> dict[str, str]:
    """The details and the payload's own fields; what is no text there is kept as its JSON."""
    payload = mapping(at(original, ("payload",)))
    details = mapping(payload.get("custom_details"))
    named = {field: payload[field] for field in _NAMED if field in payload}
    return {key: literal(value) for key, value in {**details, **named}.items() if value is not None}


def _name(original: Json, labels: Mapping[str, str], summary: str) -> str:
    """The key by which the sender takes its repeats for one; else a hash over what it says."""
    said = (f"{name}={labels[name]}" for name in sorted(labels))
    return text(at(original, ("dedup_key",))) or f"event-{digest('pagerduty', summary, *said)}"


def _references(labels: Mapping[str, str], summary: str) -> tuple[str, ...]:
    """By the details as by labels, then by the component and the group, last by the machine."""
    named = (labels.get("component"), labels.get("group"))
    fallback = (*(f"service:{name}" for name in named if name), *_host(labels))
    return tuple(dict.fromkeys((*references_of(labels, (summary,)), *fallback)))


def _host(labels: Mapping[str, str]) -> tuple[str, ...]:
    machine = labels.get("source")
    return (f"host:{machine}",) if machine else ()


def _first_of_links(original: Json) -> str | None:
    links = listing(at(original, ("links",)))
    return next((found for link in links if (found := first_link(link, (("href",),)))), None)
