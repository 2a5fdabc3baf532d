"""Owns a tenant's catalog and changes in the tables, with some gaps, as the sink stores them.

Goes to: the tests of readiness, of its command and of its page.
"""

from collections.abc import Iterable

from schemas.codec import encode
from schemas.events import HEADER_INGESTED_AT, HEADER_TENANT, Change
from schemas.model import Message
from schemas.settings import Settings
from schemas.times import DAY
from sinks.batch import Batch, Incoming
from sinks.store import create_tables, load_offsets, write
from sinks.tables import open_database
from sources.catalogue import FORMATS
from tests.sinks.page.site import HOSTILE
from wire.reader import Place

CATALOG = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: fare-engine, annotations: {incidents/flags: season_prices}}
spec: {type: service, lifecycle: production, owner: team-fares, dependsOn: [component:default/booking-api]}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: booking-api}
spec: {type: service, lifecycle: production, owner: team-crew}
---
rota: fares
team: team-fares
people: [A. Osei, D. Ito]
starts: 2026-01-05T09:00:00Z
days: 7
"""


def store_published(
    database: str, published: Iterable[tuple[str, Message]], at: int, tenant: str = "default"
) -> None:
    """Put records of the input topics into the tables, as they were written at a moment."""
    engine = open_database(database)
    create_tables(engine)
    before, batch = load_offsets(engine), Batch()
    headers = {HEADER_TENANT: tenant.encode(), HEADER_INGESTED_AT: str(at).encode()}
    for topic, message in published:
        offset = batch.after.get((topic, 0), before.get((topic, 0), 0))
        batch.add(Incoming(Place(topic, 0, offset), encode(topic, message), headers, at), Settings())
    write(engine, batch.rows, [], before, batch.after)
    engine.dispose()


def entries(text: str, at: int) -> list[tuple[str, Message]]:
    """What a catalog makes, sent at a moment."""
    return [("catalog", one.message) for one in FORMATS["catalog"].read(text, {}, at).records]


def change(topic: str, name: str, at: int, **facts: object) -> tuple[str, Message]:
    """A change that took effect at a moment."""
    told = {
        "kind": topic.removesuffix("s"),
        "source": "own",
        "source_ref": f"own:{name}",
        "target": f"service/{facts.get('service', name)}",
        "title": name,
        "effective_at": at,
    }
    return topic, Change.model_validate({**told, **facts})


def catalogued(database: str, now: int) -> None:
    """A catalog two days ago, and since then a deploy that is in order, one that is not, and a flag."""
    store_published(database, entries(CATALOG, now - 2 * DAY), now - 2 * DAY)
    changes = (
        change("deploys", "fine", now - DAY, service="fare-engine", environment="Prod"),
        change("deploys", "nowhere", now - DAY, service=HOSTILE),
        change("deploys", "failed", now - DAY, service="booking-api", status="failed"),
        change("flags", "tied", now - DAY, target="flag/season_prices", environment="production"),
    )
    store_published(database, changes, now)
