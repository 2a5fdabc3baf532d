"""Whether the context of an incident can be computed: what each service publishes, what is missing, how to mend it.

The way out of the model's Level 0: consistent names and environments, changes tracked, a catalog that routes. Pure:
what is read from the tables comes in as `Facts`, a moment says for when. Goes to: `incidents doctor` and the page.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from schemas.events import CHANGE_KINDS, EntityFacts
from schemas.times import DAY
from streams import ready_checks
from streams.desk import Desk, desk_of
from streams.state import EntityState, Ref
from streams.survey import Check, Dossier, Placed, Seen, Surveyed
from streams.topology import Topology, topology_of

_ENOUGH: Final = 0.95
"""The share of services, or of what they publish, with which a criterion of Level 0 is met."""
_HOPS, _HUB = 1, 8
_NAMING: Final = frozenset({"alert", "deploy"})
"""Kinds that are about a service by its name; what a flag or a config belongs to is for the catalog to say."""
_COMPONENT: Final = "component"


@dataclass(frozen=True)
class Version:
    """A catalog entry as it counts from a moment on, in microseconds since 1970."""

    since: int
    facts: EntityFacts


@dataclass(frozen=True)
class Facts:
    """What the tables hold about one tenant; `refused`: source and reason of deliveries that nothing came of."""

    tenant: str
    entries: tuple[Version, ...]
    seen: tuple[Seen, ...]
    refused: Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Catalog:
    """The catalog in force at some moments, and everything seen, each with the service that it is about by it."""

    topology: Topology
    desk: Desk
    placed: Sequence[Placed]


@dataclass(frozen=True)
class ServiceReadiness:
    """One service: what came from it in the window, and each check with its text and, where it fails, the mending."""

    service: str
    entity: str | None
    owner: str | None
    alerts: int
    deploys: int
    flags: int
    configs: int
    score: int
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Criterion:
    """One condition of leaving Level 0; `share` is how far it is met, from 0 to 1."""

    code: str
    title: str
    met: bool
    share: float


@dataclass(frozen=True)
class Readiness:
    """A tenant at a moment; services worst first. `ready`: every criterion of leaving Level 0 is met."""

    tenant: str
    at: int
    window_days: int
    score: int
    ready: bool
    criteria: tuple[Criterion, ...]
    checks: tuple[Check, ...]
    services: tuple[ServiceReadiness, ...]


def judge(facts: Facts, at: int, window_days: int) -> Readiness:
    """How ready a tenant was at a moment, by what had arrived in the days before it."""
    return _judged(facts, _catalog(facts, at), at, window_days)


def history(facts: Facts, at: int, window_days: int, days: int) -> list[tuple[int, int]]:
    """The score at the end of each of the last days, oldest first, since anything was known; the last one is now's."""
    first = min([*(v.since for v in facts.entries), *(one.day * DAY for one in facts.seen)], default=at)
    moments = [at - back * DAY for back in range(days - 1, -1, -1)]
    known: dict[int, Catalog] = {}
    scores = []
    for moment in moments:
        if moment >= first:
            versions = sum(version.since <= moment for version in facts.entries)
            catalog = known.get(versions) or known.setdefault(versions, _catalog(facts, moment))
            scores.append((moment, _judged(facts, catalog, moment, window_days).score))
    return scores


def _judged(facts: Facts, catalog: Catalog, at: int, window_days: int) -> Readiness:
    surveyed = _survey(facts, catalog, at, window_days)
    services = tuple(
        sorted(
            (_service(dossier, surveyed) for dossier in _dossiers(surveyed)),
            key=lambda s: (s.score, s.service),
        )
    )
    checks = tuple(ready_checks.of_tenant(surveyed))
    criteria = tuple(_criteria(surveyed, services))
    every = [check for service in services for check in service.checks]
    return Readiness(
        tenant=facts.tenant,
        at=at,
        window_days=window_days,
        score=score_of([*checks, *every]),
        ready=all(one.met for one in criteria),
        criteria=criteria,
        checks=checks,
        services=services,
    )


def of_teams(found: Readiness, teams: Sequence[str]) -> Readiness:
    """The services of some teams alone, with a score over those; what concerns all is left out."""
    services = tuple(one for one in found.services if one.owner in teams)
    score = score_of(check for one in services for check in one.checks)
    return replace(found, services=services, score=score, criteria=(), checks=())


