"""Where the fault sits and who owns it."""

import re
from collections.abc import Sequence

import pytest

from schemas.events import Alert, Change
from schemas.settings import Settings
from streams.assess import Assessment
from streams.blame import owner_of, root_beliefs
from streams.desk import Desk, desk_of
from streams.state import EntityState
from tests.streams.pieces import assessed, group, ref, topology
from tests.streams.world import SHOP, alert, change, entity, last_packet, payment_incident


def _roots(*services: str, flag_on: str | None = None) -> tuple[str, ...]:
    alerts = [alert(service, start=number) for number, service in enumerate(services)]
    return assessed(alerts, [_flag(flag_on)] if flag_on else []).roots


def _flag(service: str) -> Change:
    return change("flag", "express", when=-1, service=service)


def _labelled(**labels: str) -> Alert:
    made = alert("unheard-of", start=0)
    return made.model_copy(update={"labels": {**made.labels, **labels}})


def _owned(*alerts: Alert) -> Assessment:
    return assessed(alerts)


def test_the_root_is_the_service_that_all_the_others_need() -> None:
    """Payment explains checkout and frontend, whichever began first."""
    assert ("payment", "checkout", "frontend") == _roots("frontend", "checkout", "payment")


def test_of_two_services_that_explain_as_much_the_earlier_alert_is_the_root() -> None:
    """Cart and payment are both needed by checkout, and not by each other."""
    assert ("payment", "cart", "checkout") == _roots("payment", "cart", "checkout")
    assert ("cart", "payment", "checkout") == _roots("cart", "payment", "checkout")


def test_a_believed_change_makes_its_service_a_root_although_it_is_quiet() -> None:
    """Checkout and frontend fail, the flag was on payment, which both need and which raises no alert."""
    assert "payment" in _roots("checkout", "frontend", flag_on="payment")


def test_a_change_that_is_believed_in_less_than_no_change_makes_no_root() -> None:
    """A flag of the frontend explains no failing payment."""
    assert ("payment",) == _roots("payment", flag_on="frontend")


def test_missing_traffic_points_at_who_stopped_calling() -> None:
    """Payment and cart get no requests: what calls them, checkout, is a likelier root than either."""
    alerts = [alert(service, "NoRequests", start=0) for service in ("payment", "cart")]
    assert "checkout" in assessed(alerts).roots
    errors = [alert(service, start=0) for service in ("payment", "cart")]
    assert "checkout" not in assessed(errors).roots


def test_a_silent_service_that_all_alerting_ones_need_is_a_root() -> None:
    """Three fail that have nothing in common but the quiet one below."""
    graph = topology(entity("db"), *(entity(name, "db") for name in ("a", "b", "c")))
    found = assessed([alert(name, start=0) for name in ("a", "b", "c")], graph=graph)
    assert "db" in found.roots


def test_a_quiet_parameter_is_blamed_on_the_component_that_reads_it() -> None:
    """The change is of the parameter; what breaks is checkout, which needs it."""
    parameter = entity("limits").model_copy(update={"kind": "resource", "entity": "resource:default/limits"})
    reader = entity("reader").model_copy(update={"depends_on": ("resource:default/limits",)})
    config = change("config", "limits", when=-60, service="limits")
    found = assessed([alert("reader", start=0)], [config], graph=topology(parameter, reader))
    assert ("limits", "reader") == (found.ranked[0].service, found.roots[0])


def test_of_two_roots_that_explain_as_much_the_later_is_believed_in_less() -> None:
    """Half as much after the half-life. All end together, so that they are one."""
    late = Settings().correlation.root_half_life_s
    starts = {"payment": 0.0, "cart": late, "checkout": late}
    beliefs = _beliefs(*(alert(s, start=start, status="resolved", end=900) for s, start in starts.items()))
    assert beliefs["cart"] == pytest.approx(beliefs["payment"] / 2)


def test_beliefs_in_roots_sum_to_one() -> None:
    """Whatever is suspected."""
    alerts = (alert("payment", start=0), alert("frontend", start=9))
    assert 1 == pytest.approx(sum(_beliefs(*alerts, changes=[_flag("payment"), _flag("ledger")]).values()))


def _beliefs(*alerts: Alert, changes: Sequence[Change] = ()) -> dict[str, float]:
    found = assessed(alerts, changes)
    return root_beliefs(found.group, found.ranked, topology())


