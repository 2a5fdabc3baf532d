"""The service catalog as a graph: which names mean which entity, and who needs whom.

Built from the catalog entries in force. Names are the entities' short names, or `kind:namespace/name` where two
entities share a short name.
"""

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from schemas.events import AlertFacts, ChangeFacts
from streams.state import EntityState

_REMEMBERED = 50_000
"""Answers remembered for names; the names of pods never end."""
_GRAPH_KINDS = frozenset({"component", "resource", "api"})
DESK_KINDS = frozenset({"rota", "runbook"})
"""Entries about people and papers; they are no part of the graph."""


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SAY_NOTHING = frozenset(
    ("service", "services", "app", "api", "svc", "server", "config", "secret", "component", "team", "default")
)
"""Words that many names have in common."""


class Words(NamedTuple):
    """The words of a service's name."""

    words: tuple[str, ...]
    service: str


How = Literal["catalog", "name", "sender", "namespace", "nothing"]
"""The catalog maps it; a service's name stands in its own; only its sender names a service; it is about a whole
namespace; nothing ties it to anything."""


class Tie(NamedTuple):
    """What ties a change to what alerts."""

    how: How
    service: str | None = None
    namespace: str | None = None


@dataclass(slots=True)
class Topology:
    """Who needs whom, and which names mean what."""

    entities: dict[str, EntityState] = field(default_factory=dict)
    """Catalog entries by the name used for them everywhere."""
    needs: dict[str, frozenset[str]] = field(default_factory=dict)
    needed_by: dict[str, frozenset[str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """`kind:value` references and short names, to the name used everywhere."""
    hops: int = 3
    hub_degree: int = 8
    systems: dict[str, str] = field(default_factory=dict)
    """The system of every service that needs or is needed: services with a path between them are of one system."""
    ties: dict[str, tuple[ChangeFacts, Tie]] = field(default_factory=dict)
    """To what changes are tied, by name, each with the facts that say so."""
    _named: dict[tuple[str | None, tuple[str, ...]], str | None] = field(default_factory=dict)
    _words: dict[str, list[Words]] = field(default_factory=dict)
    """Names in words by their first word, longest first."""
    _found: dict[str, str | None] = field(default_factory=dict)
    _within: dict[str, list[str]] = field(default_factory=dict)
    _uncalled: dict[str, frozenset[str]] = field(default_factory=dict)
    _upstream: dict[str, dict[str, int]] = field(default_factory=dict)
    _downstream: dict[str, dict[str, int]] = field(default_factory=dict)

    def named(self, service: str | None, references: tuple[str, ...]) -> str | None:
        """As `resolve`, remembering the answers."""
        key = (service, references)
        if key not in self._named:
            if len(self._named) >= _REMEMBERED:
                self._named.clear()
            self._named[key] = self.resolve(service, references)
        return self._named[key]

    def resolve(self, service: str | None, references: Iterable[str]) -> str | None:
        """The catalogued name for what a sender named, by its best reference; None when no name is known."""
        for reference in references:
            found = self.names.get(reference.lower()) or self._by_pod(reference)
            if found:
                return found
        return self.names.get(f"service:{service.lower()}") if service else None

    def _by_pod(self, reference: str) -> str | None:
        """A pod's workload: its name without the hashes that controllers append."""
        kind, _, value = reference.lower().partition(":")
        if kind != "pod":
            return None
        parts = value.rpartition("/")[2].split("-")
        stems = ("-".join(parts[:end]) for end in range(len(parts), 0, -1))
        return next(
            (self.names[f"service:{stem}"] for stem in stems if f"service:{stem}" in self.names), None
        )

    def named_in(self, text: str) -> str | None:
        """The service whose name stands in a text, word by word, as in a flag's key; the longest counts."""
        if not self._words:
            self._words = _words_of(self.entities)
        if text not in self._found:
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            self._found[text] = self._find(in_words(text))
        return self._found[text]

    def _find(self, words: tuple[str, ...]) -> str | None:
        found = [
            (len(name.words), -start, name.service)
            for start, word in enumerate(words)
            for name in self._words.get(word, ())
            if words[start : start + len(name.words)] == name.words
        ]
        return max(found)[2] if found else None

    def upstream(self, service: str) -> Mapping[str, int]:
        """What a service needs, directly or not, with the number of hops; itself at 0."""
        if service not in self._upstream:
            self._upstream[service] = _within(service, self.needs, self.hops)
        return self._upstream[service]

    def downstream(self, service: str) -> Mapping[str, int]:
        """What needs a service, directly or not, with the number of hops; itself at 0."""
        if service not in self._downstream:
            self._downstream[service] = _within(service, self.needed_by, self.hops)
        return self._downstream[service]

    def within(self, system: str) -> Sequence[str]:
        """The services of a system, by name."""
        if not self._within:
            for service, name in sorted(self.systems.items()):
                self._within.setdefault(name, []).append(service)
        return self._within.get(system, ())

    def uncalled(self, system: str) -> frozenset[str]:
        """The services of a system that nobody is known to call, such as those that read from a queue."""
        if system not in self._uncalled:
            alone = (service for service in self.within(system) if len(self.downstream(service)) == 1)
            self._uncalled[system] = frozenset(alone)
        return self._uncalled[system]

    def is_hub(self, service: str) -> bool:
        """True for what so many services need that needing it in common says little."""
        return len(self.needed_by.get(service, ())) > self.hub_degree


def _within(start: str, edges: Mapping[str, frozenset[str]], hops: int) -> dict[str, int]:
    """Breadth-first search: everything within `hops` edges of `start`, with its distance."""
    found, waiting = {start: 0}, deque([start])
    while waiting:
        name = waiting.popleft()
        if found[name] == hops:
            continue
        for following in sorted(edges.get(name, ())):
            if following not in found:
                found[following] = found[name] + 1
                waiting.append(following)
    return found


def topology_of(entities: Mapping[str, EntityState], *, hops: int, hub_degree: int) -> Topology:
    """The graph of all catalog entries that are not deleted; keys are `kind:namespace/name`."""
    kept = {
        key: state
        for key, state in sorted(entities.items())
        if not state.facts.deleted and state.facts.kind not in DESK_KINDS
    }
    called = _names(kept)
    names = _references(kept, called)
    needs = _needs(kept, called, names)
    needed_by: dict[str, set[str]] = {}
    for service, needed in needs.items():
        for other in needed:
            needed_by.setdefault(other, set()).add(service)
    return Topology(
        entities={called[key]: state for key, state in kept.items()},
        needs={name: frozenset(needed) for name, needed in needs.items()},
        needed_by={name: frozenset(callers) for name, callers in needed_by.items()},
        names=names,
        hops=hops,
        hub_degree=hub_degree,
        systems=_systems(needs, needed_by),
    )


def _needs(
    entities: Mapping[str, EntityState], called: Mapping[str, str], names: Mapping[str, str]
) -> dict[str, set[str]]:
    """Who needs whom, whichever of the two says so, by name; what cannot be found is left out."""
    needs: dict[str, set[str]] = {
        called[key]: set() for key, state in entities.items() if state.facts.kind in _GRAPH_KINDS
    }
    for key, state in entities.items():
        known = [called.get(one) or names.get(one.lower()) for one in state.facts.depends_on]
        said: list[tuple[str | None, str | None]] = [(called[key], needed) for needed in known]
        said += [(called.get(one) or names.get(one.lower()), called[key]) for one in state.facts.needed_by]
        for needing, needed in said:
            if needing in needs and needed is not None and needing != needed:
                needs[needing].add(needed)
    return needs


def _systems(needs: Mapping[str, set[str]], needed_by: Mapping[str, set[str]]) -> dict[str, str]:
    """The connected parts of the graph, each named by its first service."""
    around = {
        service: frozenset(needs.get(service, ())) | frozenset(needed_by.get(service, ()))
        for service in (*needs, *needed_by)
    }
    systems: dict[str, str] = {}
    for service in sorted(around):
        if around[service] and service not in systems:
            systems |= dict.fromkeys(_within(service, around, len(around)), service)
    return systems


def in_words(text: str) -> tuple[str, ...]:
    """The words of a name, however they are joined: `adHighCpu`, `fraud-detection`, `/petstore/searchdelay`."""
    return tuple(word.lower() for word in _WORD.findall(text))


def _words_of(entities: Mapping[str, EntityState]) -> dict[str, list[Words]]:
    found: dict[str, list[Words]] = {}
    for service, state in sorted(entities.items()):
        if state.facts.kind not in _GRAPH_KINDS:
            continue
        whole = in_words(service)
        telling = tuple(word for word in whole if word not in _SAY_NOTHING)
        for words in {whole, telling} if telling else ():
            found.setdefault(words[0], []).append(Words(words, service))
    return found


def _names(entities: Mapping[str, EntityState]) -> dict[str, str]:
    """The name used for each entity: the short one if only one service-like entity has it."""
    holders: dict[str, list[str]] = {}
    for key, state in sorted(entities.items(), key=lambda item: (item[1].facts.kind != "component", item[0])):
        holders.setdefault(state.facts.name.lower(), []).append(key)
    return {
        key: short if number == 0 else key
        for short, keys in holders.items()
        for number, key in enumerate(keys)
    }


def _references(entities: Mapping[str, EntityState], called: Mapping[str, str]) -> dict[str, str]:
    """Every name of every entity. An own name is nobody else's; of two kinds the component has what both claim.

    What two components claim, a project of both perhaps, names neither.
    """
    claimed: dict[str, str] = {}
    own: dict[str, str] = {}
    shared: set[str] = set()
    for key, state in sorted(entities.items(), key=lambda item: (item[1].facts.kind == "component", item[0])):
        if state.facts.kind not in _GRAPH_KINDS:
            continue
        for reference in {one.lower() for one in state.facts.references}:
            if reference in claimed and entities[claimed[reference]].facts.kind == state.facts.kind:
                shared.add(reference)
            claimed[reference] = key
        own |= {key: called[key], f"service:{state.facts.name}".lower(): called[key]}
    return {**{name: called[key] for name, key in claimed.items() if name not in shared}, **own}


def service_of(facts: AlertFacts | ChangeFacts, topology: Topology) -> str | None:
    """The service that an alert or a change is about: by the catalog, else as the sender named it.

    What people have tied to a service in the catalog by the name of the changed thing counts first.
    """
    tied = (f"target:{facts.target}",) if isinstance(facts, ChangeFacts) else ()
    return topology.named(facts.service, (*tied, *facts.references)) or facts.service
