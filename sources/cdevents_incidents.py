"""Owns reading CDEvents about incidents, which monitoring tools send: one Alert each.

Source: https://cdevents.dev/docs/continuous-operations. Goes to: `sources.cdevents`.
"""

from typing import Final

from schemas.events import Alert
from sources.alert_labels import severity_of
from sources.fields import Path, at, first_link, literal, mapping, text
from sources.occurrence import Occurrence
from sources.reading import Item, Record
from streams.redact import json_text

_LINK: Final[tuple[Path, ...]] = (("subject", "content", "ticketURI"), ("subject", "content", "uri"))


def cd_incident(event: Occurrence, predicate: str, subject: str, time: int) -> Item:
    """An Alert, resolved where the predicate says so; `time` in microseconds is that of the event."""
    custom = mapping(at(event.data, ("customData",)))
    labels = {name: literal(value) for name, value in custom.items() if value is not None}
    content = at(event.data, ("subject", "content"))
    service, description = text(at(content, ("service", "id"))), text(at(content, ("description",)))
    is_resolved = predicate == "resolved"
    message = Alert(
        source=event.source,
        source_ref=event.source_ref,
        fingerprint=f"{text(at(event.data, ('subject', 'source'))) or ''}/{subject}",
        name=description or subject,
        status="resolved" if is_resolved else "firing",
        severity=severity_of(labels),
        service=service,
        environment=text(at(content, ("environment", "id"))),
        references=(f"service:{service}",) if service else (),
        summary=description or "",
        value=labels.get("value"),
        labels=labels,
        starts_at=time,
        start_known=not is_resolved,
        ends_at=time if is_resolved else None,
        notified_at=event.sent_at,
        link=first_link(event.data, _LINK),
        original=json_text(event.original),
    )
    return Record("alerts", (service or subject,), message, event.path)
