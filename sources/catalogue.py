"""Owns the table of the formats that can be sent to us: route, adapter, and what the documentation says of it.

The gateway's routes, the error for an unknown route and docs/sources.md are derived from this table.
"""

from dataclasses import dataclass
from typing import Final

from sources import (
    alertmanager,
    argocd,
    catalogs,
    cloudevents,
    cloudwatch,
    eventbridge,
    flagd,
    flagsmith,
    github_deployment,
    gitlab,
    grafana,
    kubernetes_audit,
    launchdarkly,
    opsgenie,
    pagerduty,
    published,
    spinnaker,
    terraform,
    unleash,
)
from sources.reading import Adapter


@dataclass(frozen=True, slots=True)
class Format:
    """One format. Times name the sender's own fields; without one for the notification, the ingest time counts."""

    route: str
    title: str
    read: Adapter
    topics: tuple[str, ...]
    event_time: str
    notification_time: str | None
    sender: str
    """How to point the sender at the gateway, in one line."""
    is_text: bool = False
    """True where the body may be a text that is no JSON."""


FORMATS: Final[dict[str, Format]] = {
    entry.route: entry
    for entry in (
        Format(
            route="alertmanager",
            title="Prometheus Alertmanager, webhook version 4",
            read=alertmanager.read,
            topics=("alerts",),
            event_time="alerts[].startsAt, alerts[].endsAt",
            notification_time=None,
            sender="a receiver with webhook_configs: [{url: <gateway>/v1/alertmanager, send_resolved: true}]",
        ),
        Format(
            route="grafana",
            title="Grafana, unified alerting webhook",
            read=grafana.read,
            topics=("alerts",),
            event_time="alerts[].startsAt, alerts[].endsAt",
            notification_time=None,
            sender="a contact point of type Webhook with the address <gateway>/v1/grafana",
        ),
        Format(
            route="pagerduty",
            title="PagerDuty: alert and change events as for its Events API v2, webhooks about incidents",
            read=pagerduty.read,
            topics=("alerts", "deploys"),
            event_time="payload.timestamp, else the ingest time; event.data.created_at, event.occurred_at",
            notification_time="payload.timestamp; event.occurred_at",
            sender="a tool's own address for PagerDuty events, or a webhook subscription: <gateway>/v1/pagerduty",
        ),
        Format(
            route="opsgenie",
            title="Opsgenie, webhook integration",
            read=opsgenie.read,
            topics=("alerts",),
            event_time="alert.createdAt; alert.updatedAt of the action Close",
            notification_time="alert.updatedAt",
            sender="a Webhook integration with the address <gateway>/v1/opsgenie, alert description and details added",
        ),
        Format(
            route="cloudwatch",
            title="AWS CloudWatch alarms over SNS",
            read=cloudwatch.read,
            topics=("alerts",),
            event_time="StateChangeTime of the alarm",
            notification_time="Timestamp of SNS's message",
            sender="the alarm's SNS topic with an HTTPS subscription to <gateway>/v1/cloudwatch",
        ),
        Format(
            route="github",
            title="GitHub, events deployment and deployment_status",
            read=github_deployment.read,
            topics=("deploys",),
            event_time="deployment_status.created_at, of the status success; deployment.created_at",
            notification_time="deployment_status.updated_at",
            sender="a webhook of the repository as application/json: events Deployments and Deployment statuses",
        ),
        Format(
            route="gitlab",
            title="GitLab, deployment and feature flag events",
            read=gitlab.read,
            topics=("deploys", "flags"),
            event_time="status_changed_at; a feature flag event has none, so the ingest time",
            notification_time="status_changed_at",
            sender="a webhook of the project or group: triggers Deployment events and Feature flag events",
        ),
        Format(
            route="argocd",
            title="Argo CD, by our notification template",
            read=argocd.read,
            topics=("deploys",),
            event_time="finishedAt, else startedAt",
            notification_time=None,
            sender="the template and the triggers of docs/sources.md in argocd-notifications-cm",
        ),
        Format(
            route="spinnaker",
            title="Spinnaker, events of Echo",
            read=spinnaker.read,
            topics=("deploys",),
            event_time="content.execution.endTime, else startTime",
            notification_time="details.created",
            sender="rest.endpoints in echo-local.yml: - wrap: false, url: <gateway>/v1/spinnaker",
        ),
        Format(
            route="cloudevents",
            title="CloudEvents in structured, binary or batched mode: CDEvents, AWS's events, flagd's",
            read=cloudevents.read,
            topics=("deploys", "configs", "flags", "alerts"),
            event_time="data.context.timestamp, data.detail.eventTime or data.time, else time",
            notification_time="time of the CloudEvent",
            sender="an event broker's subscription, or an EventBridge pipe, with the address <gateway>/v1/cloudevents",
        ),
        Format(
            route="eventbridge",
            title="AWS EventBridge: CloudTrail, CodeDeploy, CodePipeline, ECS, Parameter Store, CloudWatch alarms",
            read=eventbridge.read,
            topics=("deploys", "configs", "alerts"),
            event_time="detail.eventTime, detail.state.timestamp, else time",
            notification_time="time",
            sender="a rule whose target is an API destination with the address <gateway>/v1/eventbridge",
        ),
        Format(
            route="flagd",
            title="flagd, CloudEvent dev.flagd.flags.changed",
            read=flagd.read,
            topics=("flags",),
            event_time="time of the CloudEvent",
            notification_time="time of the CloudEvent",
            sender="a step of the pipeline that publishes the flag document posts it with the one before",
        ),
        Format(
            route="launchdarkly",
            title="LaunchDarkly, audit log entries",
            read=launchdarkly.read,
            topics=("flags", "configs"),
            event_time="timestamp.milliseconds or date, else timestamp.rfc3339",
            notification_time="timestamp or date",
            sender="Integrations, Webhooks: <gateway>/v1/launchdarkly, with a policy for flags and segments",
        ),
        Format(
            route="unleash",
            title="Unleash, webhook integration",
            read=unleash.read,
            topics=("flags", "configs"),
            event_time="createdAt",
            notification_time="createdAt",
            sender="an integration of type Webhook with the address <gateway>/v1/unleash and an empty body template",
        ),
        Format(
            route="flagsmith",
            title="Flagsmith, webhooks of an environment and of the audit log",
            read=flagsmith.read,
            topics=("flags",),
            event_time="data.timestamp; created_date",
            notification_time="data.timestamp; created_date",
            sender="a webhook in the settings of each environment with the address <gateway>/v1/flagsmith",
        ),
        Format(
            route="terraform",
            title="HCP Terraform and Terraform Enterprise, run notifications",
            read=terraform.read,
            topics=("configs",),
            event_time="notifications[].run_updated_at",
            notification_time="notifications[].run_updated_at",
            sender="a workspace's notification of type Webhook: triggers Completed and Errored",
        ),
        Format(
            route="kubernetes-audit",
            title="Kubernetes, audit.k8s.io Event or EventList",
            read=kubernetes_audit.read,
            topics=("configs",),
            event_time="stageTimestamp",
            notification_time="stageTimestamp",
            sender="the API server's --audit-webhook-config-file, with level Metadata for Secrets",
        ),
        Format(
            route="publish",
            title="Our own plain form: alert, deploy, flag or config, named as in schemas/events.py",
            read=published.read,
            topics=("alerts", "deploys", "flags", "configs"),
            event_time="starts_at, ends_at; effective_at, else the ingest time",
            notification_time="notified_at",
            sender='incidents publish in a CI job; or curl --json \'{"kind": "deploy", ...}\' <gateway>/v1/publish',
        ),
        Format(
            route="catalog",
            title="Service catalogs of Backstage, Datadog and OpsLevel, rotas, runbooks; YAML or JSON",
            read=catalogs.read,
            topics=("catalog",),
            event_time="none",
            notification_time=None,
            sender="curl --data-binary @catalog-info.yaml <gateway>/v1/catalog, or /api/catalog/entities as JSON",
            is_text=True,
        ),
    )
}


class UnknownSource(LookupError):
    """No format has this route. The text names those that exist."""

    def __init__(self, route: str) -> None:
        super().__init__(f"unknown source {route[:80]!r}: known are {', '.join(sorted(FORMATS))}")


def format_of(route: str) -> Format:
    """The format under the route; UnknownSource where there is none."""
    try:
        return FORMATS[route]
    except KeyError:
        raise UnknownSource(route) from None
