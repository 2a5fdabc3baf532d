"""Owns what the invented senders write: Alertmanager's groups, GitHub's deployments, Kubernetes' audit events.

Pure. Times are seconds since 1970. Goes to: `bench.traffic`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from bench.organisation import Kind
from schemas.identity import digest

NEVER: Final = "0001-01-01T00:00:00Z"
Object = dict[str, Any]


def rfc3339(at: float) -> str:
    """A time as senders write it."""
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def alert(kind: Kind, severity: str, starts: float) -> Object:
    """A firing alert as a member of a group."""
    labels = {
        "alertname": kind.rule,
        "service": kind.service,
        "environment": kind.environment,
        "severity": severity,
        "cluster": f"{kind.environment}-1",
    }
    return {
        "status": "firing",
        "labels": labels,
        "annotations": {"summary": f"{kind.rule} on {kind.service}", "value": "12 % of requests"},
        "startsAt": rfc3339(starts),
        "endsAt": NEVER,
        "generatorURL": f"https://metrics.bench.example/alerts?search={kind.rule}",
        "fingerprint": digest(*kind)[:16],
    }


def resolved(member: Object, ended: float) -> Object:
    """The same alert, resolved."""
    return {**member, "status": "resolved", "endsAt": rfc3339(ended)}


def group(members: Sequence[Object], address: str) -> Object:
    """A group as Alertmanager's webhook (version 4) sends it from `address`."""
    by = {"alertname": members[0]["labels"]["alertname"]}
    return {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{by["alertname"]}"}}',
        "truncatedAlerts": 0,
        "status": "resolved" if all(m["status"] == "resolved" for m in members) else "firing",
        "receiver": "incidents",
        "groupLabels": by,
        "commonLabels": by,
        "commonAnnotations": {},
        "externalURL": address,
        "alerts": list(members),
    }


def deployment(number: int, service: str, environment: str, at: float) -> Object:
    """A status of a deployment that succeeded, as GitHub sends it."""
    repository, created = f"https://github.com/bench/{service}", rfc3339(at)
    who = {"login": "bench-release", "type": "Bot"}
    return {
        "action": "created",
        "deployment_status": {
            "id": number,
            "state": "success",
            "creator": who,
            "environment": environment,
            "description": "",
            "log_url": f"{repository}/actions/runs/{number}",
            "created_at": created,
            "updated_at": created,
        },
        "deployment": {
            "id": number,
            "sha": digest("sha", number)[:32] + "00000000",
            "ref": "main",
            "task": "deploy",
            "environment": environment,
            "creator": who,
            "payload": {},
        },
        "repository": {"name": service, "full_name": f"bench/{service}", "html_url": repository},
        "sender": who,
    }


def config_map(number: int, service: str, namespace: str, at: float) -> Object:
    """A person's update of a ConfigMap, as Kubernetes audits it."""
    name, audit = f"{service}-settings", digest("audit", number)
    wrote = {
        "kind": "ConfigMap",
        "metadata": {"labels": {"app.kubernetes.io/name": service}},
        "data": {"limit": str(number)},
    }
    return {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Request",
        "auditID": f"{audit[:8]}-{audit[8:12]}-{audit[12:16]}-{audit[16:20]}-{audit[20:]}",
        "stage": "ResponseComplete",
        "requestURI": f"/api/v1/namespaces/{namespace}/configmaps/{name}",
        "verb": "update",
        "user": {"username": "k.bench", "groups": ["system:authenticated"]},
        "sourceIPs": ["192.0.2.17"],
        "objectRef": {"resource": "configmaps", "namespace": namespace, "name": name, "apiVersion": "v1"},
        "responseStatus": {"metadata": {}, "code": 200},
        "requestObject": wrote,
        "requestReceivedTimestamp": rfc3339(at),
        "stageTimestamp": rfc3339(at),
    }