def score_of(checks: Iterable[Check]) -> int:
    """The share of the weights of the checks that pass, in percent; 0 where there is nothing to check."""
    known = list(checks)
    total = sum(check.weight for check in known)
    return round(100 * sum(check.weight for check in known if check.passed) / total) if total else 0


def _catalog(facts: Facts, at: int) -> Catalog:
    """The catalog that was known at a moment; everything seen is named by it, whenever it was seen."""
    entries = _in_force(facts.entries, at)
    topology = topology_of(entries, hops=_HOPS, hub_degree=_HUB)
    return Catalog(
        topology, desk_of(entries), [Placed(one, _service_of(one, topology)) for one in facts.seen]
    )


def _survey(facts: Facts, catalog: Catalog, at: int, window_days: int) -> Surveyed:
    return Surveyed(
        at=at,
        window_days=window_days,
        topology=catalog.topology,
        desk=catalog.desk,
        placed=[each for each in catalog.placed if at - window_days * DAY < each.one.day * DAY <= at],
        refused=facts.refused,
    )


def _in_force(entries: Iterable[Version], at: int) -> dict[str, EntityState]:
    """The newest version of each entry that was known at a moment."""
    states: dict[str, EntityState] = {}
    for version in sorted(entries, key=lambda one: one.since):
        if version.since <= at:
            ref = Ref(version.since, "catalog", 0, 0, "")
            states[version.facts.entity] = EntityState(version.facts, ref)
    return states


def _service_of(one: Seen, topology: Topology) -> str | None:
    """The catalogued name of what it is about, as in the fold; else as its sender named it."""
    tied = (f"target:{one.target}",) if one.target else ()
    return topology.named(one.service, (*tied, *one.names)) or one.service


def _dossiers(surveyed: Surveyed) -> Iterator[Dossier]:
    """Every component of the catalog, and every other service that an alert or a deploy names."""
    entities = surveyed.topology.entities
    seen: dict[str, list[Seen]] = {
        name: [] for name, state in sorted(entities.items()) if state.facts.kind == _COMPONENT
    }
    for one, name in surveyed.placed:
        if name and (name in seen or one.kind in _NAMING):
            seen.setdefault(name, []).append(one)
    for service, ours in seen.items():
        state = entities.get(service)
        yield Dossier(service, state.facts if state else None, tuple(ours))


def _service(dossier: Dossier, surveyed: Surveyed) -> ServiceReadiness:
    checks = tuple(ready_checks.of_service(dossier, surveyed))
    return ServiceReadiness(
        service=dossier.service,
        entity=dossier.facts.entity if dossier.facts else None,
        owner=dossier.facts.owner if dossier.facts else None,
        alerts=dossier.count("alert"),
        deploys=dossier.count("deploy"),
        flags=dossier.count("flag"),
        configs=dossier.count("config"),
        score=score_of(checks),
        checks=checks,
    )


def _criteria(surveyed: Surveyed, services: tuple[ServiceReadiness, ...]) -> Iterator[Criterion]:
    """The minimum foundation to exit Level 0, in the model's three points."""
    known = surveyed.topology.entities
    of = sum(one.count for one, _ in surveyed.placed)
    named = sum(
        one.count
        for one, service in surveyed.placed
        if one.environment is not None and (service or "") in known
    )
    yield _criterion(
        "names",
        "Consistent names and environments: alerts and changes name a catalogued service and an environment",
        named / of if of else 0.0,
    )
    kinds = {one.kind for one, _ in surveyed.placed}
    tracked = len(kinds.intersection(CHANGE_KINDS)) / len(CHANGE_KINDS)
    yield Criterion(
        "changes", "Changes are tracked: deploys, flags and configs arrive", tracked == 1, tracked
    )
    routed = [service for service in services if service.owner and _passes(service, "on_call")]
    yield _criterion(
        "ownership",
        "A catalog that routes: services have an owner, and the owner somebody on call",
        len(routed) / len(services) if services else 0.0,
    )


def _criterion(code: str, title: str, share: float) -> Criterion:
    return Criterion(code, title, share >= _ENOUGH, share)


def _passes(service: ServiceReadiness, code: str) -> bool:
    return any(check.code == code and check.passed for check in service.checks)
