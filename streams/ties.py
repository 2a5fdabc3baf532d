"""To which service a change belongs, and how that is known: by the catalog, by its name, or not at all."""

from typing import Literal, NamedTuple

from schemas.events import ChangeFacts
from streams.topology import Topology, service_of

How = Literal["catalog", "name", "sender", "namespace", "nothing"]
"""The catalog maps it; a service's name stands in its own; only its sender names a service; it is about a whole
namespace; nothing ties it to anything."""
_PARTS = 4
"""Parts of `config/<resource>/<namespace>/<name>`."""


class Tie(NamedTuple):
    """What ties a change to what alerts."""

    how: How
    service: str | None = None
    namespace: str | None = None


def tie_of(facts: ChangeFacts, topology: Topology) -> Tie:
    """The strongest tie of a change."""
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
