"""Owns following a delivery on its way: which record of each topic it became, and when.

Pure over what was read. A packet names its alerts, and the record of `signals` of an alert the position that it was
made from, so every hop is matched by identity and none by guessing. An alert's packet is the first that holds it,
whichever record it was cut at: what comes together is looked at together. Times are seconds since 1970; those
of Kafka are whole milliseconds. Goes to: `bench.latency`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from bench.figures import Figures, histogram, spread
from bench.watching import Stored
from schemas.codec import decode
from schemas.packets import Packet
from schemas.signals import Signal
from streams.state import AlertKey

_MS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Trip:
    """One delivery that gave a packet. Each time is when that step was done."""

    due: float
    """When the delivery should have been sent, and its latency begins."""
    answered: float
    """202 was read by the sender: the broker has the alert."""
    stamped: float
    """The gateway had read the delivery."""
    appended: float
    """The broker's time of the alert in its input topic."""
    routed: float
    """The router's time of the signal: it was handed to the producer."""
    cut: float
    """The correlator's time of the packet: it was handed to the producer."""
    seen: float
    """A consumer of context-packets had it."""
    row: float | None
    """A reader of the table saw its row; None when it did not within the run."""


HOPS: Final = {
    "gateway": ("due", "answered", "posted to answered with 202"),
    "append": ("stamped", "appended", "read by the gateway to standing in the input topic"),
    "router": ("appended", "routed", "in the input topic to routed into signals"),
    "correlator": ("routed", "cut", "routed to packet cut (with the signal's way through Kafka)"),
    "delivery": ("cut", "seen", "packet cut to read by a consumer"),
    "sink": ("cut", "row", "packet cut to seen in the table"),
}
"""By name: from which time to which, in words."""


def trips(
    answered: Mapping[str, tuple[float, float]],
    packets: Iterable[Stored],
    rows: Mapping[str, float],
    signals: Iterable[Stored],
    alerts: Mapping[tuple[int, int], float],
) -> dict[str, Trip]:
    """The trip of each alert that gave a packet. `answered`: by alert when it was due and answered; `alerts`: times."""
    first = _first_packets(packets)
    found: dict[str, Trip] = {}
    for record in signals:
        signal = decode("signals", record.value)
        alert = signal.alert if isinstance(signal, Signal) else None
        if alert is None or alert.source_ref not in answered or alert.source_ref in found:
            continue
        cut = first.get((alert.starts_at, alert.fingerprint))
        if cut is not None and isinstance(signal, Signal):
            place = (signal.spans[0].partition, signal.spans[0].first)
            found[alert.source_ref] = _trip(
                answered[alert.source_ref], alerts[place], record, signal, cut, rows
            )
    return found


def _trip(
    answered: tuple[float, float],
    appended: float,
    record: Stored,
    signal: Signal,
    cut: tuple[Stored, str],
    rows: Mapping[str, float],
) -> Trip:
    (due, at_202), (packet, revision) = answered, cut
    return Trip(
        due=due,
        answered=at_202,
        stamped=signal.ingested_at / 1e6,
        appended=appended,
        routed=record.timestamp_ms / _MS,
        cut=packet.timestamp_ms / _MS,
        seen=packet.seen,
        row=rows.get(revision),
    )


def hop_figures(name: str, trips: Iterable[Trip]) -> Figures:
    """Spread and histogram of each hop and of the whole way, in milliseconds."""
    figures: Figures = {}
    trips = list(trips)
    ways = {f"{name}.hop.{hop}": (begin, end) for hop, (begin, end, _) in HOPS.items()}
    for way, (begin, end) in {name: ("due", "seen"), f"{name}.to_table": ("due", "row"), **ways}.items():
        times = [_between(trip, begin, end) for trip in trips if getattr(trip, end) is not None]
        figures |= spread(way, times) | histogram(way, times)
    return figures


def _between(trip: Trip, begin: str, end: str) -> float:
    return float(getattr(trip, end) - getattr(trip, begin)) * _MS


def _first_packets(packets: Iterable[Stored]) -> dict[AlertKey, tuple[Stored, str]]:
    """By alert the packet that was seen first of those that hold it, with the id of its revision."""
    first: dict[AlertKey, tuple[Stored, str]] = {}
    for stored in sorted(packets, key=lambda one: one.seen):
        packet = decode("context-packets", stored.value)
        if isinstance(packet, Packet):
            for member in packet.candidate.members:
                key = (member.starts_at, member.fingerprint)
                first.setdefault(key, (stored, packet.candidate.revision.revision_id))
    return first