def test_the_packet_says_how_the_root_was_found() -> None:
    """How sure it is, and how many alerts may come from it, with the alerts and the change as evidence."""
    claims = last_packet(*payment_incident()).ownership.claims
    [said] = [claim for claim in claims if "suspected root" in claim.text]
    assert said.text.endswith("3 of 3 alerts may come from it")
    assert 3 == len(said.evidence)


def test_a_service_that_the_catalog_lacks_can_be_the_root() -> None:
    """There is nothing else to name."""
    assert ("unheard-of",) == _roots("unheard-of")


def test_without_any_service_there_is_no_root() -> None:
    """An alert that names none leaves the answer empty, and no owner."""
    found = assessed([alert(None, start=0)])
    assert ((), None) == (found.roots, found.owner.team)


def test_the_owner_is_that_of_the_suspected_root() -> None:
    """By its catalog entry, which is named for the evidence."""
    owner = _owned(alert("checkout", start=0), alert("payment", start=1)).owner
    assert ("team-payment", "payment", "payment") == (owner.team, owner.service, owner.entity)
    assert "the catalog entry of the suspected root" == owner.how


def test_a_root_without_an_owner_leaves_it_to_the_next() -> None:
    """Whoever owns the next root is asked, and the packet says how they were found."""
    nobody = entity("payment").model_copy(update={"owner": None})
    graph = topology(*(nobody if entry.name == "payment" else entry for entry in SHOP))
    owner = assessed([alert("payment", start=0), alert("checkout", start=1)], graph=graph).owner
    assert ("team-checkout", "the catalog entry of checkout") == (owner.team, owner.how)


def test_a_team_that_owns_two_likely_roots_is_asked_before_the_owner_of_the_likeliest() -> None:
    """Checkout is a little likelier than either of two services of one team: together they are likelier."""
    entries = (entity("checkout"), entity("mail", owner="team-post"), entity("parcel", owner="team-post"))
    found = owner_of(
        group([alert("checkout", start=0)], topology(*entries)),
        ("checkout", "mail", "parcel"),
        {"checkout": 0.4, "mail": 0.3, "parcel": 0.3},
        topology(*entries),
        Desk(),
    )
    assert ("team-post", "mail", 0.6) == (found.team, found.service, found.share)
    assert "the catalog entries of 2 suspected roots, together likelier than checkout" == found.how


def test_the_packet_says_how_sure_the_owner_is() -> None:
    """By the belief that a service of the team is the root."""
    how = last_packet(*payment_incident()).ownership.how
    assert re.fullmatch(r"the catalog entry of the suspected root, \d+% sure", how)


def test_the_keeper_of_the_runbook_owns_what_nothing_else_names() -> None:
    """Nobody owns the service, no label names a team, but a team keeps the runbook for its alerts."""
    kept = entity("lost").model_copy(
        update={
            "entity": "runbook:default/lost",
            "kind": "runbook",
            "runbook": "https://runbooks.example/lost",
            "about": ("alert:higherrorrate",),
            "owner": "team-keeper",
        }
    )
    desk = desk_of({kept.entity: EntityState(kept, ref(0, "catalog"))})
    owner = owner_of(group([alert("unheard-of", start=0)]), ("unheard-of",), {}, topology(), desk)
    assert ("team-keeper", "the runbook for such alerts") == (owner.team, owner.how)
    assert owner.runbook is not None
    assert "runbook:default/lost" == owner.runbook.facts.entity


def test_a_label_names_the_owner_where_the_catalog_does_not() -> None:
    """The alert's own word counts, and the alert is the evidence."""
    owner = _owned(_labelled(team="team-odd")).owner
    assert ("team-odd", "the alert's label team", 0, None) == (
        owner.team,
        owner.how,
        owner.alert,
        owner.entity,
    )


def test_the_catalog_wins_over_a_label() -> None:
    """A label may be copied from another rule; the entry is kept by its owner."""
    named = alert("payment", start=0)
    odd = named.model_copy(update={"labels": {**named.labels, "team": "team-odd"}})
    assert "team-payment" == _owned(odd).owner.team


def test_nobody_is_a_guess() -> None:
    """Without entry and label there is no owner, and the reason says so."""
    owner = _owned(_labelled()).owner
    assert (None, "unheard-of", "no catalog entry, no label and no runbook names one") == (
        owner.team,
        owner.service,
        owner.how,
    )
