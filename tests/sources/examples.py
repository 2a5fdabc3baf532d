"""Owns examples of bodies of which no real one is at hand, written after the senders' documentation.

Goes to: the tests of the adapters.
"""

from typing import Any, Final

from streams.redact import Json

ARGOCD: Final[dict[str, Any]] = {
    "app": "checkout",
    "trigger": "on-deployed",
    "phase": "Succeeded",
    "finishedAt": "2026-02-03T10:02:05Z",
    "syncResult": {
        "revision": "95164aac92ce282a60f8f1dff24d4a2a40b8aa10",
        "source": {"repoURL": "https://github.com/shop/manifests", "path": "overlays/production"},
        "resources": [
            {
                "group": "apps",
                "kind": "Deployment",
                "namespace": "shop",
                "name": "checkout-web",
                "status": "Synced",
                "message": "deployment.apps/checkout-web configured",
            }
        ],
    },
    "operation": {"initiatedBy": {"username": "k.lam"}},
    "destination": {"namespace": "shop"},
    "labels": None,
    "link": "https://argocd.example.com/applications/checkout",
}

PAGERDUTY_ALERT: Final[dict[str, Any]] = {
    "routing_key": "samplekeyhere",
    "event_action": "trigger",
    "dedup_key": "checkout/latency",
    "payload": {
        "summary": "p99 of checkout is 2.3 s",
        "source": "web-3.example.com",
        "severity": "critical",
        "timestamp": "2026-02-03T08:06:22.984+0000",
        "component": "checkout",
        "group": "shop",
        "class": "latency",
        "custom_details": {"environment": "production", "ping": {"ms": 2300}},
    },
    "links": [{"href": "https://grafana.example.com/d/1", "text": "dashboard"}],
    "client": "Sample Monitoring Service",
    "client_url": "https://monitoring.example.com",
}
PAGERDUTY_CHANGE: Final[dict[str, Any]] = {
    "routing_key": "samplekeyhere",
    "payload": {
        "summary": "Build 4711 of checkout deployed",
        "timestamp": "2026-02-03T08:01:09.494+0000",
        "source": "acme-build-pipeline-tool-default-i-9999",
        "custom_details": {"build_state": "passed", "build_number": "4711"},
    },
    "links": [{"href": "https://github.com/shop/checkout/commit/3853f15", "text": "commit"}],
}

UNLEASH: Final[dict[str, Any]] = {
    "id": 919,
    "type": "feature-environment-enabled",
    "createdBy": "k.lam",
    "createdAt": "2026-02-03T08:01:09.412Z",
    "data": None,
    "preData": None,
    "tags": [],
    "featureName": "new-cart",
    "project": "default",
    "environment": "production",
}
SPINNAKER: Final[dict[str, Any]] = {
    "details": {
        "source": "orca",
        "type": "orca:pipeline:complete",
        "created": "1770105669494",
        "application": "checkout",
        "requestHeaders": {},
    },
    "content": {
        "executionId": "01F5KC59",
        "execution": {
            "type": "PIPELINE",
            "id": "01F5KC59",
            "application": "checkout",
            "name": "Deploy",
            "buildTime": 1770105600000,
            "startTime": 1770105601000,
            "endTime": 1770105669412,
            "status": "SUCCEEDED",
            "authentication": {"user": "k.lam", "allowedAccounts": ["eks-production"]},
            "trigger": {
                "type": "docker",
                "user": "k.lam",
                "artifacts": [
                    {"type": "docker/image", "name": "shop/checkout", "version": "v1.4.2"},
                ],
            },
            "stages": [
                {"type": "bake", "name": "Bake", "status": "SUCCEEDED"},
                {
                    "type": "deployManifest",
                    "name": "Deploy manifest",
                    "status": "SUCCEEDED",
                    "context": {
                        "account": "eks-production",
                        "namespaceOverride": "",
                        "location": "shop",
                        "manifests": [{"kind": "Deployment", "data": "long"}],
                    },
                },
            ],
        },
    },
    "eventId": "f1b2",
}

EXAMPLES: Final[dict[str, tuple[Json, ...]]] = {
    "argocd": (ARGOCD,),
    "pagerduty": (PAGERDUTY_ALERT, PAGERDUTY_CHANGE),
    "spinnaker": (SPINNAKER,),
    "unleash": (UNLEASH,),
}
"""By route."""
