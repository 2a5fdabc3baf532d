"""Owns what senders write: deliveries in the shapes of Alertmanager, GitHub, flagd and Kubernetes.

The same every time: ids are made from content, and times are given. Times are times of day in UTC on `DAY`. Goes
to: the recordings of this folder.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

DAY: Final = "2026-11-17T"
_ALERTMANAGERS: Final = ("https://alerts-0.kestrel-lane.example", "https://alerts-1.kestrel-lane.example")
_NEVER: Final = "0001-01-01T00:00:00Z"

Object = dict[str, Any]


@dataclass(frozen=True)
class Delivery:
    """One delivery: the time of day at which it arrived, by which route, with which headers, and what it says."""

    received: str
    source: str
    body: Object
    headers: tuple[tuple[str, str], ...] = ()

    def line(self) -> str:
        """The delivery as a line of the recording."""
        fields = {
            "received_at": f"{DAY}{self.received}Z",
            "source": self.source,
            "headers": {"content-type": "application/json", **dict(self.headers)},
            "body": self.body,
        }
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":")) + "\n"


@dataclass(frozen=True)
class Rule:
    """One alert: its labels, what it states, and from when to when it fires (time of day, nine fraction digits)."""

    labels: Object
    summary: str
    value: str
    starts: str
    ends: str

    def told(self, *, resolved: bool) -> Object:
        """The alert as a member of a group."""
        return {
            "status": "resolved" if resolved else "firing",
            "labels": self.labels,
            "annotations": {"summary": self.summary, "value": self.value},
            "startsAt": f"{DAY}{self.starts}Z",
            "endsAt": f"{DAY}{self.ends}Z" if resolved else _NEVER,
            "generatorURL": f"https://metrics.kestrel-lane.example/alerts?search={self.labels['alertname']}",
            "fingerprint": _digits(json.dumps(self.labels, sort_keys=True), 16),
        }


def _digits(of: str, length: int) -> str:
    """Hexadecimal digits that look like an id and are the same every time."""
    return sha256(of.encode()).hexdigest()[:length]


def alerts(
    received: str, firing: Sequence[Rule], resolved: Sequence[Rule] = (), *, second: str | None = None
) -> Iterator[Delivery]:
    """A group of alerts as Alertmanager sends it, and once more from its twin where `second` says when."""
    for at, address in zip((received, second), _ALERTMANAGERS, strict=True):
        if at is not None:
            yield Delivery(at, "alertmanager", _group(firing, resolved, address))


def _group(firing: Sequence[Rule], resolved: Sequence[Rule], address: str) -> Object:
    members = [r.told(resolved=False) for r in firing] + [r.told(resolved=True) for r in resolved]
    first = members[0]["labels"]
    by = {name: first[name] for name in ("alertname", "namespace") if name in first}
    common = {n: v for n, v in first.items() if all(m["labels"].get(n) == v for m in members)}
    return {
        "version": "4",
        "groupKey": "{}:{" + ", ".join(f'{name}="{value}"' for name, value in by.items()) + "}",
        "truncatedAlerts": 0,
        "status": "firing" if firing else "resolved",
        "receiver": "incidents",
        "groupLabels": by,
        "commonLabels": common,
        "commonAnnotations": {},
        "externalURL": address,
        "alerts": members,
    }


def deploy(received: str, at: str, number: int, name: str, state: str, *, to: str = "production") -> Delivery:
    """A status of a deployment as GitHub sends it, `at` being the time of day of the status."""
    sha, created = _digits(f"{name}{number}", 40), f"{DAY}{at}Z"
    who = {"login": "kestrel-release", "type": "Bot"}
    repository = f"https://github.com/kestrel-lane/{name}"
    body = {
        "action": "created",
        "deployment_status": {
            "id": int(_digits(f"{number}{state}", 8), 16),
            "state": state,
            "creator": who,
            "environment": to,
            "description": "",
            "log_url": f"{repository}/actions/runs/{number}",
            "created_at": created,
            "updated_at": created,
        },
        "deployment": {
            "id": number,
            "sha": sha,
            "ref": "main",
            "task": "deploy",
            "environment": to,
            "creator": who,
            "payload": {"previous_sha": _digits(f"{name}{number - 1}", 7)},
        },
        "repository": {"name": name, "full_name": f"kestrel-lane/{name}", "html_url": repository},
        "sender": who,
    }
    return Delivery(received, "github", body, (("x-github-event", "deployment_status"),))


def flag(received: str, at: str, by: str, before: Object, **changed: str) -> Delivery:
    """A flag document that somebody has published, `before` and after; names have _ in place of -."""
    after = {**before, **{key.replace("_", "-"): variant for key, variant in changed.items()}}
    body = {
        "specversion": "1.0",
        "id": _digits(at, 12),
        "source": "flags/kestrel-lane",
        "type": "dev.flagd.flags.changed",
        "time": f"{DAY}{at}Z",
        "environment": "production",
        "actor": by,
        "data": {"before": _document(before), "after": _document(after)},
    }
    return Delivery(received, "flagd", body)


def _document(variants: Object) -> Object:
    def defined(variant: str) -> Object:
        return {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": variant}

    return {"flags": {key: defined(variant) for key, variant in variants.items()}}


def audited(received: str, at: str, verb: str, what: str, by: str, wrote: Object | None = None) -> Delivery:
    """A completed request as Kubernetes audits it. `what` is resource/namespace/name; Secrets come without body."""
    resource, namespace, name, *sub = what.split("/")
    group = _GROUPS.get(resource, "")
    address = f"/apis/{group}/v1" if group else "/api/v1"
    reference = {"resource": resource, "namespace": namespace, "name": name, "apiVersion": "v1"}
    body = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata" if wrote is None else "Request",
        "auditID": _audit_id(at + what),
        "stage": "ResponseComplete",
        "requestURI": f"{address}/namespaces/{namespace}/{resource}/{'/'.join([name, *sub])}",
        "verb": verb,
        "user": {"username": by, "groups": ["system:authenticated"]},
        "sourceIPs": ["192.0.2.17"],
        "objectRef": {
            **reference,
            **({"apiGroup": group} if group else {}),
            **({"subresource": sub[0]} if sub else {}),
        },
        "responseStatus": {"metadata": {}, "code": 200},
        **({} if wrote is None else {"requestObject": wrote}),
        "requestReceivedTimestamp": f"{DAY}{at}Z",
        "stageTimestamp": f"{DAY}{at}Z",
    }
    return Delivery(received, "kubernetes-audit", body)


def config_map(app: str, data: Object) -> Object:
    """A ConfigMap as a request writes it, labelled with the application that it is for."""
    return {"kind": "ConfigMap", "metadata": {"labels": {"app.kubernetes.io/name": app}}, "data": data}


_GROUPS: Final = {
    "deployments": "apps",
    "horizontalpodautoscalers": "autoscaling",
    "endpointslices": "discovery.k8s.io",
    "leases": "coordination.k8s.io",
}


def _audit_id(of: str) -> str:
    digits = _digits(of, 32)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
