"""Owns which requests to a Kubernetes API server cannot be to blame: a table of rules, the first one counts.

May not: drop anything; what a rule names is kept, and shown as not suspectable. Goes to:
`sources.kubernetes_audit`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from sources.fields import at, text
from streams.redact import Json

_READS: Final = frozenset(("get", "list", "watch"))
_BOOKKEEPING: Final = frozenset(
    (
        "bindings",
        "componentstatuses",
        "controllerrevisions",
        "csinodes",
        "csistoragecapacities",
        "endpoints",
        "endpointslices",
        "events",
        "leases",
        "localsubjectaccessreviews",
        "selfsubjectaccessreviews",
        "selfsubjectreviews",
        "selfsubjectrulesreviews",
        "subjectaccessreviews",
        "tokenreviews",
        "volumeattachments",
    )
)
"""What a cluster writes to keep itself running, and questions that are asked by writing."""
_CONNECTIONS: Final = frozenset(("attach", "exec", "log", "portforward", "proxy", "token", "binding"))
_SYSTEM_USER: Final = re.compile(
    r"system:(?:node:.*|kube-.*|apiserver|aggregator|bootstrap.*|serviceaccount:kube-[\w.-]+:.*"
    r"|serviceaccount:[\w.-]+:[\w.-]*(?:controller|operator|autoscaler|scheduler|provisioner|injector)[\w.-]*)"
)
"""Nodes, parts of the control plane, and service accounts of controllers."""
_DEPLOYERS: Final = re.compile(
    r"system:serviceaccount:(?:argocd|argo-cd|flux-system|fleet-[\w.-]+|spinnaker|tekton[\w.-]*):.*"
)
"""Service accounts that carry out what people merged; the change is theirs."""

Rule = Callable[[Mapping[str, Json]], str | None]


def verdict_of(event: Mapping[str, Json]) -> str:
    """Why the event cannot be to blame, in words; an empty text where no rule holds."""
    return next((words for rule in _RULES if (words := rule(event))), "")


def response_code(event: Mapping[str, Json]) -> int | None:
    """The HTTP status of the answer, where the event has one."""
    code = at(dict(event), ("responseStatus", "code"))
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def _read(event: Mapping[str, Json]) -> str | None:
    verb = text(event.get("verb"))
    return f"a read ({verb}) changes nothing" if verb in _READS else None


def _failed(event: Mapping[str, Json]) -> str | None:
    code = response_code(event)
    return f"the API server refused it with {code}" if code is not None and code >= 400 else None  # noqa: PLR2004 - HTTP


def _dry_run(event: Mapping[str, Json]) -> str | None:
    query = (text(event.get("requestURI")) or "").partition("?")[2]
    return "a dry run changes nothing" if "dryRun=All" in query else None


def _resource(event: Mapping[str, Json]) -> str | None:
    resource = text(at(dict(event), ("objectRef", "resource")))
    return f"{resource} are the cluster's own bookkeeping" if resource in _BOOKKEEPING else None


def _subresource(event: Mapping[str, Json]) -> str | None:
    subresource = text(at(dict(event), ("objectRef", "subresource")))
    if subresource == "status":
        return "a status says what is, and changes nothing"
    return f"{subresource} changes no object" if subresource in _CONNECTIONS else None


def _controller(event: Mapping[str, Json]) -> str | None:
    user = text(at(dict(event), ("user", "username"))) or ""
    if _DEPLOYERS.fullmatch(user) or not _SYSTEM_USER.fullmatch(user):
        return None
    return f"written by a part of the cluster, {user}"


_RULES: Final[tuple[Rule, ...]] = (_read, _failed, _dry_run, _resource, _subresource, _controller)
