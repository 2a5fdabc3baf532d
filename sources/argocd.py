"""Owns reading the notification that Argo CD sends by the template of docs/sources.md: one deploy a sync.

Argo CD has no body of its own; every body is a template. Source of the fields that the template shows:
https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/. A sync takes effect when it finishes.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from schemas.events import Change, ChangeStatus
from sources.alert_labels import environment_of, workload_references
from sources.effects import verdict_of
from sources.environments import environment_in
from sources.fields import Path, at, first_link, first_moment, first_text, listing, literal, mapping, text
from sources.reading import Item, Reading, Record, reading_of, refuse
from sources.titles import deploy_title
from streams.redact import Json, json_text, redact

_STATUSES: Final[Mapping[str, ChangeStatus]] = {
    "Succeeded": "succeeded",
    "Running": "started",
    "Terminating": "started",
    "Failed": "failed",
    "Error": "failed",
}
_RUNNING: Final = frozenset(("Deployment", "StatefulSet", "DaemonSet", "Rollout", "ScaledObject"))
"""Kinds of objects that by custom have the name of their service."""
_UNRENDERED: Final = re.compile(r"\{\{|<no value>")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_SHORT: Final = 7
_REPOSITORY: Final = re.compile(
    r"(?:https?://|ssh://)?(?:[\w.-]+@)?[\w.-]+[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?"
)
_MOST_REFERENCES: Final = 20

_REVISION: Final[Path] = ("syncResult", "revision")
_TIME: Final[tuple[Path, ...]] = (("finishedAt",), ("startedAt",))
_SERVICE: Final[tuple[Path, ...]] = (("service",), ("labels", "service"))
_ACTOR: Final[tuple[Path, ...]] = (("operation", "initiatedBy", "username"), ("initiatedBy",))
_NAMESPACE: Final[Path] = ("destination", "namespace")
_SOURCE: Final[tuple[Path, ...]] = (
    ("syncResult", "source", "path"),
    ("syncResult", "source", "targetRevision"),
)


def read(body: Json, headers: Mapping[str, str], received_at: int) -> Reading:  # noqa: ARG001 - the contract
    """One Change for a sync, whatever came of it."""
    return reading_of([_item(redact(body))])


def _item(original: Json) -> Item:
    """Read from the redacted body alone, so that whatever is claimed stands in it."""
    if not isinstance(original, dict):
        return refuse("not_an_object", "the template makes a JSON object", original)
    app, revision = text(original.get("app")), _revision(original)
    if app is None or revision is None:
        missing = "app" if app is None else "syncResult.revision"
        return refuse("no_name", f"{missing} is missing: use the template of docs/sources.md", original)
    if _UNRENDERED.search(app + revision):
        return refuse(
            "not_rendered", f"{literal(app)}@{literal(revision)} is a template's own text", original
        )
    time = first_moment(original, _TIME)
    if time is None:
        return refuse("no_time", "finishedAt is no time of RFC 3339", original)
    phase = text(original.get("phase")) or ""
    status, environment = _STATUSES.get(phase, "unknown"), _environment(original, app)
    service = first_text(original, _SERVICE) or app
    verdict = verdict_of(status) or _unchanged(original)
    version = revision[:_SHORT] if _COMMIT.fullmatch(revision) else revision
    message = Change(
        kind="deploy",
        source="argocd",
        source_ref=f"argocd:{app}@{revision}",
        status=status,
        suspectable=not verdict,
        verdict=verdict,
        target=f"service/{service}",
        service=service,
        namespace=_namespace(original),
        environment=environment,
        references=tuple(dict.fromkeys(_references(original, app)))[:_MOST_REFERENCES],
        title=deploy_title(app, version, environment, phase),
        after=version,
        actor=first_text(original, _ACTOR),
        effective_at=time,
        link=first_link(original, (("link",),)),
        original=json_text(original),
    )
    return Record("deploys", (service,), message)


def _revision(original: Json) -> str | None:
    """The revision; applications with several sources have a list of them, of which the first names it."""
    several = listing(at(original, ("syncResult", "revisions")))
    return text(at(original, _REVISION)) or (text(several[0]) if several else None)


def _resources(original: Json) -> list[Mapping[str, Json]]:
    return [mapping(one) for one in listing(at(original, ("syncResult", "resources")))]


def _unchanged(original: Json) -> str:
    """The verdict on a sync that wrote nothing: kubectl says so of every object."""
    messages = [text(one.get("message")) or "" for one in _resources(original)]
    is_idle = bool(messages) and all(message.endswith(" unchanged") for message in messages)
    return "every object was as it should be already, so nothing changed" if is_idle else ""


def _environment(original: Json, app: str) -> str | None:
    """As the template says; else the one that the folder, the branch or the application's name ends with."""
    labels = {name: literal(value) for name, value in mapping(at(original, ("labels",))).items()}
    stated = text(at(original, ("environment",))) or environment_of(labels)
    named = (environment_in(text(at(original, path))) for path in _SOURCE)
    return stated or next((found for found in named if found), None) or environment_in(app)


def _namespace(original: Json) -> str | None:
    inside = (text(one.get("namespace")) for one in _resources(original))
    return text(at(original, _NAMESPACE)) or next((name for name in inside if name), None)


def _references(original: Json, app: str) -> Iterator[str]:
    """The application, the workloads that it wrote, the repository of its manifests."""
    yield f"argocd/app-name:{app}"
    for one in _resources(original):
        if text(one.get("kind")) in _RUNNING:
            yield from workload_references(text(one.get("namespace")), text(one.get("name")))
    repository = _REPOSITORY.fullmatch(text(at(original, ("syncResult", "source", "repoURL"))) or "")
    if repository:
        yield f"github.com/project-slug:{repository[1]}"
