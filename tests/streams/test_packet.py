"""The context packet: what stands in each section, and that nothing stands there without evidence."""

import pytest
from pydantic import ValidationError

from schemas.claims import Claim
from schemas.codec import decode
from schemas.events import Alert, Change, Entity
from schemas.identity import short_id
from schemas.packets import Moment, Packet
from streams.evidence import original_text
from tests.streams.world import (
    SHOP,
    Sent,
    World,
    alert,
    at,
    fires,
    last_packet,
    payment_incident,
    shop,
    turned_on,
)

FIRST = 100.0
"""Start of the first alert, in seconds of the story."""


def test_a_packet_has_all_its_sections() -> None:
    """What is failing, what changed, why, who, what is proposed, what is not known, when, and a draft."""
    packet = last_packet(*payment_incident())
    assert ["payment", "checkout", "frontend"] == [line.service for line in packet.failing]
    assert ("payment", "checkout", "frontend") == packet.radius.services
    assert (["flag/express"], 1) == ([line.target for line in packet.changes], packet.changes_elsewhere)
    assert [1, 2] == [hypothesis.rank for hypothesis in packet.hypotheses]
    assert ("team-payment", "payment") == (packet.ownership.owner, packet.ownership.service)
    assert ["flag/express"] == [proposal.target for proposal in packet.candidate.proposals]
    assert packet.unknowns
    assert ["flag", "alert", "packet", "alert", "alert"] == [moment.kind for moment in packet.timeline]
    assert 4 == len(packet.draft)
    assert packet.summary
    assert packet.outside


def test_the_title_names_the_first_service_and_counts_the_others() -> None:
    """In the words of the scope."""
    assert (
        "payment and 2 more services failing in production"
        == last_packet(*payment_incident()).candidate.title
    )
    assert "payment failing in production" == last_packet(fires()).candidate.title


def test_the_title_of_alerts_without_a_service_names_the_rule() -> None:
    """There is nothing else."""
    assert "DiskFull failing in production" == last_packet(fires(None, name="DiskFull")).candidate.title


def test_the_title_says_when_all_is_over() -> None:
    """Recovered, once every alert has resolved."""
    ended = Sent(alert("payment", start=FIRST, status="resolved"), 170)
    assert "payment recovered in production" == last_packet(fires(), ended).candidate.title


def test_a_failing_line_counts_alerts_and_repeats_of_its_kind() -> None:
    """Two alerts of one rule on one service, one of them told twice; the higher severity counts."""
    other = alert("payment", start=FIRST + 1, fingerprint="other", severity="warning")
    [line] = last_packet(fires(), Sent(other, 101), Sent(other, 170)).failing
    assert (2, 1, "critical", at(FIRST), True) == (
        line.alerts,
        line.repeats,
        line.severity,
        line.since,
        line.firing,
    )


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({"value": "5xx 31 %", "summary": "payment fails"}, "5xx 31 %"),
        ({"summary": "payment\n  fails"}, "payment fails"),
        ({"summary": "x" * 200}, "x" * 117 + "..."),
        ({}, None),
    ],
)
def test_a_failing_line_shows_what_the_alert_says_of_itself(told: dict[str, str], shown: str | None) -> None:
    """Its value, else its words on one line, cut where they are long; never something of our own."""
    [line] = last_packet(Sent(alert("payment", start=FIRST).model_copy(update=told), FIRST)).failing
    assert shown == line.value


def test_failing_lines_stand_in_the_order_of_what_began_first() -> None:
    """A start in the future counts as its ingest time there, too."""
    odd = Sent(alert("checkout", "Odd", start=900_000), 120)
    assert ["payment", "checkout", "frontend"] == [
        line.service for line in last_packet(fires(), odd, fires("frontend", 160)).failing
    ]


def test_failing_lines_are_thirty_at_most_and_the_first_is_among_them() -> None:
    """The counts of the candidate are of everything."""
    packet = last_packet(*(fires(start=FIRST + n, name=f"Rule{n:02d}") for n in range(35, -1, -1)))
    assert (30, 36) == (len(packet.failing), len(packet.candidate.members))
    assert "Rule00" == packet.failing[0].alert


def test_the_radius_shows_who_needs_whom_among_what_fails() -> None:
    """The root first; edges between what alerts, none to what is quiet."""
    edges = [(edge.service, edge.needs) for edge in last_packet(*payment_incident()).radius.edges]
    assert [("checkout", "payment"), ("frontend", "checkout")] == edges


def test_callers_of_the_root_that_raise_no_alert_are_named() -> None:
    """They should fail too if the root is the root; that they do not is worth knowing."""
    packet = last_packet(fires("cart"))
    assert ("checkout", "frontend") == packet.radius.quiet
    assert "checkout needs cart and raises no alert" == packet.radius.claims[0].text


def test_changes_are_shown_latest_first_with_how_long_before() -> None:
    """Who did what, from what to what, and how long before the first alert."""
    packet = last_packet(turned_on(40, what="a"), turned_on(70, what="b"), fires())
    assert [("flag/b", 30.0), ("flag/a", 60.0)] == [(line.target, line.lead_s) for line in packet.changes]
    line = packet.changes[0]
    assert ("off", "on", "d.ito", ("payment",)) == (line.before, line.after, line.actor, line.services)
    assert "flag b off -> on at 03:01:10, 30 s before" == line.claim.text


def test_a_change_after_the_first_alert_says_so() -> None:
    """It is shown, with a negative lead."""
    [line] = last_packet(fires(), turned_on(300)).changes
    assert (-200.0, True) == (line.lead_s, line.claim.text.endswith("3 min after"))


