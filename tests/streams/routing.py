"""Makers for tests of the router: records as a broker stores them, and what is routed of them."""

from schemas.codec import encode
from schemas.events import Alert, Change, Entity
from schemas.settings import Settings, TenantSettings
from schemas.signals import Signal
from streams.route import Routed, route
from tests.streams.world import Stored, alert, at

PARTITIONS = 4
SETTINGS = Settings(tenants=(TenantSettings(name="shop"), TenantSettings(name="default")))
TOPICS = {Alert: "alerts", Entity: "catalog"}
GOOD = alert("payment", start=0)


def record(
    message: Alert | Change | Entity = GOOD, seconds: float = 5, offset: int = 0, **headers: str | None
) -> Stored:
    """A record that the gateway wrote at this second; a header that is None is left out."""
    topic = f"{message.kind}s" if isinstance(message, Change) else TOPICS[type(message)]
    return raw(encode(topic, message), seconds, offset, **headers)


def raw(value: bytes | None, seconds: float = 5, offset: int = 0, **headers: str | None) -> Stored:
    """The same with any bytes as its value."""
    told = {"tenant": "shop", "ingested-at": str(at(seconds))}
    told |= {name.replace("_", "-"): text for name, text in headers.items() if text is not None}
    kept = [
        (name, told[name].encode()) for name in told if headers.get(name.replace("-", "_"), "") is not None
    ]
    return Stored(offset, at(seconds) // 1000, value, kept)


def route_all(*records: Stored, topic: str = "alerts") -> Routed:
    """What becomes of a batch of partition 2."""
    return route(topic, 2, records, PARTITIONS, SETTINGS, "test")


def signals_of(*records: Stored, topic: str = "alerts") -> list[Signal]:
    """Its signals alone."""
    return [signal for _, signal in route_all(*records, topic=topic).signals]
