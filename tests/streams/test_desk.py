"""Who is on call and what to follow: in the packet with its evidence, or as what is not known."""

import pytest

from schemas.events import Entity, Shift
from schemas.packets import Packet
from sinks.packet_text import packet_text
from streams.desk import Desk, desk_of
from streams.state import EntityState
from tests.streams.pieces import ref
from tests.streams.world import Sent, World, alert, at, fires, shop

ONSET = 100.0
DAY_S = 86_400.0
RUNBOOK = "https://runbooks.example/payment-errors"


def _rota(
    *shifts: tuple[float, float, str],
    name: str = "payments",
    team: str = "team-payment",
    until: float = DAY_S,
) -> Entity:
    told = " ".join(person for _, _, person in shifts)
    return Entity(
        entity=f"rota:{name}",
        kind="rota",
        name=name,
        owner=team,
        shifts=tuple(Shift(start=at(start), end=at(end), person=person) for start, end, person in shifts),
        known_until=at(until),
        original=f'{{"rota":"{name}","team":"{team}","people":"{told}"}}',
    )


def _runbook(
    *about: str, link: str = RUNBOOK, reviewed: float | None = None, due: float | None = None
) -> Entity:
    name = "/".join(about)
    return Entity(
        entity=f"runbook:{name}",
        kind="runbook",
        name=name,
        owner="team-docs",
        runbook=link,
        about=about,
        reviewed_at=None if reviewed is None else at(reviewed),
        review_due_at=None if due is None else at(due),
        original=f'{{"runbook":"{name}","link":"{link}","reviewed":"2026-02-02"}}',
    )


def _told(*entries: Entity, then: tuple[Sent, ...] = ()) -> World:
    return shop(*(Sent(entry, 1) for entry in entries), fires(), *then)


def _last(*entries: Entity) -> Packet:
    return _told(*entries).packets()[-1]


def _codes(packet: Packet) -> dict[str, str]:
    return {unknown.code: unknown.text for unknown in packet.unknowns}


def _who(packet: Packet) -> str:
    return packet_text(packet).partition("\nWHO ")[2].partition("\n\n")[0]


def test_who_was_on_call_at_the_onset_is_named_and_cited() -> None:
    """Whoever it is by now: the packet says the same whenever it is made."""
    packet = _last(_rota((0, ONSET, "d.ito"), (ONSET, 500, "a.osei"), (500, DAY_S, "k.lam")))
    [duty] = packet.ownership.on_call
    assert ("a.osei", "payments", at(500)) == (duty.person, duty.rota, duty.until)
    [claim] = [one for one in packet.ownership.claims if "on call" in one.text]
    topics = {evidence.id: evidence.topic for evidence in packet.evidence}
    assert ("a.osei is on call by rota payments", ["catalog"]) == (
        claim.text,
        [topics[e] for e in claim.evidence],
    )
    assert not {"no_rota", "rota_ended", "nobody_on_call"} & _codes(packet).keys()
    assert "On call: a.osei (rota payments)" in _who(packet)


def test_everybody_on_call_is_named() -> None:
    """By two rotas, or twice in one."""
    second = _rota((0, DAY_S, "k.lam"), name="payments-secondary")
    packet = _last(_rota((0, DAY_S, "a.osei"), (50, 200, "d.ito")), second)
    assert ["a.osei", "d.ito", "k.lam"] == [duty.person for duty in packet.ownership.on_call]


@pytest.mark.parametrize(
    ("rota", "code", "words"),
    [
        (None, "no_rota", "no rota configured"),
        (_rota((0, DAY_S, "x"), team="team-cart"), "no_rota", "no rota for team team-payment"),
        (_rota((0, ONSET, "x"), until=ONSET), "rota_ended", "rota payments ends at 2026-02-03T03:01:40Z"),
        (_rota((0, 50, "x"), (200, DAY_S, "y")), "nobody_on_call", "names anybody for 2026-02-03T03:01:40Z"),
    ],
    ids=["none at all", "none of this team", "ended", "a gap"],
)
def test_nobody_known_to_be_on_call_is_an_unknown_with_its_reason(
    rota: Entity | None, code: str, words: str
) -> None:
    """What is missing is named, not only that something is."""
    packet = _last(*([rota] if rota else []))
    assert () == packet.ownership.on_call
    assert words in _codes(packet)[code]
    assert "On call: nobody known" in _who(packet)


def test_a_team_is_the_same_team_in_any_case() -> None:
    """Catalog and rota are kept by different people."""
    assert ["x"] == [d.person for d in _last(_rota((0, DAY_S, "x"), team="Team-Payment")).ownership.on_call]


