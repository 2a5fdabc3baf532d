"""Owns what readers of enveloped events share: one event, taken out of its envelope, under its own name.

The same content travels as a CloudEvent or by itself; its readers need not know which. Goes to: the readers of
AWS's events and of CDEvents.
"""

from dataclasses import dataclass

from streams.redact import Json


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One event, redacted: read from what stands in its original alone."""

    source: str
    """Route that it came by."""
    source_ref: str
    """Its name there."""
    original: Json
    """All of it, envelope included."""
    data: Json
    """What it is about, without the envelope."""
    sent_at: int | None
    """Time of the envelope in microseconds."""
    path: str = ""
    """Its place in the delivery."""
