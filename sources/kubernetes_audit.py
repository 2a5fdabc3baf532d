"""Owns reading Kubernetes audit events (`audit.k8s.io`): one config change for each completed request.

Source: https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1. One Event, or the EventList that
the API server's webhook sends. Requests that changed nothing, or that the cluster made by itself, are kept
with the rule that says so. The body of a Secret is never kept.
"""

from collections.abc import Mapping
from typing import Final

from schemas.events import Change, ChangeStatus, Operation
from sources.fields import Path, at, first_moment, first_text, mapping, text
from sources.kubernetes_objects import name_of, references_of, written
from sources.kubernetes_verdicts import response_code, verdict_of
from sources.reading import Ignored, Item, Reading, Record, Refused, reading_of, refuse
from streams.redact import Json, json_text, redact

_COMPLETE: Final = "ResponseComplete"
_STAGES: Final = frozenset(("RequestReceived", "ResponseStarted", "Panic"))
_TIME: Final[tuple[Path, ...]] = (("stageTimestamp",), ("requestReceivedTimestamp",), ("timestamp",))
_ACTOR: Final[tuple[Path, ...]] = (("user", "username"), ("impersonatedUser", "username"))
_OPERATIONS: Final[Mapping[str, Operation]] = {
    "create": "create",
    "update": "update",
    "patch": "update",
    "delete": "delete",
    "deletecollection": "delete",
}
_FAILED: Final = 400
"""From this HTTP status on the API server has refused the request."""


def read(body: Json, headers: Mapping[str, str], received_at: int) -> Reading:  # noqa: ARG001 - the contract
    """One Change an event, whether it can be to blame or not; other stages of a request are ignored."""
    items = at(body, ("items",))
    if isinstance(items, list):
        if not items:
            return Reading(ignored=(Ignored("empty", "the list holds no event", "/items"),))
        return reading_of([_item(event, f"/items/{number}") for number, event in enumerate(items)])
    return reading_of([_item(body, "")])


def _item(event: Json, path: str) -> Item:
    if not isinstance(event, dict):
        return refuse("not_an_object", "an audit event is a JSON object", event, path)
    identity = text(event.get("auditID"))
    if identity is None or text(event.get("verb")) is None:
        return refuse("not_an_audit_event", "auditID or verb is missing: is it audit.k8s.io?", event, path)
    stage = text(event.get("stage"))
    if stage in _STAGES:
        return Ignored("other_stage", f"{stage} of {identity}: only {_COMPLETE} says what came of it", path)
    if not isinstance(event.get("objectRef"), dict):
        return Ignored("no_object", f"{identity} is about no object, e.g. a health check", path)
    return _change(mapping(redact(event)), path)


def _change(event: Mapping[str, Json], path: str) -> Item:
    """Read from the redacted event alone, so that whatever is claimed stands in it."""
    original = json_text(dict(event))
    time = first_moment(dict(event), _TIME)
    if time is None:
        return Refused("no_time", "stageTimestamp is no time of RFC 3339", path, original)
    verdict = verdict_of(event)
    target = _target(event)
    message = Change(
        kind="config",
        source="kubernetes-audit",
        source_ref=f"k8s-audit:{text(event.get('auditID'))}",
        status=_status(event),
        suspectable=not verdict,
        verdict=verdict,
        target=target,
        namespace=text(at(event.get("objectRef"), ("namespace",))),
        references=references_of(event),
        operation=_OPERATIONS.get(text(event.get("verb")) or "", "unknown"),
        title=_title(event),
        after=written(event),
        actor=first_text(dict(event), _ACTOR),
        effective_at=time,
        notified_at=first_moment(dict(event), _TIME[:1]),
        original=original,
    )
    return Record("configs", (target,), message, path)


def _status(event: Mapping[str, Json]) -> ChangeStatus:
    code = response_code(event)
    if code is None:
        return "unknown"
    return "failed" if code >= _FAILED else "succeeded"


def _target(event: Mapping[str, Json]) -> str:
    """`config/<resource>/<namespace>/<name>`; the namespace is empty for cluster-wide objects."""
    reference = event.get("objectRef")
    resource = text(at(reference, ("resource",))) or "unknown"
    return f"config/{resource}/{text(at(reference, ('namespace',))) or ''}/{name_of(event) or ''}"


def _title(event: Mapping[str, Json]) -> str:
    _, resource, namespace, name = _target(event).split("/", 3)
    subresource = text(at(event.get("objectRef"), ("subresource",)))
    named = "/".join(part for part in (resource, name, subresource) if part)
    return f"{text(event.get('verb'))} {named}" + (f" in {namespace}" if namespace else "")
