"""To which service a change belongs, and how that is known: by the catalog, by its name, or not at all."""

from schemas.events import ChangeFacts
from streams.topology import Tie, Topology, service_of

_REMEMBERED = 4_096
"""Changes whose ties are remembered: each is held against every candidate near it, again and again."""
_PARTS = 4
"""Parts of `config/<resource>/<namespace>/<name>`."""


def tie_of(facts: ChangeFacts, topology: Topology) -> Tie:
    """The strongest tie of a change: the same for the same facts, as long as the catalog says the same."""
    known = topology.ties.get(facts.source_ref)
    if known is None or known[0] is not facts:
        if len(topology.ties) >= _REMEMBERED:
            topology.ties.clear()
        known = topology.ties[facts.source_ref] = (facts, _tied(facts, topology))
    return known[1]


def _tied(facts: ChangeFacts, topology: Topology) -> Tie:
    service = service_of(facts, topology)
    if service in topology.entities:
        return Tie("catalog", service)
    named = topology.named_in(_name(facts.target))
    if named:
        return Tie("name", named)
    if service:
        return Tie("sender", service)
    return Tie("namespace", namespace=facts.namespace) if facts.namespace else Tie("nothing")


def _name(target: str) -> str:
    """What of a target names the thing itself: without kind, resource and namespace."""
    kind, _, rest = target.partition("/")
    if kind == "config":
        return target.split("/", _PARTS - 1)[-1]
    return rest or target.partition(":")[2]
