"""Owns reading the events that Spinnaker's Echo posts to a REST endpoint: a finished pipeline that deploys.

Source: https://spinnaker.io/docs/setup/other_config/features/notifications. An event holds the whole execution; of
it only what says what was deployed is kept. A pipeline without a stage that deploys is no deploy.
"""

from collections.abc import Mapping
from typing import Final

from schemas.events import Change, ChangeStatus
from sources.effects import verdict_of
from sources.environments import environment_in
from sources.epochs import moment_or_epoch
from sources.fields import Path, at, first_text, listing, mapping, text
from sources.reading import Ignored, Item, Reading, Record, reading_of, refuse
from sources.telling import quoted
from sources.titles import deploy_title
from streams.redact import Json, json_text, redact

_READ: Final = ("orca:pipeline:starting", "orca:pipeline:complete", "orca:pipeline:failed")
_STATUSES: Final[Mapping[str, ChangeStatus]] = {
    "SUCCEEDED": "succeeded",
    "NOT_STARTED": "started",
    "RUNNING": "started",
    "PAUSED": "started",
    "BUFFERED": "started",
    "FAILED_CONTINUE": "failed",
    "TERMINAL": "failed",
    "CANCELED": "failed",
    "STOPPED": "failed",
}
_DEPLOYING: Final = (
    "deploy",
    "rollback",
    "undorollout",
    "clone",
    "patchmanifest",
    "rollingrestart",
)
"""How types of stages begin that put something into use: deploy, deployManifest, rollbackCluster, ..."""
_EXECUTION: Final = (
    "id",
    "name",
    "application",
    "status",
    "type",
    "buildTime",
    "startTime",
    "endTime",
    "canceledBy",
)
_STAGE: Final = ("type", "name", "status", "startTime", "endTime")
_CONTEXT: Final = ("account", "credentials", "location", "namespace", "cluster", "moniker", "manifestName")
_ARTIFACT: Final = ("name", "reference", "version", "type")
_ACTOR: Final[tuple[Path, ...]] = (("trigger", "user"), ("authentication", "user"))
_NAMESPACE: Final = ("namespace", "location")
_ACCOUNT: Final = ("account", "credentials")


def read(body: Json, headers: Mapping[str, str], received_at: int) -> Reading:  # noqa: ARG001 - the contract
    """One Change for a pipeline that began or ended; its stages and tasks are ignored with the reason."""
    return reading_of([_item(body)])


def _item(body: Json) -> Item:
    kind = text(at(body, ("details", "type")))
    if not isinstance(body, dict) or kind is None:
        detail = "details.type is missing: does Echo post with wrap: false?"
        return refuse("not_an_event", detail, body)
    if kind not in _READ:
        return Ignored(
            "other_event", f"{quoted(kind)}: only the beginning and the end of a pipeline are read"
        )
    original = redact(_kept(body))
    execution = at(original, ("execution",))
    identity, application = text(at(execution, ("id",))), _application(original)
    if identity is None or application is None:
        missing = "id" if identity is None else "application"
        return refuse("no_execution", f"content.execution.{missing} is missing", original)
    time = _time(original)
    if time is None:
        return refuse("no_time", "the execution has no times, nor has the event", original)
    return _change(original, identity, application, time)


def _kept(body: Mapping[str, Json]) -> Json:
    """Of an execution, which holds every document that it went through, what says what was deployed."""
    execution = mapping(at(dict(body), ("content", "execution")))
    return {
        "details": _some(body.get("details"), ("type", "created", "application", "source")),
        "execution": {
            **_some(dict(execution), _EXECUTION),
            "trigger": {
                **_some(execution.get("trigger"), ("type", "user", "tag", "buildNumber", "rebake")),
                "artifacts": [
                    _some(one, _ARTIFACT) for one in listing(at(execution.get("trigger"), ("artifacts",)))
                ],
            },
            "authentication": _some(execution.get("authentication"), ("user",)),
            "stages": [_stage(stage) for stage in listing(execution.get("stages"))],
        },
    }


def _stage(stage: Json) -> Json:
    return {**_some(stage, _STAGE), "context": _some(at(stage, ("context",)), _CONTEXT)}


def _some(value: Json, fields: tuple[str, ...]) -> dict[str, Json]:
    held = mapping(value)
    return {field: held[field] for field in fields if field in held}


def _application(original: Json) -> str | None:
    return first_text(original, (("execution", "application"), ("details", "application")))


def _time(original: Json) -> int | None:
    """The end, where it has ended; else the beginning."""
    paths = (
        ("execution", "endTime"),
        ("execution", "startTime"),
        ("execution", "buildTime"),
        ("details", "created"),
    )
    return next((found for path in paths if (found := moment_or_epoch(at(original, path))) is not None), None)


def _change(original: Json, identity: str, application: str, time: int) -> Item:
    execution = at(original, ("execution",))
    stages = [stage for stage in listing(at(execution, ("stages",))) if _deploys(stage)]
    state = text(at(execution, ("status",))) or ""
    status = _STATUSES.get(state, "unknown")
    verdict = verdict_of(status) if stages else "none of the pipeline's stages deploys"
    namespace, environment = _first(stages, _NAMESPACE), _environment(stages, execution)
    version = _version(execution)
    message = Change(
        kind="deploy",
        source="spinnaker",
        source_ref=f"spinnaker:{identity}",
        status=status,
        suspectable=not verdict,
        verdict=verdict,
        target=f"service/{application}",
        service=application,
        namespace=namespace,
        environment=environment,
        references=(f"spinnaker.io/application:{application}", f"service:{application}"),
        title=deploy_title(
            application, version, environment, f"{text(at(execution, ('name',))) or 'pipeline'} {state}"
        ),
        after=version,
        actor=first_text(execution, _ACTOR),
        effective_at=time,
        notified_at=moment_or_epoch(at(original, ("details", "created"))),
        original=json_text(original),
    )
    return Record("deploys", (application,), message)


def _deploys(stage: Json) -> bool:
    return (text(at(stage, ("type",))) or "").lower().startswith(_DEPLOYING)


def _first(stages: list[Json], fields: tuple[str, ...]) -> str | None:
    paths = tuple(("context", field) for field in fields)
    return next((found for stage in stages if (found := first_text(stage, paths))), None)


def _environment(stages: list[Json], execution: Json) -> str | None:
    """The one that the account, the stage or the pipeline is named after."""
    named = [_first(stages, _ACCOUNT), *(text(at(stage, ("name",))) for stage in stages)]
    return next(
        (found for name in (*named, text(at(execution, ("name",)))) if (found := environment_in(name))), None
    )


def _version(execution: Json) -> str | None:
    """The version of the first artifact that triggered it, else the tag or the number of the build."""
    artifacts = listing(at(execution, ("trigger", "artifacts")))
    versions = (text(at(one, ("version",))) for one in artifacts)
    return next((one for one in versions if one), None) or first_text(
        execution, (("trigger", "tag"), ("trigger", "buildNumber"))
    )
