"""Where the fault sits and who owns it: the suspected root service, by direction, and its owner.

Owners come from the catalog first, then from labels, then from runbooks; what people handed over is `hearing`'s.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import exp
from typing import Final, NamedTuple

from schemas.settings import micros
from streams.desk import Desk
from streams.group import Group
from streams.kinship import Kin
from streams.rank import Scored, alerting
from streams.rhythm import USUAL
from streams.state import EntityState
from streams.topology import Topology
from streams.travel import Travel

_TEAM_LABELS = ("team", "owner", "squad")
_SLIGHT: Final = 1e-6
"""Share of a service that no alert points at, so that the belief in a change on it is not lost."""


class Owner(NamedTuple):
    """The owning team and how it was found.

    `entity` is the catalog entry, `alert` the alert's place in the group, `feedback` the id of what a person said,
    `runbook` the runbook whose keeper it is, `share` the belief that a service of the team is the root.
    """

    team: str | None
    service: str | None
    how: str
    entity: str | None = None
    alert: int | None = None
    feedback: str | None = None
    runbook: EntityState | None = None
    share: float | None = None


def roots_of(group: Group, beliefs: Mapping[str, float]) -> tuple[str, ...]:
    """Suspected root services, likeliest first: all that alert, and the silent ones that are believed in enough."""
    began = {service: number for number, service in enumerate(alerting(group))}
    least = group.kinship.settings.root_least
    named = [service for service, belief in beliefs.items() if service in began or belief >= least]
    return tuple(sorted(named, key=lambda s: (-round(beliefs[s], 9), began.get(s, len(began)), s)))


def root_beliefs(group: Group, ranked: Sequence[Scored], topology: Topology) -> dict[str, float]:
    """Share of belief in each service as the root; they sum to 1 where any alert names a service.

    A suspected change gives its belief to its service. The belief that no change is to blame, and that in changes
    which nothing ties to a service, is shared out by where the alerts point.
    """
    shares, services = _shares(group), set(alerting(group))
    beliefs, free = dict.fromkeys(shares, 0.0), 0.0
    for scored in ranked:
        if scored.service is None:
            free += scored.confidence
        for service, share in _harmed(scored, services, shares, topology):
            beliefs[service] = beliefs.get(service, 0.0) + share * scored.confidence
    return {service: belief + free * shares.get(service, 0.0) for service, belief in beliefs.items()}


def _harmed(
    scored: Scored, services: set[str], shares: Mapping[str, float], topology: Topology
) -> Iterator[tuple[str, float]]:
    """The service of a change; for a setting kept in a resource that is quiet, also those that read it.

    A parameter serves no request and raises no alert: what breaks is the component that needs it.
    """
    change, service = scored.change, scored.service
    if change is None or service is None:
        return
    entity, hit = topology.entities.get(service), [service]
    if (
        change.facts.kind == "config"
        and entity
        and entity.facts.kind == "resource"
        and service not in services
    ):
        hit += sorted(topology.needed_by.get(service, ()))
    total = sum(shares.get(one, 0.0) + _SLIGHT for one in hit)
    for one in hit:
        yield one, (shares.get(one, 0.0) + _SLIGHT) / total


def _shares(group: Group) -> dict[str, float]:
    """How the alerts share out the root: by what they cost from a service, and when it began to alert, if it does."""
    kins = [kin for kin in group.kins if kin.service is not None]
    if not kins:
        return {}
    settings, first = group.kinship.settings, {kin.service: kin.at for kin in reversed(kins)}
    half = micros(settings.root_half_life_s * max(kin.period for kin in kins) / USUAL)
    weights = {}
    for service, cost in sorted(root_costs(kins, group.travel, settings.root_cap).items()):
        late = 0.5 ** ((first[service] - group.onset) / half) if service in first else settings.root_silent
        weights[service] = exp(-settings.root_falloff * cost) * late
    total = sum(weights.values())
    return {service: weight / total for service, weight in weights.items()}


def root_costs(kins: Sequence[Kin], travel: Travel, cap: float) -> dict[str, float]:
    """What the alerts cost on average from each source that explains any of them, each at most `cap`."""
    places = Counter((kin.service, kin.golden) for kin in kins if kin.service is not None)
    saved = defaultdict[str, float](float)
    for place, times in places.items():
        for source, cost in travel.costs(place).items():
            if cost < cap:
                saved[source] += times * (cap - cost)
    return {source: cap - less / places.total() for source, less in saved.items()}


def owner_of(
    group: Group, roots: Sequence[str], beliefs: Mapping[str, float], topology: Topology, desk: Desk
) -> Owner:
    """The owner: by the catalog entries of the roots, else by the alerts' labels, else by the runbooks for them."""
    return (
        _by_catalog(roots, beliefs, topology)
        or next(_by_labels(group), None)
        or _by_runbooks(group, roots, desk)
        or Owner(None, roots[0] if roots else None, "no catalog entry, no label and no runbook names one")
    )


def _by_catalog(roots: Sequence[str], beliefs: Mapping[str, float], topology: Topology) -> Owner | None:
    """The team whose services together are likeliest to hold the root; it is named with the likeliest of them.

    Whoever is woken looks after the root with that probability, though another's service may be the likeliest one.
    """
    entities, named = topology.entities, (*roots, *sorted(beliefs.keys() - set(roots)))
    owned = [(service, entities[service].facts.owner) for service in named if service in entities]
    shares: dict[str, float] = defaultdict(float)
    for service, team in owned:
        if team:
            shares[team] += beliefs.get(service, 0.0)
    if not roots or not shares:
        return None
    best = max(shares, key=lambda team: round(shares[team], 9))
    own = [service for service, team in owned if team == best]
    if own[0] == roots[0]:
        how = "the catalog entry of the suspected root"
    elif shares[best] > beliefs.get(roots[0], 0.0) and len(own) > 1:
        how = f"the catalog entries of {len(own)} suspected roots, together likelier than {roots[0]}"
    else:
        how = f"the catalog entry of {own[0]}"
    return Owner(best, own[0], how, entity=own[0], share=round(shares[best], 2))


def _by_labels(group: Group) -> Iterator[Owner]:
    for number, placed in enumerate(group.placed):
        for label in _TEAM_LABELS:
            team = placed.alert.facts.labels.get(label)
            if team:
                yield Owner(team, placed.service, f"the alert's label {label}", alert=number)


def _by_runbooks(group: Group, roots: Sequence[str], desk: Desk) -> Owner | None:
    """The team that keeps the runbook closest to the alerts, those on the first root before others."""
    kinds = dict.fromkeys((placed.alert.facts.name, placed.service) for placed in group.placed)
    found = [
        (service in roots[:1], indexed[0], service, indexed[1])
        for name, service in kinds
        if (indexed := desk.indexed(name, service)) and indexed[1].facts.owner
    ]
    if not found:
        return None
    _, _, service, entry = max(found, key=lambda one: (one[0], one[1], one[3].facts.entity))
    return Owner(entry.facts.owner, service, "the runbook for such alerts", runbook=entry)
