"""Owns what an alarm of CloudWatch says, however it came: an Alert while it is in ALARM, its end with OK.

May not: take missing data for health; an alarm that has none is neither firing nor resolved. Goes to:
`sources.cloudwatch` (over SNS) and `sources.aws` (over EventBridge).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from schemas.events import Alert
from sources.alert_labels import environment_of, namespace_of, references_of, service_of
from sources.fields import moment
from sources.reading import Ignored, Item, Record, Refused, refuse
from streams.redact import Json, json_text

_ALARM: Final = "ALARM"
_DIMENSIONS: Final[Mapping[str, str]] = {
    "service": "service",
    "servicename": "service",
    "functionname": "service",
    "namespace": "namespace",
    "podname": "pod",
    "environment": "environment",
    "env": "environment",
    "instanceid": "instance",
}
"""Dimensions that mean what a label means."""
_VALUE: Final = re.compile(r"datapoints? \[(-?\d[\d.]*(?:E-?\d+)?)")
"""`1 datapoint [1062305.0 (14/02/19 23:53:00)] was greater than ...`."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One change of an alarm's state, all of it from the redacted original."""

    name: str
    identity: str
    state: str
    state_before: str
    changed: str
    """Time of the change as it is written."""
    since: str
    """Time of the change before, where it is known."""
    reason: str
    description: str
    dimensions: Mapping[str, str]


def alarm_item(alarm: Alarm, original: Json, source: str, sent_at: int | None, path: str) -> Item:
    """The Alert of an alarm that began or ended; `source` is the route, `sent_at` in microseconds."""
    problem = _problem(alarm, original, path)
    if problem:
        return problem
    is_over = alarm.state == "OK"
    changed = moment(alarm.changed) or 0
    since = moment(alarm.since) if is_over and alarm.state_before == _ALARM else None
    labels = _labels(alarm.dimensions)
    found = _VALUE.search(alarm.reason)
    service = service_of(labels)
    message = Alert(
        source=source,
        source_ref=f"cloudwatch:{alarm.identity}@{alarm.changed}",
        fingerprint=alarm.identity,
        name=alarm.name,
        status="resolved" if is_over else "firing",
        service=service,
        namespace=namespace_of(labels),
        environment=environment_of(labels),
        references=_references(alarm, labels),
        summary=alarm.description or alarm.reason,
        value=found[1] if found else None,
        labels={**alarm.dimensions},
        annotations={name: said for name, said in _said(alarm) if said},
        starts_at=changed if since is None else since,
        start_known=since is not None or not is_over,
        ends_at=changed if is_over else None,
        notified_at=sent_at,
        original=json_text(original),
    )
    return Record("alerts", (service or alarm.name,), message, path)


def _problem(alarm: Alarm, original: Json, path: str) -> Refused | Ignored | None:
    if not alarm.name:
        return refuse("no_name", "the alarm has no name", original, path)
    if alarm.state == "INSUFFICIENT_DATA":
        detail = f"{alarm.name} has no data, so nobody knows whether it is over"
        return Ignored("insufficient_data", detail, path)
    if alarm.state not in (_ALARM, "OK"):
        return refuse("no_state", f"the new state is {alarm.state[:80] or 'missing'}", original, path)
    if alarm.state == "OK" and alarm.state_before not in (_ALARM, ""):
        return Ignored("was_not_firing", f"{alarm.name} is OK and was not in ALARM before", path)
    if moment(alarm.changed) is None:
        return refuse("no_time", "the time of the change of state is missing", original, path)
    return None


def _labels(dimensions: Mapping[str, str]) -> dict[str, str]:
    return {_DIMENSIONS.get(name.lower(), name): value for name, value in dimensions.items()}


def _said(alarm: Alarm) -> tuple[tuple[str, str], ...]:
    return ("description", alarm.description), ("reason", alarm.reason)


def _references(alarm: Alarm, labels: Mapping[str, str]) -> tuple[str, ...]:
    """As by labels, then each dimension by the name that it has."""
    by_dimension = (f"aws.amazon.com/{name}:{value}" for name, value in alarm.dimensions.items())
    return tuple(dict.fromkeys((*references_of(labels, ()), *by_dimension)))
