"""The ranked explanations: what speaks for and against each, and how to tell."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import CHANGE_KINDS, ChangeKind
from schemas.packets import Check, Hypothesis, Packet
from schemas.times import SECOND
from tests.streams.world import (
    SHOP,
    Sent,
    alert,
    at,
    change,
    fires,
    last_packet,
    payment_incident,
    sent_at_once,
    turned_on,
)

FIRST = 100.0
"""Start of the first alert, in seconds of the story."""


def test_no_change_is_among_the_hypotheses_however_many_suspects_there_are() -> None:
    """Five are shown, and one of them is that nothing recorded is to blame."""
    hypotheses = last_packet(*(turned_on(90 + n, what=f"f{n}") for n in range(9)), fires()).hypotheses
    assert 5 == len(hypotheses)
    assert [None] == [h.source_ref for h in hypotheses if h.kind == "none"]
    assert sum(h.confidence for h in hypotheses) == pytest.approx(1.0, abs=0.001)


def test_a_candidate_names_fifty_suspects_at_most_no_change_among_them() -> None:
    """Changes that nothing ties to a service are suspects of everything; a record has a size."""
    suspects = last_packet(*(turned_on(n, None, f"f{n}") for n in range(60)), fires()).candidate.suspects
    assert (50, 1) == (len(suspects), sum(suspect.source_ref is None for suspect in suspects))


def _top(*sent: Sent) -> Hypothesis:
    return last_packet(*sent).hypotheses[0]


def test_a_suspect_says_what_speaks_for_it() -> None:
    """How long before, that it is on what fails, and who needs that."""
    assert [
        "60 s before the first alert",
        "on payment itself, which alerts",
        "checkout and frontend depend on payment",
    ] == [claim.text for claim in _top(*payment_incident()).claims_for]


def test_a_suspect_says_what_speaks_against_it() -> None:
    """Nothing ties the flag to a service; and one on a quiet service has no alert of its own."""
    assert ["nothing ties it to a service that alerts"] == [
        claim.text for h in last_packet(turned_on(40, None), fires()).hypotheses for claim in h.claims_against
    ]
    assert "payment itself raises no alert" == _top(turned_on(40), fires("checkout")).claims_against[0].text


def test_alerts_that_a_change_does_not_explain_speak_against_it() -> None:
    """Payment was changed; the ledger's alert beside payment's cannot come from there, and is counted."""
    packet = last_packet(turned_on(40), fires(), fires("cart", 101))
    [top, none] = packet.hypotheses[:2]
    said = "1 of 2 alerts do not come from there, by the dependencies known"
    assert said in [claim.text for claim in top.claims_against]
    assert "1 of 2 alerts may come from flag express off -> on" in [c.text for c in none.claims_against]


def test_a_check_asks_about_a_service_that_the_change_may_have_hit() -> None:
    """The cart failed first, and cannot come from payment: whether it recovers tells nothing of payment's flag."""
    top = _top(turned_on(40), fires("cart", 99), fires())
    assert top.check is not None
    assert "Is the error rate of payment the same for requests where express is off?" == top.check.question


def test_no_change_says_how_many_were_looked_at() -> None:
    """Changes elsewhere do not touch what fails."""
    assert "none of the 1 changes near the onset touches what fails" in [
        claim.text for claim in _top(turned_on(40, "ledger"), fires()).claims_for
    ]
    assert "no change near the onset touches what fails" in [claim.text for claim in _top(fires()).claims_for]


@pytest.mark.parametrize(
    ("sent", "question"),
    [
        (turned_on(40), "Is the error rate of payment the same for requests where express is off?"),
        (
            sent_at_once(change("deploy", "payment", when=-100, service="payment", before="v1")),
            "Do instances of payment still on v1 fail as well?",
        ),
        (
            sent_at_once(change("config", "limits", when=-100, service="payment")),
            "Does payment recover where config/configmaps/shop/limits has its value from before?",
        ),
    ],
)
def test_each_hypothesis_has_a_check_that_tells_it_apart(sent: Sent, question: str) -> None:
    """A read-only question, and what either answer would mean."""
    check = _top(sent, fires()).check
    assert isinstance(check, Check)
    assert (question, True) == (check.question, bool(check.if_true and check.if_false))


def test_the_check_of_no_change_asks_what_else_moved() -> None:
    """Or, where there is a suspect, whether it failed before that."""
    alone, second = _top(fires()).check, last_packet(turned_on(40), fires()).hypotheses[1].check
    assert alone is not None
    assert second is not None
    assert "Did load, a dependency or the platform of payment change at 03:01:40?" == alone.question
    assert "Did payment err before 03:00:40?" == second.question


def test_the_check_of_no_change_asks_prometheus_what_fired_in_the_hour_before() -> None:
    """Its own series, by the rule's name and the service that it names, up to the moment of the change."""
    check = last_packet(turned_on(40), fires()).hypotheses[1].check
    assert check is not None
    labels = 'alertname="HighErrorRate",alertstate="firing",service="payment"'
    assert f"count_over_time(ALERTS{{{labels}}}[1h] @ {at(40) // SECOND})" == check.query


def test_an_alert_of_another_sender_offers_no_query() -> None:
    """Prometheus need not know it."""
    other = alert("payment", start=FIRST).model_copy(update={"source": "cloudwatch"})
    assert [None] * 2 == [
        h.check and h.check.query for h in last_packet(turned_on(40), Sent(other, 100)).hypotheses
    ]


def test_a_hostile_rule_name_stays_within_its_quotes() -> None:
    """What would close the string is escaped."""
    check = last_packet(turned_on(40), fires(name='x"} or vector(1) #\n')).hypotheses[1].check
    assert check is not None
    assert 'alertname="x\\"} or vector(1) #\\n"' in str(check.query)


def test_two_changes_of_one_target_are_told_apart_by_the_moment() -> None:
    """The same flag, on twice: what failed before the second is the first one's."""
    first, second = last_packet(turned_on(40), turned_on(90), fires()).hypotheses[:2]
    assert first.target == second.target
    assert second.check is not None
    assert "Did payment fail before 03:01:30?" == second.check.question


_kinds = st.sampled_from(CHANGE_KINDS)
_changed = st.tuples(_kinds, st.sampled_from(("payment", "checkout", "frontend")), st.integers(0, 99))


@given(st.lists(_changed, max_size=4, unique=True), st.sampled_from(("payment", "checkout", None)))
def test_the_first_two_checks_expect_different_answers_and_use_names_of_the_packet(
    changed: list[tuple[ChangeKind, str, int]], failing: str | None
) -> None:
    """Else the answer would tell nobody anything, or send them to what is not there."""
    made = [sent_at_once(change(kind, on, when=when, service=on)) for kind, on, when in changed]
    packet = last_packet(*made, fires(failing))
    checks = [h.check for h in packet.hypotheses[:2] if h.check]
    assert len(checks) == len({check.if_true for check in checks})
    bare = tuple(h.model_copy(update={"check": None}) for h in packet.hypotheses)
    known = packet.model_copy(update={"hypotheses": bare}).model_dump_json()
    for check in checks:
        words = " ".join((check.question, check.query or "", check.if_true, check.if_false))
        assert all(entry.name in known for entry in SHOP if entry.name in words)
        quoted = {json.loads(text) for text in _QUOTED.findall(check.query or "")}
        assert quoted <= {"firing", *_failing(packet)}


_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


def _failing(packet: Packet) -> set[str]:
    """The rules and services that the packet lists as failing."""
    return {name for line in packet.failing for name in (line.alert, line.service)}
