"""Owns reading PagerDuty's webhooks (version 3) about incidents: one Alert where an incident begins or ends.

Source: https://developer.pagerduty.com/docs/webhooks/v3-overview. Goes to: `sources.pagerduty`.
"""

from collections.abc import Mapping
from typing import Final

from schemas.events import Alert
from sources.alert_labels import severity_of
from sources.fields import Path, at, first_link, first_moment, first_text, moment, text
from sources.reading import Ignored, Item, Record, refuse
from sources.telling import quoted
from streams.redact import Json, json_text, redact

_DATA: Final = ("event", "data")
_STATES: Final = {
    "incident.triggered": "firing",
    "incident.reopened": "firing",
    "incident.resolved": "resolved",
}
_START: Final[tuple[Path, ...]] = ((*_DATA, "created_at"), ("event", "occurred_at"))
_URGENCY: Final[tuple[Path, ...]] = ((*_DATA, "priority", "summary"), (*_DATA, "urgency"))


def incident(body: Mapping[str, Json]) -> Item:
    """An Alert for an incident that began or ended; what people do about it is ignored with the reason."""
    kind = text(at(body.get("event"), ("event_type",))) or ""
    if kind not in _STATES:
        return Ignored(
            "other_event", f"{quoted(kind) or 'an event without a type'} begins and ends no incident"
        )
    original = redact(dict(body))
    identity, title = text(at(original, (*_DATA, "id"))), text(at(original, (*_DATA, "title")))
    start, occurred = first_moment(original, _START), moment(at(original, ("event", "occurred_at")))
    if identity is None or title is None:
        return refuse("no_incident", "event.data has no id or no title", original)
    if start is None:
        return refuse("no_time", "event.occurred_at is no time of RFC 3339", original)
    service = text(at(original, (*_DATA, "service", "summary")))
    urgency, is_resolved = first_text(original, _URGENCY), _STATES[kind] == "resolved"
    message = Alert(
        source="pagerduty",
        source_ref=f"pagerduty:{identity}",
        fingerprint=identity,
        name=title,
        status="resolved" if is_resolved else "firing",
        severity=severity_of({"severity": urgency} if urgency else {}),
        service=service,
        references=_references(original, service),
        summary=title,
        labels={"urgency": urgency} if urgency else {},
        starts_at=start,
        start_known=not is_resolved or moment(at(original, (*_DATA, "created_at"))) is not None,
        ends_at=occurred if is_resolved else None,
        notified_at=occurred,
        link=first_link(original, ((*_DATA, "html_url"),)),
        original=json_text(original),
    )
    return Record("alerts", (service or identity,), message)


def _references(original: Json, service: str | None) -> tuple[str, ...]:
    identity = text(at(original, (*_DATA, "service", "id")))
    by_id = (f"pagerduty.com/service-id:{identity}",) if identity else ()
    return (*by_id, f"service:{service}") if service else by_id