def test_a_rota_that_comes_in_mid_incident_shows_in_the_next_revision() -> None:
    """The catalog is an event like any other; nothing else has to happen."""
    world = shop(fires(), ended=False)
    world.tick(ONSET + 200)
    before = len(world.packets())
    world.send([Sent(_rota((0, DAY_S, "a.osei")), ONSET + 210)])
    world.tick(ONSET + 230)
    assert (before + 1, ["a.osei"]) == (
        len(world.packets()),
        [duty.person for duty in world.packets()[-1].ownership.on_call],
    )
    world.send([Sent(_rota((0, DAY_S, "d.ito")), ONSET + 240)])
    world.tick(ONSET + 260)
    assert ["d.ito"] == [duty.person for duty in world.packets()[-1].ownership.on_call]


def test_a_rota_that_is_taken_out_is_gone() -> None:
    """Deleting it is an event, too."""
    rota = _rota((0, DAY_S, "a.osei"))
    world = _told(rota, then=(Sent(rota.model_copy(update={"deleted": True}), ONSET + 10),))
    assert "no_rota" in _codes(world.packets()[-1])


def test_a_rota_and_a_runbook_are_no_services() -> None:
    """A name that only they have is not in the catalog, and takes none from a service."""
    desk = (_rota((0, DAY_S, "x"), name="ghost"), _runbook("service:ghost"))
    packet = shop(*(Sent(one, 1) for one in desk), fires("ghost")).packets()[-1]
    assert "not_in_catalog" in _codes(packet)


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ([_runbook("alert:higherrorrate")], RUNBOOK),
        ([_runbook("service:payment")], RUNBOOK),
        ([_runbook("alert:higherrorrate", "service:cart")], None),
        ([_runbook("alert:latency", "service:payment")], None),
        ([_runbook("service:payment", link="https://x/1"), _runbook("alert:higherrorrate")], RUNBOOK),
        (
            [
                _runbook("alert:higherrorrate", link="https://x/1"),
                _runbook("alert:higherrorrate", "service:payment"),
            ],
            RUNBOOK,
        ),
    ],
    ids=["alert", "service", "other service", "other alert", "alert before service", "both before alert"],
)
def test_the_runbook_is_the_closest(entries: list[Entity], found: str | None) -> None:
    """That of this alert on this service, then of the alert, then of the service."""
    packet = _last(*entries)
    assert (found, found is None) == (packet.ownership.runbook, "no_runbook" in _codes(packet))


def test_a_runbook_is_cited_and_its_review_told() -> None:
    """Who keeps it, and that its review counts."""
    packet = _last(_runbook("alert:higherrorrate", reviewed=-DAY_S, due=DAY_S))
    assert f"Runbook: {RUNBOOK}, owner team-docs, reviewed 2026-02-02 (current)" in " ".join(
        _who(packet).split()
    )
    texts = [claim.text for claim in packet.ownership.claims]
    assert [f"the runbook is {RUNBOOK}", "it was reviewed on 2026-02-02 (current)"] == texts[1:3]
    assert "runbook_overdue" not in _codes(packet)


def test_a_runbook_whose_review_is_overdue_says_since_when() -> None:
    """At the onset, not by now; it is among what is not known, since it may be wrong."""
    packet = _last(_runbook("alert:higherrorrate", reviewed=-DAY_S, due=ONSET))
    assert "overdue for review since 2026-02-03" in " ".join(_who(packet).split())
    assert "overdue for review since 2026-02-03" in _codes(packet)["runbook_overdue"]


def test_an_alert_may_carry_its_runbook() -> None:
    """As Prometheus' do; the index comes first, the service's entry last."""
    carrying = alert("payment", start=ONSET).model_copy(
        update={"annotations": {"runbook_url": "https://x/a"}}
    )
    packet = shop(Sent(carrying, ONSET)).packets()[-1]
    assert "https://x/a" == packet.ownership.runbook
    indexed = shop(Sent(_runbook("alert:higherrorrate"), 1), Sent(carrying, ONSET)).packets()[-1]
    assert RUNBOOK == indexed.ownership.runbook


def test_a_rota_does_not_build_the_graph_again() -> None:
    """It comes every day, and says nothing about services."""
    world = _told()
    tenant = world.memory.tenants["replay-test"]
    version = tenant.version
    world.send([Sent(_rota((0, DAY_S, "x")), ONSET + 300)])
    assert (version, 1) == (tenant.version, len(tenant.desk().rotas))


def test_an_empty_desk_knows_nobody() -> None:
    """Neither without a team, nor with one."""
    assert ([], []) == (Desk().on_call(None, 0), Desk().on_call("x", 0))
    nameless = Entity(entity="rota:x", kind="rota", name="x")
    assert {} == desk_of({"rota:x": EntityState(nameless, ref(0, "catalog"))}).rotas
