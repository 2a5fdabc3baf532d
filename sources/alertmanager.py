"""Owns reading Alertmanager's webhook (version 4): one Alert for each alert of the group, firing or resolved.

Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config. The format has no time of
sending, so the notification time is the ingest time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final, Literal

import orjson

from schemas.codec import encode
from schemas.events import Alert
from schemas.identity import digest
from sources.alert_labels import environment_of, namespace_of, references_of, service_of, severity_of
from sources.alert_words import summary_of, value_of
from sources.fields import at, first_link, listing, literal, mapping, moment, text
from sources.reading import Ignored, Item, Reading, Record, Refused, reading_of, refuse
from streams.redact import Json, json_text, redact

_ENVELOPE: Final = ("receiver", "externalURL", "groupKey", "version")
"""Fields of the group that each alert's original keeps."""
_UNNAMED: Final = "unnamed alert"
_YEAR_TWO: Final = -62_104_060_800_000_000
"""0002-01-01T00:00:00Z: times before it are Go's zero time, in any zone, and mean "none"."""
_STATUSES: Final = ("firing", "resolved")
_REMEMBERED: Final = 2_048
_SHORT: Final = 4_096
"""Alerts of at most `_SHORT` characters that are remembered: each comes again, byte for byte, with its group."""

Labels = Mapping[str, str]


def read(body: Json, headers: Mapping[str, str], received_at: int) -> Reading:  # noqa: ARG001 - the contract
    """One Alert a member of `alerts`; a note under `/truncatedAlerts` when Alertmanager left some out."""
    if not isinstance(body, dict):
        return Reading(refused=(refuse("not_an_object", "an Alertmanager webhook is a JSON object", body),))
    if "orgId" in body:
        detail = (
            f"orgId {literal(body['orgId'])} says that this is Grafana's unified alerting webhook, which only"
            f" resembles Alertmanager's: send it to a route for Grafana"
        )
        return Reading(refused=(refuse("grafana", detail, body),))
    alerts = body.get("alerts")
    if not isinstance(alerts, list):
        return Reading(
            refused=(refuse("no_alerts", "there is no list `alerts`: is this Alertmanager's?", body),)
        )
    envelope: dict[str, Json] = {field: body[field] for field in _ENVELOPE if field in body}
    items: list[Item] = [_alert(envelope, alert, number, received_at) for number, alert in enumerate(alerts)]
    return reading_of([*items, *_notes(body, alerts)])


def _notes(body: Mapping[str, Json], alerts: list[Json]) -> Iterator[Ignored]:
    if not alerts:
        yield Ignored("empty", "the group holds no alert", "/alerts")
    left_out = body.get("truncatedAlerts")
    if isinstance(left_out, int) and left_out > 0:
        detail = f"Alertmanager left out {left_out} alerts of this group: raise max_alerts of the receiver"
        yield Ignored("truncated", detail, "/truncatedAlerts")


class _NotToRemember(Exception):
    """An alert that is too long, was refused or masked: told as an error, since what raises is not remembered."""


def _alert(envelope: Mapping[str, Json], alert: Json, number: int, received_at: int) -> Item:
    """Read from its redacted original alone, so that whatever is claimed stands in it."""
    path = f"/alerts/{number}"
    whole: Json = {**envelope, "alerts": [alert]}
    try:
        known = _known(_short(whole)) if at(alert, ("status",)) in _STATUSES else None
    except (_NotToRemember, ValueError):
        known = None
    return (
        Record(known.topic, known.key, known.message, path, known.value)
        if known
        else _understood(whole, path, received_at)
    )


def _short(whole: Json) -> str:
    try:
        written = json_text(whole)
    except orjson.JSONEncodeError as too_deep:
        raise _NotToRemember from too_deep
    if len(written) > _SHORT:
        raise _NotToRemember
    return written


@lru_cache(maxsize=_REMEMBERED)
def _known(written: str) -> Record:
    """What an alert says that states its status, and so says the same whenever it comes; as bytes, too.

    ValueError where they would be too many, which is then told as of any other.
    """
    item = _understood(orjson.loads(written), "", 0)
    if (
        not isinstance(item, Record)
        or not isinstance(item.message, Alert)
        or item.message.original != written
    ):
        raise _NotToRemember
    return replace(item, value=encode(item.topic, item.message))


def _understood(whole: Json, path: str, received_at: int) -> Item:
    original = redact(whole)
    shown = listing(at(original, ("alerts",)))[0]
    problem = _problem(shown)
    if problem:
        return Refused(*problem, path, json_text(original))
    message = _message(mapping(shown), json_text(original), received_at)
    subject = message.service or next(iter(message.references), message.name)
    return Record("alerts", (subject,), message, path)


def _problem(alert: Json) -> tuple[str, str] | None:
    if not isinstance(alert, dict):
        return "not_an_object", "an alert is a JSON object"
    if not _strings(alert.get("labels")):
        return "no_labels", "an alert has labels; this one has none, so nothing tells it apart"
    starts_at = moment(alert.get("startsAt"))
    if starts_at is None or starts_at < _YEAR_TWO:
        return "no_start", f"startsAt is no time of RFC 3339: {literal(alert.get('startsAt'))}"
    return None


def _message(alert: Mapping[str, Json], original: str, received_at: int) -> Alert:
    labels, annotations = _strings(alert.get("labels")), _strings(alert.get("annotations"))
    fingerprint = text(alert.get("fingerprint")) or _fingerprint(labels)
    ends_at = moment(alert.get("endsAt"))
    status = _status(alert.get("status"), ends_at, received_at)
    name = labels.get("alertname") or annotations.get("summary") or annotations.get("description") or _UNNAMED
    return Alert(
        source="alertmanager",
        source_ref=f"alertmanager:{fingerprint}@{text(alert.get('startsAt'))}",
        fingerprint=fingerprint,
        name=name,
        status=status,
        severity=severity_of(labels),
        service=service_of(labels),
        namespace=namespace_of(labels),
        environment=environment_of(labels),
        references=references_of(labels, annotations.values()),
        summary=summary_of(annotations, name),
        value=value_of(annotations),
        labels=labels,
        annotations=annotations,
        starts_at=moment(alert.get("startsAt")) or 0,
        ends_at=ends_at if status == "resolved" and ends_at and ends_at > _YEAR_TWO else None,
        link=first_link(dict(alert), (("generatorURL",),)),
        original=original,
    )


def _strings(value: Json) -> dict[str, str]:
    """Labels or annotations: what is no text there is kept as its JSON."""
    return {key: literal(item) for key, item in mapping(value).items() if item is not None}


def _fingerprint(labels: Labels) -> str:
    """16 hexadecimal digits over all labels, for senders that give none."""
    return digest("labels", *(f"{name}={labels[name]}" for name in sorted(labels)))[:16]


def _status(stated: Json, ends_at: int | None, received_at: int) -> Literal["firing", "resolved"]:
    """As stated; where nothing is, an end that has passed means resolved."""
    if stated in _STATUSES:
        return "resolved" if stated == "resolved" else "firing"
    return "resolved" if ends_at is not None and _YEAR_TWO < ends_at <= received_at else "firing"
