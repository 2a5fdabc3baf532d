"""Owns the invented organisation that sends the load: its services, who owns them, what needs what, its alerts.

Pure, the same every time. A hundred services in ten systems, each a small tree of dependencies, all on one bus that
everybody needs; five environments. Goes to: `bench.traffic`.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import yaml

SYSTEMS: Final = 10
PER_SYSTEM: Final = 10
ENVIRONMENTS: Final = ("production", "production-eu", "production-us", "staging", "development")
_MEASURED: Final = (
    "ErrorRate",
    "Latency",
    "Saturation",
    "QueueLength",
    "RestartCount",
    "Staleness",
    "Retries",
)
_STATED: Final = ("High", "Rising", "AboveGoal", "OutOfBudget", "Unusual")
RULES: Final = tuple(f"{measured}{stated}" for measured in _MEASURED for stated in _STATED)


class Kind(NamedTuple):
    """One alert that may fire: where, on what, by which rule."""

    environment: str
    service: str
    rule: str


def service(number: int) -> str:
    """Name of a service, 0 to 99."""
    return f"system-{number // PER_SYSTEM}-part-{number % PER_SYSTEM}"


def kinds() -> list[Kind]:
    """Every alert that may fire."""
    services = [service(number) for number in range(SYSTEMS * PER_SYSTEM)]
    return [
        Kind(environment, name, rule) for environment in ENVIRONMENTS for name in services for rule in RULES
    ]


def catalog() -> str:
    """The service catalog as Backstage's YAML documents."""
    components = [_component(number) for number in range(SYSTEMS * PER_SYSTEM)]
    bus = _entity("Resource", "bus", {"type": "queue", "owner": "group:team-platform"})
    return str(yaml.safe_dump_all([*components, bus], sort_keys=False))


def _component(number: int) -> dict[str, object]:
    system, place = divmod(number, PER_SYSTEM)
    needs = [f"component:{service(system * PER_SYSTEM + (place - 1) // 2)}"] if place else ["resource:bus"]
    spec = {
        "type": "service",
        "lifecycle": "production",
        "owner": f"group:team-{system}",
        "system": f"system-{system}",
        "dependsOn": needs,
    }
    return _entity("Component", service(number), spec)


def _entity(kind: str, name: str, spec: Mapping[str, object]) -> dict[str, object]:
    annotations = {"github.com/project-slug": f"bench/{name}", "backstage.io/kubernetes-id": name}
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, "annotations": annotations},
        "spec": spec,
    }
