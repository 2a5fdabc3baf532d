"""Owns reading GitHub's `deployment_status` webhook: one deploy a delivery.

Source: https://docs.github.com/webhooks/webhook-events-and-payloads#deployment_status. A deploy takes effect
when its status becomes `success`, not when it was created.
"""

from collections.abc import Mapping
from typing import Final

import orjson

from schemas.events import Change, ChangeStatus
from sources.fields import Path, at, first_link, first_moment, first_text, mapping
from sources.reading import Ignored, Item, Reading, Record, reading_of, refuse
from streams.redact import Json, json_text, redact

EVENT_HEADER: Final = "x-github-event"

_STATUSES: Final[Mapping[str, ChangeStatus]] = {
    "success": "succeeded",
    "in_progress": "started",
    "queued": "started",
    "pending": "started",
    "waiting": "started",
    "failure": "failed",
    "error": "failed",
}
_VERDICTS: Final[Mapping[ChangeStatus, str]] = {
    "started": "has not taken effect yet",
    "failed": "failed, so it did not take effect",
    "unknown": "its state is not one that we know",
}
_KEPT: Final[Mapping[str, tuple[str, ...]]] = {
    "repository": ("id", "name", "full_name", "html_url", "default_branch"),
    "sender": ("login", "type"),
    "workflow": ("name", "path"),
    "workflow_run": ("id", "name", "html_url", "run_number"),
}
"""What the original keeps of the long parts that say nothing about the deploy."""
_WHOLE: Final = ("action", "deployment_status", "deployment")

_ENVIRONMENT: Final[tuple[Path, ...]] = (("deployment_status", "environment"), ("deployment", "environment"))
_TIME: Final[tuple[Path, ...]] = (
    ("deployment_status", "created_at"),
    ("deployment_status", "updated_at"),
    ("deployment", "updated_at"),
)
_SENT: Final[tuple[Path, ...]] = (("deployment_status", "updated_at"), ("deployment_status", "created_at"))
_ACTOR: Final[tuple[Path, ...]] = (
    ("deployment", "creator", "login"),
    ("deployment_status", "creator", "login"),
    ("sender", "login"),
)
_LINK: Final[tuple[Path, ...]] = (
    ("deployment_status", "log_url"),
    ("deployment_status", "target_url"),
    ("workflow_run", "html_url"),
    ("repository", "html_url"),
)
_SERVICE: Final[tuple[Path, ...]] = (
    ("service",),
    ("service_name",),
    ("serviceName",),
    ("app",),
    ("application",),
)
"""Where teams put the service into the deployment's own `payload`."""
_BEFORE: Final[tuple[Path, ...]] = (("previous_sha",), ("previous_version",), ("previous",))
_SHORT_SHA: Final = 7


def read(body: Json, headers: Mapping[str, str], received_at: int) -> Reading:  # noqa: ARG001 - the contract
    """One Change for a `deployment_status`; other events of GitHub are ignored with the reason."""
    return reading_of([_item(body, headers.get(EVENT_HEADER))])


def _item(body: Json, event: str | None) -> Item:
    if not isinstance(body, dict):
        return refuse("not_an_object", "a GitHub webhook is a JSON object", body)
    if event == "ping" or (event is None and "zen" in body):
        return Ignored("ping", "GitHub asks whether somebody listens; nothing was deployed")
    if event not in (None, "deployment_status"):
        return Ignored("other_event", f"{event} is not a deploy; only deployment_status is read")
    if not (isinstance(body.get("deployment_status"), dict) and isinstance(body.get("deployment"), dict)):
        return refuse("not_a_deployment_status", "deployment_status and deployment are missing", body)
    return _deployment(_original(body))


def _original(body: Mapping[str, Json]) -> Json:
    """The redacted body without the many addresses of repository and sender."""
    kept: dict[str, Json] = {field: body[field] for field in _WHOLE if field in body}
    for field, inside in _KEPT.items():
        part = mapping(body.get(field))
        if part:
            kept[field] = {name: part[name] for name in inside if name in part}
    return redact(kept)


def _deployment(original: Json) -> Item:
    state = first_text(original, (("deployment_status", "state"),)) or ""
    if state == "inactive":
        return Ignored("inactive", "a newer deploy took its place; GitHub says so of every older one")
    identity = first_text(original, (("deployment", "id"),))
    if identity is None:
        return refuse("no_id", "deployment.id is missing, so the deploy has no name", original)
    time = first_moment(original, _TIME)
    if time is None:
        return refuse("no_time", "deployment_status.created_at is no time of RFC 3339", original)
    repository = first_text(original, (("repository", "full_name"),))
    service = _in_payload(original, _SERVICE)
    subject = service or (repository or identity).rpartition("/")[2]
    status = _STATUSES.get(state, "unknown")
    message = Change(
        kind="deploy",
        source="github",
        source_ref=f"github:deployment/{identity}",
        status=status,
        suspectable=status == "succeeded",
        verdict=_VERDICTS.get(status, ""),
        target=f"service/{subject}",
        service=service,
        environment=first_text(original, _ENVIRONMENT),
        references=_references(service, repository),
        title=_title(original, subject, state),
        before=_in_payload(original, _BEFORE),
        after=_version(original),
        actor=first_text(original, _ACTOR),
        effective_at=time,
        notified_at=first_moment(original, _SENT),
        link=first_link(original, _LINK),
        original=json_text(original),
    )
    return Record("deploys", (subject,), message)


def _references(service: str | None, repository: str | None) -> tuple[str, ...]:
    named = (f"service:{service}",) if service else ()
    return (*named, f"github.com/project-slug:{repository}") if repository else named


def _title(original: Json, subject: str, state: str) -> str:
    version = _version(original)
    environment = first_text(original, _ENVIRONMENT)
    what = f"deploy of {subject}" + (f" {version}" if version else "")
    return f"{what} to {environment}: {state}" if environment else f"{what}: {state}"


def _version(original: Json) -> str | None:
    """The tag that was deployed, else the short commit."""
    ref = first_text(original, (("deployment", "ref"),))
    if ref and ref.lstrip("v")[:1].isdigit() and "." in ref:
        return ref
    sha = first_text(original, (("deployment", "sha"),))
    return sha[:_SHORT_SHA] if sha else ref


def _in_payload(original: Json, paths: tuple[Path, ...]) -> str | None:
    """A text of the deployment's `payload`, which is an object or JSON in a text."""
    payload = at(original, ("deployment", "payload"))
    if isinstance(payload, str):
        try:
            payload = orjson.loads(payload)
        except orjson.JSONDecodeError:
            return None
    found = first_text(payload, paths)
    return found if found and found in _payload_text(original) else None


def _payload_text(original: Json) -> str:
    """The `payload` as it stands in the original's text."""
    payload = at(original, ("deployment", "payload"))
    return orjson.dumps(payload).decode() if payload is not None else ""
