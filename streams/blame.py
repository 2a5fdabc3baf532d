"""Where the fault sits and who owns it: the suspected root service, by direction, and its owner by the catalog."""

from collections.abc import Sequence
from typing import NamedTuple

from streams.correlate import Group
from streams.rank import Scored, alerting
from streams.topology import Topology

_TEAM_LABELS = ("team", "owner", "squad")


class Owner(NamedTuple):
    """The owning team and how it was found: `entity` is the catalog entry, `alert` the alert's place in the group."""

    team: str | None
    service: str | None
    how: str
    entity: str | None = None
    alert: int | None = None


def roots_of(group: Group, ranked: Sequence[Scored], topology: Topology) -> tuple[str, ...]:
    """Suspected root services, likeliest first.

    A service stands the higher the larger the share of alerting services that need it; the service of a change that
    is believed in more than "no change" is a root even where it raises no alert itself.
    """
    services = alerting(group)
    scores = {service: _explained(service, services, topology) for service in services}
    top = ranked[0]
    if top.change is not None and top.service is not None:
        scores[top.service] = scores.get(top.service, 0.0) + top.confidence
    began = {service: number for number, service in enumerate(services)}
    return tuple(sorted(scores, key=lambda s: (-round(scores[s], 9), began.get(s, len(services)), s)))


def _explained(root: str, services: Sequence[str], topology: Topology) -> float:
    return sum(root in topology.upstream(service) for service in services) / len(services)


def owner_of(group: Group, roots: Sequence[str], topology: Topology) -> Owner:
    """The owner: from the catalog entry of the first root that has one, else from the alerts' labels."""
    for root in roots:
        entity = topology.entities.get(root)
        if entity and entity.facts.owner:
            how = (
                "the catalog entry of the suspected root"
                if root == roots[0]
                else f"the catalog entry of {root}"
            )
            return Owner(entity.facts.owner, root, how, entity=root)
    for number, placed in enumerate(group.placed):
        for label in _TEAM_LABELS:
            if placed.alert.facts.labels.get(label):
                return Owner(
                    placed.alert.facts.labels[label],
                    placed.service,
                    f"the alert's label {label}",
                    alert=number,
                )
    return Owner(None, roots[0] if roots else None, "no catalog entry and no label names one")
