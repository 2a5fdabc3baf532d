"""Owns reading API calls that CloudTrail records, and changes of parameters: mostly config changes.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html.
Calls that changed nothing, or that AWS made by itself, are kept with the rule that says so. Goes to: `sources.aws`.
"""

from collections.abc import Mapping
from typing import Final

from schemas.events import Change, ChangeKind, ChangeStatus
from sources.aws_verdicts import verdict_of
from sources.fields import Path, at, first_moment, first_text, listing, literal, text
from sources.occurrence import Occurrence
from sources.reading import Item, Record, refuse
from streams.redact import MARK, Json, json_text

_TIME: Final[tuple[Path, ...]] = (("detail", "eventTime"), ("time",))
_SSM: Final = "ssm"
_HIDDEN: Final = frozenset(("HIDDEN_DUE_TO_SECURITY_REASONS", MARK))
"""What stands where AWS or we have masked a value."""
_DEPLOYS: Final[Mapping[tuple[str, str], str]] = {
    ("ecs", "CreateService"): "serviceName",
    ("ecs", "UpdateService"): "service",
    ("elasticbeanstalk", "UpdateEnvironment"): "environmentName",
    ("lambda", "UpdateAlias"): "functionName",
    ("lambda", "UpdateFunctionCode"): "functionName",
}
"""Calls that put new code into use, without the version at the end of their name, and what names the service."""
_NAMES: Final = (
    "name",
    "functionName",
    "serviceName",
    "service",
    "bucketName",
    "tableName",
    "dBInstanceIdentifier",
    "dBClusterIdentifier",
    "autoScalingGroupName",
    "loadBalancerArn",
    "targetGroupArn",
    "secretId",
    "stackName",
    "clusterName",
    "cluster",
    "queueUrl",
    "topicArn",
    "roleName",
    "groupId",
    "hostedZoneId",
    "resourceId",
    "resourceArn",
    "id",
)
"""Parameters that name what a call is about, the most telling first."""
_ACTOR: Final[tuple[Path, ...]] = (("userName",), ("arn",), ("invokedBy",), ("type",))


def api_call(event: Occurrence) -> Item:
    """One Change for a call, whether it can be to blame or not."""
    service = (text(_detail(event, "eventSource")) or "").removesuffix(".amazonaws.com")
    call = text(_detail(event, "eventName"))
    if not service or call is None:
        return refuse("no_call", "detail.eventSource or eventName is missing", event.original, event.path)
    kind, name = _subject(event, service, call)
    region = text(_detail(event, "awsRegion")) or ""
    targets = {"deploy": f"service/{name}", "config": f"config/{service}/{region}/{name}"}
    return _record(
        event,
        kind=kind,
        target=f"ssm:{name}" if service == _SSM and name else targets[kind],
        service=name if kind == "deploy" else None,
        references=_references(event, service, name),
        title=f"{call} {name}".strip(),
    )


def _subject(event: Occurrence, service: str, call: str) -> tuple[ChangeKind, str]:
    """What kind of change the call is, and the name of what it changes."""
    for (of, begins), field in _DEPLOYS.items():
        named = text(at(_detail(event, "requestParameters"), (field,)))
        if service == of and call.startswith(begins) and named:
            return "deploy", _short(named)
    parameters = _detail(event, "requestParameters")
    several = [text(one) for one in listing(at(parameters, ("names",)))]
    return "config", first_text(parameters, tuple((name,) for name in _NAMES)) or (
        several[0] if several else ""
    ) or ""


def _short(name: str) -> str:
    """The name at the end of an ARN."""
    return (
        name.rpartition(":function:")[2].partition(":")[0]
        if ":function:" in name
        else name.rpartition("/")[2] or name
    )


def parameter_change(event: Occurrence) -> Item:
    """One Change for a parameter that was created, updated or deleted."""
    name, operation = text(_detail(event, "name")), text(_detail(event, "operation")) or "change"
    if name is None:
        return refuse("no_parameter", "detail.name, the parameter, is missing", event.original, event.path)
    return _record(
        event,
        kind="config",
        target=f"ssm:{name}",
        service=None,
        references=(f"aws.amazon.com/ssm-parameter:{name}",),
        title=f"{operation} {name}",
    )


def _record(
    event: Occurrence,
    *,
    kind: ChangeKind,
    target: str,
    service: str | None,
    references: tuple[str, ...],
    title: str,
) -> Item:
    time = first_moment(event.data, _TIME)
    time = event.sent_at if time is None else time
    if time is None:
        return refuse("no_time", "neither the call nor its envelope has a time", event.original, event.path)
    verdict = verdict_of(at(event.data, ("detail",)))
    message = Change(
        kind=kind,
        source=event.source,
        source_ref=event.source_ref,
        status=_status(event),
        suspectable=not verdict,
        verdict=verdict,
        target=target,
        service=service,
        references=references,
        title=title,
        after=_written(event),
        actor=_actor(event),
        effective_at=time,
        notified_at=event.sent_at,
        original=json_text(event.original),
    )
    topic, key = ("deploys", service or target) if kind == "deploy" else ("configs", target)
    return Record(topic, (key,), message, event.path)


def _status(event: Occurrence) -> ChangeStatus:
    return "failed" if text(_detail(event, "errorCode")) else "succeeded"


def _references(event: Occurrence, service: str, name: str) -> tuple[str, ...]:
    """The resource as catalogs name it."""
    if service == _SSM:
        several = (text(one) for one in listing(at(_detail(event, "requestParameters"), ("names",))))
        names = dict.fromkeys(one for one in (name, *several) if one)
        return tuple(f"aws.amazon.com/ssm-parameter:{one}" for one in names)
    arns = (text(at(one, ("ARN",))) for one in listing(_detail(event, "resources")))
    named = (f"service:{name}", f"aws.amazon.com/{service}:{name}") if name else ()
    return (*(f"aws.amazon.com/arn:{arn}" for arn in arns if arn), *named)


def _written(event: Occurrence) -> str | None:
    """What was set, where it is shown; else the version that it became."""
    value = text(at(_detail(event, "requestParameters"), ("value",)))
    if value is not None and value not in _HIDDEN:
        return literal(value)
    return text(at(_detail(event, "responseElements"), ("version",)))


def _actor(event: Occurrence) -> str | None:
    """Who called: a user, or the session of a role, which stands at the end of its ARN."""
    named = first_text(_detail(event, "userIdentity"), _ACTOR)
    return named.rpartition("/")[2] or None if named else None


def _detail(event: Occurrence, field: str) -> Json:
    return at(event.data, ("detail", field))
