"""Owns what events of AWS, as EventBridge sends them, say about changes and alarms: one reader for each `detail-type`.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events.html. May not: know in what an event
came. Goes to: `sources.cloudevents` and `sources.eventbridge`.
"""

from collections.abc import Callable, Mapping
from typing import Final

from sources.aws_deploys import codedeploy, codepipeline_action, codepipeline_run, ecs_deployment
from sources.aws_trail import api_call, parameter_change
from sources.cloudwatch_events import alarm_state
from sources.fields import at, literal, text
from sources.occurrence import Occurrence
from sources.reading import Ignored, Item, refuse

_READERS: Final[Mapping[str, Callable[[Occurrence], Item]]] = {
    "AWS API Call via CloudTrail": api_call,
    "CloudWatch Alarm State Change": alarm_state,
    "CodeDeploy Deployment State-change Notification": codedeploy,
    "CodePipeline Action Execution State Change": codepipeline_action,
    "CodePipeline Pipeline Execution State Change": codepipeline_run,
    "CodePipeline Stage Execution State Change": codepipeline_run,
    "ECS Deployment State Change": ecs_deployment,
    "Parameter Store Change": parameter_change,
}
_IGNORED: Final[Mapping[str, str]] = {
    "CodeDeploy Instance State-change Notification": "one instance of a deploy; the deployment's own event is read",
    "CodeBuild Build State Change": "a build is no deploy",
    "CodeBuild Build Phase Change": "a phase of a build is no deploy",
    "AWS Console Sign In via CloudTrail": "signing in changes nothing that runs",
    "AWS Service Event via CloudTrail": "AWS's own doing, not a change that somebody made",
}


def aws_event(event: Occurrence) -> Item:
    """One Change or Alert; what is well understood and no change is ignored, an unknown `detail-type` refused."""
    kind = text(at(event.data, ("detail-type",))) or ""
    reader = _READERS.get(kind)
    if reader is not None:
        return reader(event)
    if kind in _IGNORED:
        return Ignored("other_event", f"{kind}: {_IGNORED[kind]}", event.path)
    detail = f"nothing here reads AWS's events of detail-type {literal(kind)}: leave them out of the rule"
    return refuse("other_detail_type", detail, event.original, event.path)
