"""Pieces of the core made by hand, for tests of one thought at a time: states, a topology, a group."""

from collections.abc import Iterable
from itertools import count

from schemas.events import Alert, Change, Entity
from schemas.settings import Settings
from streams.assess import Assessment, Surroundings, assess
from streams.changes import ChangeBook
from streams.correlate import index_of
from streams.group import Group
from streams.state import AlertState, ChangeState, EntityState, Ref
from streams.topology import Topology, topology_of
from tests.streams.world import SHOP, TENANT

_OFFSETS = count()
LATENESS = 120_000_000


def ref(at: int, topic: str = "alerts") -> Ref:
    """A place of its own in a topic."""
    return Ref(at, topic, 0, next(_OFFSETS), "0" * 64)


def alert_state(facts: Alert) -> AlertState:
    """An alert that was received as it started, and has resolved if its facts say so."""
    at = facts.starts_at
    here = ref(at)
    resolved = here if facts.status == "resolved" else None
    return AlertState(
        (at, facts.fingerprint),
        facts,
        here,
        at,
        at + LATENESS,
        at,
        resolved=resolved,
        ended_at=facts.ends_at,
        count=1,
    )


def change_state(facts: Change) -> ChangeState:
    """A change that was received as it took effect."""
    return ChangeState(facts, ref(facts.effective_at, "flags"), facts.effective_at + LATENESS)


def topology(*entities: Entity) -> Topology:
    """The graph of these entries, the shop's where none are given."""
    settings = Settings().correlation
    states = {entry.entity: EntityState(entry, ref(0, "catalog")) for entry in entities or SHOP}
    return topology_of(states, hops=settings.hops, hub_degree=settings.hub_degree)


def group(alerts: Iterable[Alert], graph: Topology | None = None) -> Group:
    """The one group that these alerts make."""
    index = index_of(map(alert_state, alerts), graph or topology(), Settings().correlation)
    [together] = index.together()
    [found] = index.groups(together[0])
    return found


def surroundings(changes: Iterable[Change] = (), graph: Topology | None = None) -> Surroundings:
    """A scope that knows these changes."""
    book = ChangeBook()
    for change in changes:
        book.add(change_state(change))
    seen: dict[str, int] = {state.facts.kind: state.facts.effective_at for state in book.by_ref.values()}
    return Surroundings(TENANT, "production", graph or topology(), (book,), seen, (), 0)


def assessed(
    alerts: Iterable[Alert], changes: Iterable[Change] = (), graph: Topology | None = None
) -> Assessment:
    """What is thought of a group of alerts amid these changes."""
    return assess(group(alerts, graph), surroundings(changes, graph), Settings())
