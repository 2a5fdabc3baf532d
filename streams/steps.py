"""What one placement did: to take it back, to tell it, and to do the same again. Goes to: `placing`, `snapshot`."""

from typing import NamedTuple

from streams.cluster import Cluster, Joined
from streams.state import AlertKey


class Step(NamedTuple):
    """What one placement did: all that it takes to take it back."""

    key: AlertKey
    cluster: Cluster
    before: int
    """Start of the cluster's latest before it."""
    joined: tuple[Joined, ...]
    closed: tuple[Cluster, ...]
    """Clusters that had been quiet for too long to be looked at any more."""


class Told(NamedTuple):
    """What one placement did, in numbers: clusters are counted by when they began."""

    cluster: int
    joined: tuple[int, ...]
    closed: tuple[int, ...]


class Plan(NamedTuple):
    """How an index came to its candidates, without the alerts: what a snapshot keeps of it."""

    told: tuple[Told, ...]
    moved: tuple[AlertKey, ...]
