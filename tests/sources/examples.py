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

EXAMPLES: Final[dict[str, tuple[Json, ...]]] = {"argocd": (ARGOCD,)}
"""By route."""
