"""AWS's events: which calls and deployments are changes, which of them can be to blame."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.events import Change
from schemas.times import parse_time
from sources.eventbridge import read
from sources.reading import Reading
from streams.redact import Json
from tests.sources.aws_events import call, codedeploy, codepipeline, event, put_parameter
from tests.sources.samples import AT


def reading(body: Json) -> Reading:
    """What the adapter says."""
    return read(body, {}, AT)


def only(body: Json) -> Change:
    """The change that an event reports."""
    (record,) = reading(body).records
    assert isinstance(record.message, Change)
    return record.message


def test_a_parameter_that_was_set_is_a_config_change() -> None:
    """Every fact should be read; the time should be that of the call; a hidden value is not claimed."""
    (record,) = reading(put_parameter()).records
    assert isinstance(record.message, Change)
    assert ("configs", ("ssm:/shop/search-delay",)) == (record.topic, record.key)
    assert {
        "kind": "config",
        "source": "eventbridge",
        "source_ref": "eventbridge:aws.test/2f53c192",
        "target": "ssm:/shop/search-delay",
        "references": ("aws.amazon.com/ssm-parameter:/shop/search-delay",),
        "title": "PutParameter /shop/search-delay",
        "after": "47",
        "actor": "dev-bo",
        "effective_at": parse_time("2026-02-03T20:54:08Z"),
        "notified_at": parse_time("2026-02-03T20:54:09Z"),
    } == record.message.model_dump(exclude={"original"}, exclude_defaults=True)


def test_a_value_that_is_shown_is_what_it_was_set_to() -> None:
    """A plain value should be preferred to the version, a secret one be masked and not claimed."""
    shown = call("ssm", "PutParameter", {"name": "/shop/delay", "value": "5"})
    secret = call("ssm", "PutParameter", {"name": "/shop/db-password", "value": "hunter2"})
    assert ("5", None) == (only(shown).after, only(secret).after)
    assert "hunter2" not in only(secret).original


def test_several_deleted_parameters_are_all_referred_to() -> None:
    """The first should be the target, and each a reference."""
    message = only(call("ssm", "DeleteParameters", {"names": ["/a", "/b"]}))
    assert "ssm:/a" == message.target
    assert ("aws.amazon.com/ssm-parameter:/a", "aws.amazon.com/ssm-parameter:/b") == message.references


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (call("ssm", "GetParameter", {"name": "/a"}, readOnly=True), "a read (GetParameter) changes nothing"),
        (call("ec2", "DescribeInstances", readOnly=None), "a read (DescribeInstances) changes nothing"),
        (put_parameter(errorCode="AccessDenied"), "AWS refused it with AccessDenied"),
        (put_parameter(errorCode="Client.DryRunOperation"), "a dry run changes nothing"),
        (call("sts", "AssumeRole"), "AssumeRole is bookkeeping; nothing runs otherwise for it"),
        (
            put_parameter(userIdentity={"type": "AWSService", "invokedBy": "autoscaling.amazonaws.com"}),
            "made by AWS itself, autoscaling.amazonaws.com",
        ),
        (put_parameter(userIdentity={"type": "AWSService"}), "made by AWS itself, a service"),
        (put_parameter(userIdentity={"invokedBy": "cloudformation.amazonaws.com"}), ""),
        (put_parameter(), ""),
        (call("ssm", "GetawayParameter", readOnly=None), ""),
    ],
)
def test_reads_refusals_and_awss_own_calls_cannot_be_to_blame(body: Json, verdict: str) -> None:
    """They should be kept with the rule that clears them."""
    message = only(body)
    assert (verdict, not verdict) == (message.verdict, message.suspectable)


def test_a_refused_call_has_failed() -> None:
    """It should not count as having taken effect."""
    assert only(put_parameter(errorCode="AccessDenied")).status == "failed"


@pytest.mark.parametrize(
    ("body", "kind", "target", "service"),
    [
        (
            call("lambda", "UpdateFunctionCode20150331v2", {"functionName": "resize"}),
            "deploy",
            "service/resize",
            "resize",
        ),
        (
            call(
                "lambda",
                "UpdateFunctionCode20150331v2",
                {"functionName": "arn:aws:lambda:us-west-2:1:function:resize:live"},
            ),
            "deploy",
            "service/resize",
            "resize",
        ),
        (
            call("lambda", "UpdateFunctionConfiguration20150331v2", {"functionName": "resize"}),
            "config",
            "config/lambda/us-west-2/resize",
            None,
        ),
        (
            call("ecs", "UpdateService", {"service": "web", "cluster": "main"}),
            "deploy",
            "service/web",
            "web",
        ),
        (
            call("dynamodb", "UpdateTable", {"tableName": "pets"}),
            "config",
            "config/dynamodb/us-west-2/pets",
            None,
        ),
        (call("iam", "UpdateAccountPasswordPolicy"), "config", "config/iam/us-west-2/", None),
    ],
)
def test_other_calls_name_what_they_change(body: Json, kind: str, target: str, service: str | None) -> None:
    """New code should be a deploy, everything else a config change of the named resource."""
    message = only(body)
    assert (kind, target, service) == (message.kind, message.target, message.service)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("SUCCESS", "succeeded"),
        ("START", "started"),
        ("FAILURE", "failed"),
        ("STOP", "failed"),
        ("?", "unknown"),
    ],
)
def test_a_codedeploy_deployment_takes_effect_with_its_success(state: str, status: str) -> None:
    """Other states should be kept and cleared."""
    message = only(codedeploy(state))
    assert (status, status == "succeeded") == (message.status, message.suspectable)
    assert ("petsite", "service/petsite") == (message.service, message.target)
    assert ("aws.amazon.com/codedeploy-application:petsite",) == message.references
    assert f"deploy of petsite to production: {state}" == message.title


@pytest.mark.parametrize(
    ("group", "environment"),
    [
        ("production", "production"),
        ("petsite-staging", "staging"),
        ("Blue", None),
        ("myDeploymentGroup", None),
    ],
)
def test_a_deployment_group_may_name_an_environment(group: str, environment: str | None) -> None:
    """Only where its name ends with the word of an environment."""
    assert environment == only(codedeploy(group=group)).environment


@pytest.mark.parametrize(
    ("category", "state", "verdict"),
    [
        ("Deploy", "SUCCEEDED", ""),
        ("Deploy", "STARTED", "has not taken effect yet"),
        ("Deploy", "FAILED", "failed, so it did not take effect"),
        ("Build", "SUCCEEDED", "Build is no deploy"),
        ("Test", "SUCCEEDED", "Test is no deploy"),
    ],
)
def test_of_a_pipeline_only_a_deploy_action_can_be_to_blame(category: str, state: str, verdict: str) -> None:
    """Builds and tests should be kept and cleared; the stage names the environment."""
    message = only(codepipeline(category, state))
    assert (verdict, "Prod") == (message.verdict, message.environment)


def test_a_pipelines_run_is_no_deploy(shared_folder: Path) -> None:
    """The published samples of runs and stages should be kept and cleared."""
    for name in ("codepipeline-execution-state-change-event", "codepipeline-execution-stage-change-event"):
        body = orjson.loads((shared_folder / "samples" / "payloads" / "aws" / f"{name}.json").read_bytes())
        message = only(body)
        assert not message.suspectable
        assert message.title == "pipeline myPipeline: STARTED"


@pytest.mark.parametrize(
    ("state", "status"),
    [("SERVICE_DEPLOYMENT_COMPLETED", "succeeded"), ("SERVICE_DEPLOYMENT_IN_PROGRESS", "started")],
)
def test_an_ecs_deployment_is_named_by_its_arn(state: str, status: str) -> None:
    """Service and status should be read."""
    arn = "arn:aws:ecs:us-west-2:111122223333:service/default/web"
    message = only(event("ECS Deployment State Change", {"eventName": state}, resources=[arn]))
    assert ("web", status) == (message.service, message.status)
    assert (f"aws.amazon.com/amazon-ecs-service-arn:{arn}", "service:web") == message.references


def test_parameter_stores_own_event_is_a_config_change() -> None:
    """Operation and parameter should be read."""
    message = only(event("Parameter Store Change", {"name": "/shop/delay", "operation": "Update"}))
    assert ("ssm:/shop/delay", "Update /shop/delay") == (message.target, message.title)


@pytest.mark.parametrize(
    "kind", ["CodeDeploy Instance State-change Notification", "CodeBuild Build State Change"]
)
def test_what_is_no_change_is_ignored_with_the_reason(kind: str) -> None:
    """Instances and builds should be ignored, not refused."""
    assert ["other_event"] == [note.reason for note in reading(event(kind, {})).ignored]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("x", "not_an_event"),
        ({"detail": {}}, "not_an_event"),
        ({**codedeploy(), "id": None}, "no_name"),
        (event("EC2 Spot Instance Interruption Warning", {}), "other_detail_type"),
        ({**codedeploy(), "detail": {}}, "no_application"),
        ({**codedeploy(), "time": "soon"}, "no_time"),
        ({**codepipeline("Deploy"), "detail": None}, "no_pipeline"),
        (event("AWS API Call via CloudTrail", {}), "no_call"),
        (event("Parameter Store Change", {}), "no_parameter"),
        (event("ECS Deployment State Change", {}), "no_service"),
    ],
)
def test_what_cannot_be_understood_is_refused(body: Json, reason: str) -> None:
    """The refusal should have a reason."""
    assert [reason] == [refused.reason for refused in reading(body).refused]


def test_a_list_is_read_event_by_event() -> None:
    """A good event should be read beside a bad one; an empty list be ignored."""
    result = reading([put_parameter(), 1])
    assert (["/0"], ["/1"]) == ([one.path for one in result.records], [one.path for one in result.refused])
    assert ["empty"] == [note.reason for note in reading([]).ignored]


def test_a_user_is_named_by_the_user_name() -> None:
    """IAM users, roles and services should each be named by what names them."""
    identities: list[dict[str, Any]] = [
        {"type": "IAMUser", "userName": "ana", "arn": "arn:aws:iam::1:user/ana"},
        {"type": "Root"},
        {},
    ]
    actors = [only(put_parameter(userIdentity=identity)).actor for identity in identities]
    assert ["ana", "Root", None] == actors
