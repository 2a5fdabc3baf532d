"""Owns following a delivery on its way: which record of each topic it became, and when.

Pure over what was read. A packet names the record of `signals` at which it was cut, and that one the position of the
alert it was made from, so every hop is matched by identity and none by guessing. Times are seconds since 1970; those
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

_MS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Trip:
    """One delivery that gave a packet at once. Each time is when that step was done."""

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
        cut = first.get((record.partition, record.offset))
        signal = decode("signals", record.value) if cut else None
        if (
            not (cut and isinstance(signal, Signal) and signal.alert)
            or signal.alert.source_ref not in answered
        ):
            continue
        packet, revision = cut
        span, (due, at_202) = signal.spans[0], answered[signal.alert.source_ref]
        found[signal.alert.source_ref] = Trip(
            due=due,
            answered=at_202,
            stamped=signal.ingested_at / 1e6,
            appended=alerts[span.partition, span.first],
            routed=record.timestamp_ms / _MS,
            cut=packet.timestamp_ms / _MS,
            seen=packet.seen,
            row=rows.get(revision),
        )
    return found


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


def _first_packets(packets: Iterable[Stored]) -> dict[tuple[int, int], tuple[Stored, str]]:
    """By place in signals the packet that was seen first, with the id of its revision."""
    first: dict[tuple[int, int], tuple[Stored, str]] = {}
    for stored in sorted(packets, key=lambda one: one.seen):
        packet = decode("context-packets", stored.value)
        if isinstance(packet, Packet):
            revision = packet.candidate.revision
            first.setdefault((revision.partition, revision.offset), (stored, revision.revision_id))
    return first
