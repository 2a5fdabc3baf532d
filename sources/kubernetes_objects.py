"""Owns what a Kubernetes object says about which service it belongs to, and what was written into it.

May not: consult a catalog, or show the body of a Secret (that is masked before). Goes to:
`sources.kubernetes_audit`.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Final

from sources.alert_labels import workload_of, workload_references
from sources.fields import at, first_text, listing, literal, mapping, text
from streams.redact import Json

_OWN_NAME: Final = frozenset(
    (
        "deployments",
        "statefulsets",
        "daemonsets",
        "horizontalpodautoscalers",
        "services",
        "rollouts",
        "scaledobjects",
    )
)
"""Resources that by custom have the name of their service."""
_APP_LABELS: Final = (
    "app.kubernetes.io/name",
    "app.kubernetes.io/component",
    "app.kubernetes.io/instance",
    "app",
    "k8s-app",
    "backstage.io/kubernetes-id",
)
_LABELLED: Final = frozenset(("labels", "matchLabels", "labelSelectors", "selector"))
"""Fields that hold labels: the object's own, or those of what it selects."""
_PARTS: Final = ("data", "binaryData", "spec", "rules", "webhooks", "status", "metadata")
"""Where an object says what it is set to, the most telling first."""
_MOST_REFERENCES: Final = 20


def references_of(event: Mapping[str, Json]) -> tuple[str, ...]:
    """Names that a catalog may know, best first: the object's own, what it scales, what it selects."""
    reference = mapping(event.get("objectRef"))
    namespace, name = text(reference.get("namespace")), name_of(event)
    found: list[str] = []
    if text(reference.get("resource")) in _OWN_NAME:
        found += workload_references(namespace, name)
    if text(reference.get("resource")) == "pods" and name:
        found += (f"pod:{namespace}/{name}", *workload_references(namespace, workload_of(name)))
    for body in ("requestObject", "responseObject"):
        found += _named_inside(event.get(body), namespace)
    if name:
        found.append(f"kubernetes:{namespace}/{name}" if namespace else f"kubernetes:{name}")
    return tuple(dict.fromkeys(found))[:_MOST_REFERENCES]


def name_of(event: Mapping[str, Json]) -> str | None:
    """The object's name; one that the API server made up stands only in its answer."""
    paths = (
        ("objectRef", "name"),
        ("responseObject", "metadata", "name"),
        ("requestObject", "metadata", "name"),
    )
    return first_text(dict(event), paths)


def written(event: Mapping[str, Json]) -> str | None:
    """What the request set, as it stands in its JSON; None for deletions and where the audit level hides it."""
    request = event.get("requestObject")
    if text(event.get("verb")) in ("delete", "deletecollection") or request is None:
        return None
    image = _image(request)
    part = next((at(request, (field,)) for field in _PARTS if at(request, (field,))), request)
    return image or literal(part) or None


def _image(request: Json) -> str | None:
    """The image, where a request sets a single one and so most likely is about it."""
    containers = listing(at(request, ("spec", "template", "spec", "containers")))
    images = [image for container in containers if (image := text(at(container, ("image",))))]
    return images[0] if len(images) == 1 else None


def _named_inside(value: Json, namespace: str | None) -> Iterator[str]:
    """The workload that an object scales, then the applications whose labels it has or selects."""
    target = text(at(value, ("spec", "scaleTargetRef", "name")))
    yield from workload_references(namespace, target)
    waiting = deque([(value, namespace)])
    while waiting:
        here, around = waiting.popleft()
        if isinstance(here, list):
            waiting.extend((item, around) for item in here)
        elif isinstance(here, dict):
            around = _namespace_in(here) or around
            for field, item in here.items():
                yield from _by_labels(item, around) if field in _LABELLED else ()
                waiting.append((item, around))


def _by_labels(labels: Json, namespace: str | None) -> Iterator[str]:
    for label in _APP_LABELS:
        yield from workload_references(namespace, text(at(labels, (label,))))


def _namespace_in(value: Mapping[str, Json]) -> str | None:
    """The namespace that a selector names, as chaos experiments do."""
    named = listing(value.get("namespaces"))
    return text(named[0]) if len(named) == 1 else None
