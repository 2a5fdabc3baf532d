"""Owns reading deploys that AWS reports: CodeDeploy, CodePipeline, ECS.

A pipeline's run and its stages are no deploys; its actions of category Deploy are. Goes to: `sources.aws`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from schemas.events import Change, ChangeStatus
from sources.effects import verdict_of
from sources.environments import environment_in
from sources.fields import Path, at, first_moment, listing, text
from sources.occurrence import Occurrence
from sources.reading import Item, Record, refuse
from sources.titles import deploy_title
from streams.redact import json_text

_STATES: Final[Mapping[str, ChangeStatus]] = {
    "SUCCESS": "succeeded",
    "SUCCEEDED": "succeeded",
    "START": "started",
    "STARTED": "started",
    "READY": "started",
    "RESUMED": "started",
    "STOPPING": "started",
    "FAILURE": "failed",
    "FAILED": "failed",
    "STOP": "failed",
    "STOPPED": "failed",
    "CANCELED": "failed",
    "ABANDONED": "failed",
    "SUPERSEDED": "failed",
}
_ECS_STATES: Final[Mapping[str, ChangeStatus]] = {
    "SERVICE_DEPLOYMENT_COMPLETED": "succeeded",
    "SERVICE_DEPLOYMENT_IN_PROGRESS": "started",
    "SERVICE_DEPLOYMENT_FAILED": "failed",
}
_DEPLOY: Final = "Deploy"
_TIME: Final[tuple[Path, ...]] = (("time",), ("detail", "updatedAt"), ("detail", "start-time"))


@dataclass(frozen=True, slots=True)
class _Deploy:
    """What a reader has found."""

    subject: str
    status: ChangeStatus
    environment: str | None
    references: tuple[str, ...]
    title: str
    verdict: str = ""


def codedeploy(event: Occurrence) -> Item:
    """A deployment of an application; its group counts as the environment where its name ends with one."""
    application, group = _detail(event, "application"), _detail(event, "deploymentGroup")
    if application is None:
        return refuse("no_application", "detail.application is missing", event.original, event.path)
    state = _detail(event, "state") or ""
    deploy = _Deploy(
        application,
        status=_STATES.get(state, "unknown"),
        environment=environment_in(group),
        references=(f"aws.amazon.com/codedeploy-application:{application}",),
        title=deploy_title(application, None, group, state),
    )
    return _record(event, deploy)


def codepipeline_action(event: Occurrence) -> Item:
    """An action of a pipeline, a deploy where its category says so."""
    pipeline, stage, state = (
        _detail(event, "pipeline"),
        _detail(event, "stage"),
        _detail(event, "state") or "",
    )
    category = text(at(event.data, ("detail", "type", "category"))) or "an action without category"
    if pipeline is None:
        return refuse("no_pipeline", "detail.pipeline is missing", event.original, event.path)
    deploys = category == _DEPLOY
    action = f"{category} {_detail(event, 'action') or ''} of pipeline {pipeline}: {state}"
    deploy = _Deploy(
        pipeline,
        status=_STATES.get(state, "unknown"),
        environment=environment_in(stage),
        references=_pipeline_references(event, pipeline),
        title=deploy_title(pipeline, None, stage, state) if deploys else action,
        verdict="" if deploys else f"{category} is no deploy",
    )
    return _record(event, deploy)


def codepipeline_run(event: Occurrence) -> Item:
    """A pipeline's run or one of its stages: kept, never a suspect."""
    pipeline, state = _detail(event, "pipeline"), _detail(event, "state") or ""
    if pipeline is None:
        return refuse("no_pipeline", "detail.pipeline is missing", event.original, event.path)
    deploy = _Deploy(
        pipeline,
        status=_STATES.get(state, "unknown"),
        environment=environment_in(_detail(event, "stage")),
        references=_pipeline_references(event, pipeline),
        title=f"pipeline {pipeline}: {state}",
        verdict="a pipeline's run is no deploy; its actions of category Deploy are",
    )
    return _record(event, deploy)


def ecs_deployment(event: Occurrence) -> Item:
    """A deployment of an ECS service, named by its ARN: `...:service/<cluster>/<service>`."""
    arns = (text(arn) for arn in listing(at(event.data, ("resources",))))
    arn = next((one for one in arns if one and ":service/" in one), None)
    service = arn.rpartition("/")[2] if arn else ""
    if arn is None or not service:
        return refuse("no_service", "resources names no ECS service", event.original, event.path)
    state = _detail(event, "eventName") or ""
    deploy = _Deploy(
        service,
        status=_ECS_STATES.get(state, "unknown"),
        environment=None,
        references=(f"aws.amazon.com/amazon-ecs-service-arn:{arn}", f"service:{service}"),
        title=deploy_title(service, None, None, state),
    )
    return _record(event, deploy)


def _pipeline_references(event: Occurrence, pipeline: str) -> tuple[str, ...]:
    arns = (text(arn) for arn in listing(at(event.data, ("resources",))))
    named = tuple(f"aws.amazon.com/aws-codepipeline-arn:{arn}" for arn in arns if arn)
    return (*named[:1], f"aws.amazon.com/codepipeline-pipeline:{pipeline}")


def _record(event: Occurrence, deploy: _Deploy) -> Item:
    time = first_moment(event.data, _TIME)
    time = event.sent_at if time is None else time
    if time is None:
        return refuse("no_time", "neither the event nor its envelope has a time", event.original, event.path)
    verdict = deploy.verdict or verdict_of(deploy.status)
    message = Change(
        kind="deploy",
        source=event.source,
        source_ref=event.source_ref,
        status=deploy.status,
        suspectable=not verdict,
        verdict=verdict,
        target=f"service/{deploy.subject}",
        service=deploy.subject,
        environment=deploy.environment,
        references=deploy.references,
        title=deploy.title,
        effective_at=time,
        notified_at=event.sent_at,
        original=json_text(event.original),
    )
    return Record("deploys", (deploy.subject,), message, event.path)


def _detail(event: Occurrence, field: str) -> str | None:
    return text(at(event.data, ("detail", field)))