def test_a_lead_is_measured_from_the_onset_that_windows_use() -> None:
    """A start in the future counts as its ingest time, also in what is said of a change before it."""
    [line] = last_packet(turned_on(70), Sent(alert("payment", start=900_000), FIRST)).changes
    assert (30.0, True) == (line.lead_s, line.claim.text.endswith("30 s before"))
    packet = last_packet(turned_on(70), Sent(alert("payment", start=900_000), FIRST))
    assert "30 s before the first alert" == packet.hypotheses[0].claims_for[0].text


def test_changes_that_are_not_shown_are_counted() -> None:
    """Ten lines, the likeliest; the rest is a number."""
    packet = last_packet(*(turned_on(40 + n, what=f"f{n}") for n in range(14)), fires())
    assert (10, 4) == (len(packet.changes), packet.changes_unshown)


def test_ownership_says_how_it_was_found() -> None:
    """By the catalog entry, which is cited, with the runbook where the entry has one."""
    booked = SHOP[2].model_copy(
        update={
            "runbook": "https://runbooks.example/payment",
            "original": '{"name":"payment","owner":"team-payment","runbook":"https://runbooks.example/payment"}',
        }
    )
    ownership = last_packet(Sent(booked, 1), fires()).ownership
    assert "the catalog entry of the suspected root, 100% sure" == ownership.how
    assert [
        "payment is owned by team-payment",
        "the runbook is https://runbooks.example/payment",
        "payment is the suspected root (100%): 1 of 1 alerts may come from it",
    ] == [claim.text for claim in ownership.claims]


def test_the_timeline_goes_by_time() -> None:
    """Changes, first alerts, the first packet, resolutions; each but the packet with its evidence."""
    ended = Sent(alert("payment", start=FIRST, status="resolved"), 170)
    timeline = last_packet(turned_on(40), fires(), ended).timeline
    assert ["flag", "alert", "packet", "resolved"] == [moment.kind for moment in timeline]
    assert sorted(moment.at for moment in timeline) == [moment.at for moment in timeline]
    assert [1, 1, 0, 1] == [len(moment.evidence) for moment in timeline]


def test_the_draft_says_what_the_packet_says() -> None:
    """Symptom, suspicion without a verdict, what is proposed, owner."""
    packet = last_packet(*payment_incident())
    proposal = short_id(packet.candidate.proposals[0].proposal_id, "P")
    assert [
        "Since 03:01 UTC payment and 2 more services are failing in production.",
        "The suspected cause is: flag express off -> on. Nobody has confirmed it.",
        f"{proposal} proposes to revert flag/express; nothing has been done.",
        "team-payment owns payment.",
    ] == [sentence.text for sentence in packet.draft]


def test_the_draft_says_that_the_cause_is_not_known() -> None:
    """Rather than nothing."""
    assert (
        "No recorded change explains it so far; the cause is not known." == last_packet(fires()).draft[1].text
    )


@pytest.mark.parametrize(
    "sent", [payment_incident(), (fires(),), (fires(None),), (turned_on(40, None), fires())]
)
def test_draft_sentences_cite_only_what_the_claims_cite(sent: tuple[Sent, ...]) -> None:
    """A draft adds no fact."""
    packet = last_packet(*sent)
    made = (*packet.draft, *packet.words())
    claims = {e for claim in packet.claims() if claim not in made for e in claim.evidence}
    assert {e for sentence in packet.draft for e in sentence.evidence} <= claims


def _originals(world: World, packet: Packet, claim: Claim) -> str:
    """The originals that a claim cites, one after the other."""
    cited = [evidence for evidence in packet.evidence if evidence.id in claim.evidence]
    found = [decode(e.topic, world.topics[e.topic][e.offset].value) for e in cited]
    return "\n".join(original_text(m) for m in found if isinstance(m, Alert | Change | Entity))


@pytest.mark.parametrize(
    "sent",
    [
        payment_incident(),
        (fires(None),),
        (turned_on(40, None), fires()),
        (fires(), Sent(alert("payment", start=FIRST, status="resolved"), 170)),
        (
            Sent(alert("payment", start=900_000), FIRST),
            *(fires("checkout", 101 + n, f"R{n}") for n in range(4)),
        ),
    ],
    ids=["incident", "no service", "no service of the change", "resolved", "start in the future"],
)
def test_every_claim_cites_originals_that_contain_what_it_states(sent: tuple[Sent, ...]) -> None:
    """In every revision; this is the promise that a packet makes."""
    world = shop(*sent)
    for packet in world.packets():
        for claim in packet.claims():
            originals = _originals(world, packet, claim)
            assert [] == [value for value in claim.values if value not in originals]


def test_a_claim_without_evidence_cannot_be_built() -> None:
    """The model itself refuses it."""
    with pytest.raises(ValidationError, match="at least 1 item"):
        Claim(text="all is well", evidence=())


def _rebuilt(packet: Packet, **other: object) -> Packet:
    return Packet.model_validate({**packet.model_dump(), **other})


def test_a_packet_with_a_claim_whose_evidence_is_not_listed_cannot_be_built() -> None:
    """Whichever section it stands in."""
    made_up = Claim(text="all is well", evidence=("e99",)).model_dump()
    with pytest.raises(ValidationError, match="does not list: e99"):
        _rebuilt(last_packet(fires()), draft=(made_up,))


def test_a_packet_with_a_moment_whose_evidence_is_not_listed_cannot_be_built() -> None:
    """The time line is held to the same."""
    made_up = Moment(at=at(0), kind="alert", text="it began", evidence=("e99",)).model_dump()
    with pytest.raises(ValidationError, match="does not list: e99"):
        _rebuilt(last_packet(fires()), timeline=(made_up,))


def test_a_packet_without_any_evidence_cannot_be_built() -> None:
    """There is always the first alert."""
    with pytest.raises(ValidationError, match="evidence"):
        _rebuilt(last_packet(fires()), evidence=())
