"""Owns the storm: 95 % repeats of 1,000 fingerprints, as records of the input topic `alerts`.

Pure, the same every time. The others say something new of the same fingerprints: resolved, or firing again from a
new start. A thousand notifications a recorded second; each partition has a tick a second, and at the end one that is
an hour later, by which everything has settled. Goes to: `bench.storm` and `bench.scale`.
"""

import random
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from bench.organisation import Kind, kinds
from bench.senders import Object, alert, group, resolved
from schemas.events import HEADER_TICK
from schemas.identity import partition_of
from sources.intake import take
from wire.record import Outgoing

TENANT: Final = "default"
FINGERPRINTS: Final = 1_000
_SEED: Final = 5
_REPEATS: Final = 0.95
_PER_S: Final = 1_000
_END_S: Final = 3_600
_ADDRESS: Final = "https://alerts.bench.example"


class Sent(NamedTuple):
    """A record with its time of ingest in microseconds, which is also its time at the broker."""

    record: Outgoing
    at: int


class Storm(NamedTuple):
    """How large a storm is: alerts, scopes (environments) that they fall into, partitions; `start` in seconds."""

    start: float
    alerts: int = 100_000
    scopes: int = 1
    partitions: int = 1

    @property
    def ends_at(self) -> int:
        """The time of the last tick in microseconds."""
        return round(self.start + self.alerts / _PER_S + _END_S) * 1_000_000


def records(storm: Storm) -> Iterator[Sent]:
    """Every record of the storm, in order."""
    chance = random.Random(_SEED)  # noqa: S311 - the same load every time, not a secret
    standing = [_first(storm, number, kind) for number, kind in enumerate(kinds()[:FINGERPRINTS])]
    for number in range(storm.alerts):
        at = storm.start + number / _PER_S
        if number % _PER_S == 0:
            yield from ticks(round(at * 1e6), ("alerts",), storm.partitions)
        which = chance.randrange(FINGERPRINTS)
        if chance.random() > _REPEATS:
            standing[which] = _said_anew(standing[which], at)
        yield Sent(_record(storm, standing[which], at), round(at * 1e6))
    yield from ticks(storm.ends_at, ("alerts",), storm.partitions)


def _first(storm: Storm, number: int, kind: Kind) -> Object:
    environment = f"environment-{number % storm.scopes}"
    return alert(Kind(environment, kind.service, kind.rule), "critical", storm.start - 1)


def _said_anew(member: Object, at: float) -> Object:
    if member["status"] == "firing":
        return resolved(member, at)
    labels = member["labels"]
    kind = Kind(labels["environment"], labels["service"], labels["alertname"])
    return alert(kind, "critical", at)


def _record(storm: Storm, member: Object, at: float) -> Outgoing:
    (taken,) = take("alertmanager", group([member], _ADDRESS), {}, round(at * 1e6), TENANT).published
    place = partition_of(TENANT, member["fingerprint"], storm.partitions)
    return Outgoing("alerts", taken.record.key, taken.record.value, taken.record.headers, place)


def ticks(at: int, topics: Iterable[str], partitions: int) -> Iterator[Sent]:
    """A tick for every partition of the topics, at a time in microseconds."""
    headers = ((HEADER_TICK, str(at).encode()),)
    for topic in topics:
        for partition in range(partitions):
            yield Sent(Outgoing(topic, b"tick", b"", headers, partition), at)
