"""Owns a page as a process of its own, over tables that are filled by hand, and asking it as a browser would.

Goes to: the tests of the page.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from local.ports import HOST, free_ports
from schemas.claims import Claim
from schemas.codec import encode
from schemas.events import HEADER_TENANT
from schemas.identity import content_hash
from schemas.packets import Packet
from schemas.page_settings import PageSettings, ReaderSettings
from schemas.settings import KafkaSettings, Settings, SinkSettings
from sinks.batch import Batch, Incoming
from sinks.proving import packet_rows, resolve
from sinks.store import create_tables, load_offsets, write
from sinks.tables import open_database
from tests.facts import eventually
from tests.schemas.examples import example
from tests.sinks.published import TENANT, at_hand, cite, revise
from wire.reader import Place

PLACES, ORIGINALS = at_hand()
TOKENS = {"all": "the-token-for-all", "fares": "the-token-of-fares", "other": "the-token-of-another-tenant"}
READERS = (
    ReaderSettings(
        name="anna", token_sha256=content_hash(TOKENS["all"].encode()), tenants=("*",), feedback=True
    ),
    ReaderSettings(name="finn", token_sha256=content_hash(TOKENS["fares"].encode()), teams=("team-fares",)),
    ReaderSettings(name="olga", token_sha256=content_hash(TOKENS["other"].encode()), tenants=("elsewhere",)),
    ReaderSettings(group="responders", tenants=("default",)),
)
HOSTILE = "<script>alert(1)</script>\x1b[31m \u202eevil"
_PROGRAM = """
import sys
from cli.health import Health
from schemas.settings import Settings
from sinks.page.serving import run_page
health = Health("web", "test", int(sys.argv[2]))
sys.exit(run_page(Settings.model_validate_json(sys.argv[1]), "test", health.ready))
"""
_START_S = 30.0


@dataclass(frozen=True)
class Site:
    """Where a page answers, its settings, its process, and where it tells what it counts."""

    url: str
    settings: Settings
    process: "subprocess.Popen[bytes]"
    metrics: str

    def client(self, who: str | None = "all", **headers: str) -> httpx.Client:
        """A browser of somebody; of nobody where `who` is None."""
        told = {"accept": "text/html", **headers}
        if who is not None:
            told["authorization"] = f"Bearer {TOKENS[who]}"
        return httpx.Client(base_url=self.url, headers=told, timeout=30)

    def get(self, path: str, who: str | None = "all") -> httpx.Response:
        """One answer."""
        with self.client(who) as client:
            return client.get(path)


def settings_for(kafka: KafkaSettings, database: str, **page: object) -> Settings:
    """Settings of a page with four readers, on a free port."""
    told = {"port": free_ports(1)[0], "readers": READERS, "requests_per_s": 1000.0, **page}
    return Settings(kafka=kafka, sink=SinkSettings(database=database), page=PageSettings.model_validate(told))


@contextmanager
def running(settings: Settings) -> Iterator[Site]:
    """A page that answers, for as long as the block."""
    (health,) = free_ports(1)
    command = [sys.executable, "-c", _PROGRAM, settings.model_dump_json(), str(health)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url, metrics = (f"http://{HOST}:{port}" for port in (settings.page.port, f"{health}/metrics"))
    site = Site(url, settings, process, metrics)
    try:
        eventually(lambda: _answers(site.url), _START_S, "the page answers")
        yield site
    finally:
        process.terminate()
        process.wait(60)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def store(database: str, packets: Sequence[Packet], candidates_only: Sequence[Packet] = ()) -> None:
    """Put packets into the tables as the sink does; of some only the candidate."""
    engine = open_database(database)
    create_tables(engine)
    before = load_offsets(engine)
    after = {("context-packets", 0): before.get(("context-packets", 0), 0) + 1}
    rows = [
        row
        for packet in packets
        for row in packet_rows(
            packet, {e.id: resolve(e, ORIGINALS, {}) for e in packet.evidence}, stored_at=0
        )
    ]
    shown = [packet.candidate for packet in (*packets, *candidates_only)]
    write(engine, rows, shown, before, after)
    engine.dispose()


def store_changes(database: str) -> None:
    """Put the examples of changes into the tables."""
    engine = open_database(database)
    create_tables(engine)
    batch = Batch()
    for number, topic in enumerate(("deploys", "flags", "configs")):
        value, headers = encode(topic, example(topic)), {HEADER_TENANT: TENANT.encode()}
        batch.add(Incoming(Place(topic, 0, 0), value, headers, number), Settings())
    write(engine, batch.rows, [], {}, batch.after)
    engine.dispose()


def incident(name: str, number: int = 1, **changes: object) -> Packet:
    """A revision of the example incident, under a name of its own."""
    return revise(cite(PLACES, name), name, number, **changes)


def hostile(name: str = "hostile") -> Packet:
    """An incident whose every text tries to be something else."""
    packet = incident(name, title=HOSTILE, owner=HOSTILE, severity="critical")
    failing = tuple(
        line.model_copy(update={"service": HOSTILE, "alert": HOSTILE, "value": HOSTILE})
        for line in packet.failing
    )
    evil = Claim(text=HOSTILE, evidence=("e1",))
    ownership = packet.ownership.model_copy(update={"runbook": "javascript:alert(1)", "how": HOSTILE})
    return packet.model_copy(
        update={"failing": failing, "draft": (evil,), "ownership": ownership, "whats_new": (HOSTILE,)}
    )


def many_alerts(name: str = "many", count: int = 70) -> Packet:
    """An incident of many kinds of alerts, each on a service of its own."""
    packet = incident(name)
    first, line = packet.candidate.members[0], packet.failing[0]
    members = tuple(
        first.model_copy(update={"fingerprint": f"{n:016x}", "name": f"Alert{n}"}) for n in range(count)
    )
    failing = tuple(
        line.model_copy(update={"service": f"service-{n}", "alert": f"Alert{n}"}) for n in range(30)
    )
    candidate = packet.candidate.model_copy(update={"members": members})
    return packet.model_copy(update={"candidate": candidate, "failing": failing})


def fill(database: str) -> None:
    """An incident of two revisions, one merged into it, one of another team, tenant, and a replay, a hostile one."""
    first, second = incident("one", 1, phase="provisional"), incident("one", 2)
    second = second.model_copy(update={"whats_new": ("now settled",)})
    merged = incident("gone", state="merged", merged_into=second.candidate.candidate_id)
    others = (
        incident("crew", owner="team-crew", title="crew-rota failing in production"),
        incident("abroad", tenant="elsewhere"),
        incident("again", tenant="replay-demo", title="recorded earlier"),
        hostile(),
    )
    store(database, [first, second, *others], [merged])


def short(name: str) -> str:
    """The short id of an incident of this name."""
    return incident(name).candidate.short_id
