"""Owns reading CDEvents: services that were deployed, environments that changed, incidents, builds.

Source: https://cdevents.dev/docs. A type is `dev.cdevents.<subject>.<predicate>.<version>`. Builds, artifacts
and runs of pipelines are kept and are no suspects. May not: know in what an event came. Goes to:
`sources.cloudevents`.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from schemas.events import Change, ChangeKind, ChangeStatus
from sources.cdevents_incidents import cd_incident
from sources.effects import verdict_of
from sources.fields import Path, at, first_link, moment, text
from sources.occurrence import Occurrence
from sources.reading import Ignored, Item, Record, refuse
from sources.titles import deploy_title
from streams.redact import Json, json_text

_TYPE: Final = re.compile(r"dev\.cdevents\.([a-z]+)\.([a-z]+)(?:\.[\w.-]*)?")
_CHANGES: Final[Mapping[str, tuple[ChangeKind, str]]] = {
    "service": ("deploy", ""),
    "environment": ("config", ""),
    "build": ("deploy", "a build is no deploy"),
    "artifact": ("deploy", "an artifact is no deploy until a service takes it into use"),
    "pipelinerun": ("deploy", "a pipeline's run is no deploy; the service's own event is"),
    "taskrun": ("deploy", "a task's run is no deploy; the service's own event is"),
}
"""Subjects that are kept as changes: their kind, and why they cannot be to blame."""
_STATUSES: Final[Mapping[str, ChangeStatus]] = {
    "queued": "started",
    "started": "started",
    "failure": "failed",
    "error": "failed",
    "cancel": "failed",
}
"""By predicate and by outcome; everything else has happened."""
_WORDS: Final[Mapping[str, str]] = {"rolledback": "rolled back"}
_PURL: Final = re.compile(r"pkg:[\w.+-]+/(?:[^@?#]*/)?([^@/?#]+)(?:@([^?#]+))?")
"""A package URL: its name, and its version."""
_LINK: Final[tuple[Path, ...]] = (("subject", "content", "uri"), ("subject", "content", "url"))


def is_cd_event(value: Json) -> bool:
    """True for what has the context of a CDEvent."""
    kind = at(value, ("context", "type"))
    return isinstance(kind, str) and kind.startswith("dev.cdevents.")


def cd_event(event: Occurrence) -> Item:
    """One Change or Alert; events about code, tests and tickets are ignored with the reason."""
    kind = text(at(event.data, ("context", "type"))) or ""
    found = _TYPE.fullmatch(kind)
    if found is None:
        return refuse("no_type", f"{kind} is no type of a CDEvent", event.original, event.path)
    time = moment(at(event.data, ("context", "timestamp")))
    time = event.sent_at if time is None else time
    subject = text(at(event.data, ("subject", "id")))
    if time is None or subject is None:
        missing = "context.timestamp is no time" if time is None else "subject.id is missing"
        return refuse("no_time" if time is None else "no_id", missing, event.original, event.path)
    if found[1] == "incident":
        return cd_incident(event, found[2], subject, time)
    if found[1] not in _CHANGES:
        return Ignored("other_event", f"{found[1]} {found[2]} changes nothing that runs", event.path)
    return _change(event, (found[1], found[2]), subject, time)


def _change(event: Occurrence, kind: tuple[str, str], subject: str, time: int) -> Item:
    about, predicate = kind
    change_kind, verdict = _CHANGES[about]
    status = _STATUSES.get(_outcome(event) or predicate, "succeeded")
    verdict = verdict or verdict_of(status)
    name = subject if about == "service" else _artifact(event)[0] or subject
    target = f"config/environments//{subject}" if change_kind == "config" else f"service/{name}"
    message = Change(
        kind=change_kind,
        source=event.source,
        source_ref=event.source_ref,
        status=status,
        suspectable=not verdict,
        verdict=verdict,
        target=target,
        service=subject if about == "service" else None,
        environment=subject if about == "environment" else _environment(event),
        references=_references(event, about, subject),
        title=_title(event, kind, subject),
        after=_artifact(event)[1],
        effective_at=time,
        notified_at=event.sent_at,
        link=first_link(event.data, _LINK),
        original=json_text(event.original),
    )
    topic, key = ("configs", target) if change_kind == "config" else ("deploys", name)
    return Record(topic, (key,), message, event.path)


def _title(event: Occurrence, kind: tuple[str, str], subject: str) -> str:
    about, predicate = kind
    said = _WORDS.get(predicate, predicate)
    if about == "service":
        return deploy_title(subject, _artifact(event)[1], _environment(event), said)
    return f"{about} {subject}: {_outcome(event) or said}"


def _references(event: Occurrence, about: str, subject: str) -> tuple[str, ...]:
    """The service by its own name, then by that of what was deployed."""
    artifact = _artifact(event)[0]
    names = [*((subject,) if about == "service" else ()), *((artifact,) if artifact else ())]
    return tuple(dict.fromkeys(f"service:{name}" for name in names)) if about != "environment" else ()


def _artifact(event: Occurrence) -> tuple[str | None, str | None]:
    """Name and version of the package that an event is about; the version as it is written there."""
    stated = text(at(event.data, ("subject", "content", "artifactId"))) or ""
    found = _PURL.fullmatch(stated)
    return (unquote(found[1]), found[2]) if found else (None, None)


def _environment(event: Occurrence) -> str | None:
    return text(at(event.data, ("subject", "content", "environment", "id")))


def _outcome(event: Occurrence) -> str | None:
    return text(at(event.data, ("subject", "content", "outcome")))
