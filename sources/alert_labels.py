"""Owns what Prometheus labels say about where an alert belongs: service, namespace, environment, severity.

Tables only, in order of trust. May not: consult a catalog; references are looked up later, in the fold. Goes
to: the adapters of alert formats.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from schemas.events import Severity

Labels = Mapping[str, str]

_SERVICE: Final = (
    "service",
    "service_name",
    "destination_canonical_service",
    "destination_service_name",
    "deployment",
    "horizontalpodautoscaler",
    "statefulset",
    "daemonset",
    "app",
    "app_kubernetes_io_name",
    "k8s_app",
)
"""Labels that name a service, the most telling first."""
_NAMESPACE: Final = (
    "namespace",
    "service_namespace",
    "kubernetes_namespace",
    "k8s_namespace_name",
    "exported_namespace",
    "destination_workload_namespace",
)
_ENVIRONMENT: Final = ("environment", "env", "deployment_environment", "deployment_environment_name")
_SEVERITY_LABELS: Final = ("severity", "priority", "level")
_SEVERITIES: Final[Mapping[Severity, frozenset[str]]] = {
    "critical": frozenset(("critical", "crit", "fatal", "emergency", "page", "disaster", "p1", "sev1", "s1")),
    "error": frozenset(("error", "err", "major", "high", "severe", "urgent", "p2", "sev2", "s2")),
    "warning": frozenset(("warning", "warn", "minor", "medium", "average", "ticket", "p3", "sev3", "s3")),
    "info": frozenset(
        ("info", "information", "informational", "notice", "none", "low", "ok", "debug", "p4", "p5")
    ),
}
_EXPORTERS: Final = ("kube-state-metrics", "node-exporter", "blackbox-exporter", "kubelet", "cadvisor")
"""What measures, and is not what fails: Prometheus Operator puts it into `service` and `job`."""
_WORKLOADS: Final = (
    "deployment",
    "statefulset",
    "daemonset",
    "horizontalpodautoscaler",
    "destination_workload",
)
_OTHER: Final = (
    ("consumergroup", "service:{0}"),
    ("job_name", "job:{0}"),
    ("container", "container:{0}"),
    ("topic", "topic:{0}"),
    ("node", "node:{0}"),
    ("instance", "instance:{0}"),
    ("host", "host:{0}"),
)
"""Labels that may lead to a service, the least telling last."""
_SAFE: Final = "bcdfghjklmnpqrstvwxz2456789"
"""Letters from which Kubernetes makes the ends of names."""
_POD: Final = re.compile(
    rf"(?P<workload>.+?)(?:-(?:(?=[a-z0-9]*\d)[a-z0-9]{{6,10}}|[{_SAFE}]{{6,10}})-[a-z0-9]{{5}}|-[{_SAFE}]{{5}}|-\d{{1,3}})"
)
"""A pod's name: that of its workload, and the ends that a Deployment, a DaemonSet or a StatefulSet adds."""


def service_of(labels: Labels) -> str | None:
    """The service that a label names; an exporter's only where nothing else is named."""
    named = [labels[label] for label in _SERVICE if labels.get(label)]
    subjects = [name for name in named if not _measures(name)]
    if subjects:
        return subjects[0]
    return named[0] if named and not labels.get("pod") else None


def _measures(name: str) -> bool:
    """True for exporters, also under the name of a release: `monitoring-kube-state-metrics`."""
    return name.endswith(_EXPORTERS)


def namespace_of(labels: Labels) -> str | None:
    """The namespace that a label names."""
    return _first(labels, _NAMESPACE)


def environment_of(labels: Labels) -> str | None:
    """The environment that a label names, as it is spelt there."""
    return _first(labels, _ENVIRONMENT)


def severity_of(labels: Labels) -> Severity:
    """One of the five severities, by the words that rules use for it."""
    for label in _SEVERITY_LABELS:
        word = labels.get(label, "").strip().lower()
        for severity, words in _SEVERITIES.items():
            if word in words:
                return severity
    return "unknown"


def references_of(labels: Labels, words: Iterable[str]) -> tuple[str, ...]:
    """Names that a catalog may know, best first: `kind:value`. `words`: what the annotations say."""
    namespace = namespace_of(labels)
    return tuple(dict.fromkeys((*_references(labels, namespace), *_in_words(namespace, words))))


def _in_words(namespace: str | None, words: Iterable[str]) -> Iterator[str]:
    """Rules write `namespace/name` into their texts, also where no label has the name."""
    if namespace:
        named = re.compile(rf"(?<![\w./-]){re.escape(namespace)}/([a-z0-9][a-z0-9-]*[a-z0-9])(?![\w./])")
        for said in words:
            yield from (f"kubernetes:{namespace}/{name}" for name in named.findall(said))


def _references(labels: Labels, namespace: str | None) -> Iterator[str]:
    service = service_of(labels)
    if service:
        yield f"service:{service}"
    for label in _WORKLOADS:
        yield from workload_references(namespace, labels.get(label))
    pod = labels.get("pod")
    if pod:
        yield f"pod:{namespace}/{pod}" if namespace else f"pod:{pod}"
        yield from workload_references(namespace, workload_of(pod))
    yield from _by_job(labels.get("job", ""))
    yield from (form.format(labels[label]) for label, form in _OTHER if labels.get(label))


def workload_references(namespace: str | None, workload: str | None) -> Iterator[str]:
    """How catalogs name a Kubernetes workload: within its namespace, and by itself."""
    if workload and namespace:
        yield f"kubernetes:{namespace}/{workload}"
    if workload:
        yield f"backstage.io/kubernetes-id:{workload}"


def workload_of(pod: str) -> str | None:
    """The workload by whose name a pod's begins; None for a name without such an end."""
    found = _POD.fullmatch(pod)
    return found["workload"] if found else None


def _by_job(job: str) -> Iterator[str]:
    """OpenTelemetry writes `job` as namespace/name; what an exporter measures is not the exporter."""
    namespace, _, name = job.rpartition("/")
    if name and not _measures(name):
        yield from workload_references(namespace or None, name)


def _first(labels: Labels, names: tuple[str, ...]) -> str | None:
    return next((labels[name] for name in names if labels.get(name)), None)
