"""Owns what the gateway tells of its work: answers by code, how long they took, what was refused and why.

May not: change anything, or wait. Goes to: `wire.meters`.
"""

import time
from collections.abc import Callable, Iterable, Sequence

from schemas.audit import DeadLetter
from schemas.metrics import DEAD_LETTERS, OVER_QUOTA, PUBLISHED, REQUESTS, UNSIGNED
from schemas.settings import GatewaySettings
from sources.catalogue import FORMATS
from wire.durable import Place
from wire.meters import bound, count, hit, hop


def bounds(settings: GatewaySettings, waiting: Callable[[], int]) -> None:
    """What a gateway lets senders take of it; `waiting`: deliveries in hand when somebody looks."""
    bound("waiting_deliveries", settings.max_waiting, waiting)
    bound("sender_requests", settings.requests_per_s)
    bound("delivery_bytes", settings.max_body_bytes)
    bound("delivery_seconds", settings.slow_s)
    bound("letter_bytes", settings.letter_bytes_per_hour)


def answered(source: str, code: int, began: float) -> None:
    """A request is answered; `began` by the performance counter. What a stranger calls a source is no label."""
    count(REQUESTS, 1, source if source in FORMATS or source == "tick" else "unknown", str(code))
    hop("delivery", time.perf_counter() - began)


def appended(places: Sequence[Place], began: float) -> None:
    """Kafka has acknowledged all records of a delivery."""
    if places:
        hop("append", time.perf_counter() - began)
    topics = [place.topic for place in places]
    for topic in set(topics):
        count(PUBLISHED, topics.count(topic), topic)


def unsigned(source: str, reason: str) -> None:
    """A delivery has no signature, or a wrong one."""
    count(UNSIGNED, 1, source, reason)


def over_quota(letters: Sequence[DeadLetter]) -> None:
    """Nothing more of what is refused is kept from this sender for now."""
    count(OVER_QUOTA, 1, letters[0].source)
    hit("letter_bytes")


def refused(letters: Iterable[DeadLetter]) -> None:
    """These stand in dead-letters."""
    for letter in letters:
        count(DEAD_LETTERS, 1, "gateway", letter.reason)
