"""What is not known: each gap by its code, and nothing smoothed over."""

import pytest

from schemas.settings import Settings
from schemas.thresholds import CorrelationSettings
from tests.streams.world import (
    SHOP,
    Sent,
    World,
    alert,
    at,
    change,
    entity,
    fires,
    last_packet,
    sent_at_once,
    turned_on,
)

FIRST = 100.0
"""Start of the first alert, in seconds of the story."""


def _unowned(name: str) -> Sent:
    return Sent(entity(name).model_copy(update={"owner": None}), 0)


_FEEDS = (
    sent_at_once(change("deploy", "books", when=0, service="ledger")),
    sent_at_once(change("flag", "books", when=0, service="ledger")),
    sent_at_once(change("config", "books", when=0, service="ledger")),
)
_ALWAYS = ["no_rota", "no_metrics", "no_logs", "no_traces"]
_BOOKED = Sent(SHOP[2].model_copy(update={"runbook": "https://runbooks.example/payment"}), 1)
_FORGED = alert("payment", start=FIRST)


@pytest.mark.parametrize(
    ("code", "subject", "sent"),
    [
        ("no_service", "HighErrorRate", (fires(None),)),
        ("not_in_catalog", "unheard-of", (fires("unheard-of"),)),
        ("no_dependencies", "alone", (Sent(entity("alone"), 0), fires("alone"))),
        ("no_owner", "alone", (_unowned("alone"), fires("alone"))),
        ("no_runbook", "payment", (fires(),)),
        ("no_deploy_feed", "deploy", (*_FEEDS[1:], fires())),
        ("no_flag_feed", "flag", (_FEEDS[0], _FEEDS[2], fires())),
        ("no_config_feed", "config", (*_FEEDS[:2], fires())),
        ("unmapped_change", "flag/express", (turned_on(40, None), fires())),
        (
            "start_in_future",
            _FORGED.fingerprint,
            (Sent(alert("payment", start=900_000), FIRST),),
        ),
        (
            "no_environment",
            _FORGED.fingerprint,
            (Sent(alert("payment", start=FIRST, environment=None), FIRST),),
        ),
        (
            "late",
            _FORGED.fingerprint,
            (Sent(_FORGED.model_copy(update={"notified_at": at(FIRST)}), FIRST + 121),),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_gap_is_said_by_its_code(code: str, subject: str, sent: tuple[Sent, ...]) -> None:
    """What it is about and what is missing; the candidate lists the code."""
    packet = last_packet(*sent)
    assert [subject] == [unknown.subject for unknown in packet.unknowns if unknown.code == code]
    assert code in packet.candidate.unknowns


def test_an_empty_catalog_is_said() -> None:
    """Without it there are no dependencies and no owners, and nobody is said to be missing in it."""
    world = World()
    world.send([fires()])
    codes = world.packets()[0].candidate.unknowns
    assert "no_catalog" in codes
    assert "not_in_catalog" not in codes


def test_a_replaced_ingest_time_is_said() -> None:
    """Live tenants only: a replay's stamp is its own."""
    world = World(tenant="default")
    world.send([Sent(entity("payment"), 0)])
    world.send([fires()], stamped=at(FIRST + 61))
    assert "ingest_replaced" in world.packets()[0].candidate.unknowns


def test_an_input_that_lags_is_said() -> None:
    """Live tenants only, with the input and by how much."""
    world = World(tenant="default")
    world.tick(0)
    for topic in ("alerts", "deploys", "configs", "catalog"):
        world.tick(40, only=topic)
    world.send([fires(start=40)])
    said = [u for u in world.packets()[0].unknowns if u.code == "input_behind"]
    assert [("flags/0", "Input flags/0 is 40 s behind.")] == [(u.subject, u.text) for u in said]


def test_what_had_to_be_forgotten_is_said() -> None:
    """Too many alerts at once: how many were dropped."""
    settings = Settings(correlation=CorrelationSettings(max_alerts=1))
    packet = last_packet(fires(), fires("ledger", 200), fires("cart", 300), settings=settings)
    assert "2 older alerts of this scope were dropped: too many at once." in [u.text for u in packet.unknowns]


def test_what_no_source_supplies_is_said_in_every_packet() -> None:
    """Metrics, logs, traces and on-call: until they exist, they are unknown; with all else known, nothing more."""
    assert _ALWAYS == list(last_packet(_BOOKED, *_FEEDS, fires()).candidate.unknowns)


def test_a_code_stands_once_in_the_candidate() -> None:
    """However many subjects it has."""
    packet = last_packet(fires("unheard-of"), fires("unheard-of-2"), fires(None), fires(None, 101, "Other"))
    assert len(packet.candidate.unknowns) == len(set(packet.candidate.unknowns))
