"""Owns examples of AWS's events as EventBridge sends them.

Goes to: the tests of the adapters that read them.
"""

from typing import Any

from streams.redact import Json


def event(kind: str, detail: dict[str, Json], **fields: Json) -> dict[str, Any]:
    """An event with this `detail-type` and these details."""
    return {
        "version": "0",
        "id": "2f53c192",
        "detail-type": kind,
        "source": "aws.test",
        "account": "123456789012",
        "time": "2026-02-03T20:54:09Z",
        "region": "us-west-2",
        "resources": [],
        "detail": detail,
        **fields,
    }


def call(service: str, name: str, parameters: Json = None, **fields: Json) -> dict[str, Any]:
    """An API call that CloudTrail recorded, with some fields of its detail replaced."""
    role = {
        "type": "AssumedRole",
        "arn": "arn:aws:sts::123456789012:assumed-role/workshop-admin/dev-bo",
        "principalId": "AROAC9FE5B19B2E85883:dev-bo",
    }
    detail: dict[str, Json] = {
        "userIdentity": {**role},
        "eventTime": "2026-02-03T20:54:08Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-west-2",
        "requestParameters": parameters,
        "readOnly": False,
        **fields,
    }
    return event("AWS API Call via CloudTrail", detail)


def put_parameter(name: str = "/shop/search-delay", **fields: Json) -> dict[str, Any]:
    """The call that sets a parameter, its value hidden as CloudTrail hides it."""
    parameters: Json = {"name": name, "value": "HIDDEN_DUE_TO_SECURITY_REASONS", "overwrite": True}
    detail: dict[str, Json] = {"responseElements": {"version": 47}, **fields}
    return call("ssm", "PutParameter", parameters, **detail)


def codedeploy(state: str = "SUCCESS", group: str = "production") -> dict[str, Any]:
    """A deployment that changed its state."""
    detail: dict[str, Json] = {
        "application": "petsite",
        "deploymentGroup": group,
        "deploymentId": "d-BC1062E93",
        "state": state,
    }
    return event("CodeDeploy Deployment State-change Notification", detail, source="aws.codedeploy")


def codepipeline(category: str, state: str = "SUCCEEDED") -> dict[str, Any]:
    """An action of a pipeline that changed its state."""
    detail: dict[str, Json] = {
        "pipeline": "shop",
        "stage": "Prod",
        "action": "go",
        "state": state,
        "type": {"category": category},
    }
    arn = "arn:aws:codepipeline:us-east-1:123456789012:pipeline:shop"
    return event("CodePipeline Action Execution State Change", detail, resources=[arn])
