"""Owns reading GitLab's webhooks: deployment events as deploys, feature flag events as flag changes.

Source: https://docs.gitlab.com/user/project/integrations/webhook_events. Times look like
"2026-02-03 07:45:47 +0000". A feature flag event has no time and no id of the change: it takes effect at the
ingest time, and GitLab's own header, which repeats name again, tells two changes of one flag apart.
"""

from collections.abc import Callable, Mapping
from typing import Final

from schemas.events import Change, ChangeStatus
from schemas.times import format_time
from sources.effects import opposite, verdict_of
from sources.fields import Path, at, first_link, first_text, literal, mapping, moment, text
from sources.reading import Ignored, Item, Reading, Record, reading_of, refuse
from sources.telling import quoted
from sources.titles import deploy_title
from streams.redact import Json, json_text, redact

_IDENTITIES: Final = ("idempotency-key", "x-gitlab-event-uuid")
"""Headers that are the same when GitLab sends a delivery again, the surest first."""
_STATUSES: Final[Mapping[str, ChangeStatus]] = {
    "success": "succeeded",
    "created": "started",
    "running": "started",
    "blocked": "started",
    "approved": "started",
    "failed": "failed",
    "canceled": "failed",
    "rejected": "failed",
    "skipped": "failed",
}
_KEPT: Final[Mapping[str, tuple[str, ...]]] = {
    "project": ("id", "name", "namespace", "path_with_namespace", "web_url"),
    "user": ("id", "name", "username"),
}
"""What the original keeps of the long parts that say nothing about the change."""
_DEPLOYMENT: Final = (
    "object_kind",
    "status",
    "status_changed_at",
    "deployment_id",
    "deployable_id",
    "deployable_url",
    "environment",
    "environment_slug",
    "environment_tier",
    "environment_external_url",
    "short_sha",
    "ref",
    "commit_title",
    "commit_url",
)
_FLAG: Final = ("object_kind", "object_attributes")
_ACTOR: Final[tuple[Path, ...]] = (("user", "username"), ("user", "name"))
_LINK: Final[tuple[Path, ...]] = (("deployable_url",), ("commit_url",), ("project", "web_url"))
_SLUG: Final[Path] = ("project", "path_with_namespace")


def read(body: Json, headers: Mapping[str, str], received_at: int) -> Reading:
    """One Change for a deployment or a feature flag; other events of GitLab are ignored with the reason."""
    return reading_of([_item(body, headers, received_at)])


def _item(body: Json, headers: Mapping[str, str], received_at: int) -> Item:
    if not isinstance(body, dict):
        return refuse("not_an_object", "a GitLab webhook is a JSON object", body)
    kind = text(body.get("object_kind"))
    if kind is None:
        return refuse("no_object_kind", "object_kind is missing: is this GitLab's?", body)
    reader = _READERS.get(kind)
    if reader is None:
        return Ignored(
            "other_event", f"{quoted(kind)} changes nothing that runs; deployment and feature_flag are read"
        )
    return reader(body, headers, received_at)


def _original(body: Mapping[str, Json], whole: tuple[str, ...], headers: Mapping[str, str]) -> Json:
    """The redacted body without the many addresses of project and user, with the headers that name it."""
    kept: dict[str, Json] = {field: body[field] for field in whole if field in body}
    for field, inside in _KEPT.items():
        part = mapping(body.get(field))
        kept[field] = {name: part[name] for name in inside if name in part}
    named: dict[str, Json] = {name: headers[name] for name in _IDENTITIES if name in headers}
    return redact({**kept, "headers": named} if named else kept)


def _deployment(body: Mapping[str, Json], headers: Mapping[str, str], received_at: int) -> Item:  # noqa: ARG001 - one of _READERS
    original = _original(body, _DEPLOYMENT, {})
    identity, time = text(at(original, ("deployment_id",))), moment(at(original, ("status_changed_at",)))
    if identity is None:
        return refuse("no_id", "deployment_id is missing, so the deploy has no name", original)
    if time is None:
        return refuse("no_time", "status_changed_at is no time like 2026-02-03 07:45:47 +0000", original)
    subject, state = _project(original) or identity, text(at(original, ("status",))) or ""
    status, version = _STATUSES.get(state, "unknown"), _version(original)
    environment = text(at(original, ("environment",)))
    message = Change(
        kind="deploy",
        source="gitlab",
        source_ref=f"gitlab:deployment/{identity}",
        status=status,
        suspectable=status == "succeeded",
        verdict=verdict_of(status),
        target=f"service/{subject}",
        environment=environment,
        references=_references(original),
        title=deploy_title(subject, version, environment, state),
        after=version,
        actor=first_text(original, _ACTOR),
        effective_at=time,
        notified_at=time,
        link=first_link(original, _LINK),
        original=json_text(original),
    )
    return Record("deploys", (subject,), message)


def _flag(body: Mapping[str, Json], headers: Mapping[str, str], received_at: int) -> Item:
    original = _original(body, _FLAG, headers)
    key, active = _attribute(original, "name"), at(original, ("object_attributes", "active"))
    if key is None or not isinstance(active, bool):
        return refuse("no_flag", "object_attributes has no name, or active is not true or false", original)
    identity = first_text(original, tuple(("headers", name) for name in _IDENTITIES))
    after = literal(active)
    message = Change(
        kind="flag",
        source="gitlab",
        source_ref=f"gitlab:feature_flag/{key}@{identity or format_time(received_at)}",
        target=f"flag/{key}",
        references=(f"flag:{key}", *_references(original)),
        title=f"flag {key}: active {opposite(after)} -> {after}",
        before=opposite(after),
        after=after,
        actor=first_text(original, _ACTOR),
        effective_at=received_at,
        link=first_link(original, _LINK),
        original=json_text(original),
    )
    return Record("flags", (key,), message)


def _attribute(original: Json, name: str) -> str | None:
    return text(at(original, ("object_attributes", name)))


def _project(original: Json) -> str | None:
    """The short name of the project."""
    slug = text(at(original, _SLUG))
    return slug.rpartition("/")[2] or None if slug else text(at(original, ("project", "name")))


def _references(original: Json) -> tuple[str, ...]:
    """The project as catalogs name it; repositories that moved often keep their older annotation."""
    slug = text(at(original, _SLUG))
    identity = text(at(original, ("project", "id")))
    named = (f"gitlab.com/project-slug:{slug}",) if slug else ()
    numbered = (f"gitlab.com/project-id:{identity}",) if identity else ()
    return (*named, *numbered, f"github.com/project-slug:{slug}") if slug else numbered


def _version(original: Json) -> str | None:
    """The tag that was deployed, else the short commit."""
    ref = text(at(original, ("ref",)))
    if ref and ref.lstrip("v")[:1].isdigit() and "." in ref:
        return ref
    return text(at(original, ("short_sha",))) or ref


_READERS: Final[Mapping[str, Callable[[Mapping[str, Json], Mapping[str, str], int], Item]]] = {
    "deployment": _deployment,
    "feature_flag": _flag,
}
