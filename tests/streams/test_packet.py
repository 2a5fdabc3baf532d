"""The context packet: what stands in each section, and that nothing stands there without evidence."""

import pytest
from pydantic import ValidationError

from schemas.codec import decode
from schemas.events import Alert, Change, Entity
from schemas.packets import Check, Claim, Hypothesis, Moment, Packet, Proposal
from schemas.settings import CorrelationSettings, Settings
from streams.evidence import original_text
from tests.streams.world import SHOP, Sent, World, alert, at, change, entity, shop

_FIRST = 100.0


def _fires(service: str | None = "payment", start: float = _FIRST, name: str = "HighErrorRate") -> Sent:
    return Sent(alert(service, name, start=start), start)


def _changed(made: Change, received: float | None = None) -> Sent:
    return Sent(made, (made.effective_at - at(0)) / 1e6 if received is None else received)


def _flag(when: float, service: str | None = "payment", what: str = "express") -> Sent:
    return _changed(change("flag", what, when=when, service=service, before="off", after="on"))


def _last(*sent: Sent, settings: Settings | None = None) -> Packet:
    return shop(*sent, settings=settings).packets()[-1]


def _incident() -> tuple[Sent, ...]:
    """A flag on payment, then payment, checkout and frontend fail; something else changes at the ledger."""
    return (
        _changed(change("deploy", "books", when=30, service="ledger")),
        _flag(40),
        _fires(),
        _fires("checkout", 130),
        _fires("frontend", 160, "Latency"),
    )


def test_a_packet_has_all_its_sections() -> None:
    """What is failing, what changed, why, who, what is proposed, what is not known, when, and a draft."""
    packet = _last(*_incident())
    assert ["payment", "checkout", "frontend"] == [line.service for line in packet.failing]
    assert ("payment", "checkout", "frontend") == packet.radius.services
    assert (["flag/express"], 1) == ([line.target for line in packet.changes], packet.changes_elsewhere)
    assert [1, 2] == [hypothesis.rank for hypothesis in packet.hypotheses]
    assert ("team-payment", "payment") == (packet.ownership.owner, packet.ownership.service)
    assert ["flag/express"] == [proposal.target for proposal in packet.candidate.proposals]
    assert packet.unknowns
    assert ["flag", "alert", "packet", "alert", "alert"] == [moment.kind for moment in packet.timeline]
    assert 3 == len(packet.draft)


def test_the_title_names_the_first_service_and_counts_the_others() -> None:
    """In the words of the scope."""
    assert "payment and 2 more services failing in production" == _last(*_incident()).candidate.title
    assert "payment failing in production" == _last(_fires()).candidate.title


def test_the_title_of_alerts_without_a_service_names_the_rule() -> None:
    """There is nothing else."""
    assert "DiskFull failing in production" == _last(_fires(None, name="DiskFull")).candidate.title


def test_the_title_says_when_all_is_over() -> None:
    """Recovered, once every alert has resolved."""
    ended = Sent(alert("payment", start=_FIRST, status="resolved"), 170)
    assert "payment recovered in production" == _last(_fires(), ended).candidate.title


def test_a_failing_line_counts_alerts_and_repeats_of_its_kind() -> None:
    """Two alerts of one rule on one service, one of them told twice; the higher severity counts."""
    other = alert("payment", start=_FIRST + 1, fingerprint="other", severity="warning")
    [line] = _last(_fires(), Sent(other, 101), Sent(other, 170)).failing
    assert (2, 1, "critical", at(_FIRST), True) == (
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
    [line] = _last(Sent(alert("payment", start=_FIRST).model_copy(update=told), _FIRST)).failing
    assert shown == line.value


def test_failing_lines_stand_in_the_order_of_what_began_first() -> None:
    """A start in the future counts as its ingest time there, too."""
    odd = Sent(alert("checkout", "Odd", start=900_000), 120)
    assert ["payment", "checkout", "frontend"] == [
        line.service for line in _last(_fires(), odd, _fires("frontend", 160)).failing
    ]


def test_failing_lines_are_thirty_at_most_and_the_first_is_among_them() -> None:
    """The counts of the candidate are of everything."""
    packet = _last(*(_fires(start=_FIRST + n, name=f"Rule{n:02d}") for n in range(35, -1, -1)))
    assert (30, 36) == (len(packet.failing), len(packet.candidate.members))
    assert "Rule00" == packet.failing[0].alert


def test_the_radius_shows_who_needs_whom_among_what_fails() -> None:
    """The root first; edges between what alerts, none to what is quiet."""
    edges = [(edge.service, edge.needs) for edge in _last(*_incident()).radius.edges]
    assert [("checkout", "payment"), ("frontend", "checkout")] == edges


def test_callers_of_the_root_that_raise_no_alert_are_named() -> None:
    """They should fail too if the root is the root; that they do not is worth knowing."""
    packet = _last(_fires("cart"))
    assert ("checkout", "frontend") == packet.radius.quiet
    assert "checkout needs cart and raises no alert" == packet.radius.claims[0].text


def test_changes_are_shown_latest_first_with_how_long_before() -> None:
    """Who did what, from what to what, and how long before the first alert."""
    packet = _last(_flag(40, what="a"), _flag(70, what="b"), _fires())
    assert [("flag/b", 30.0), ("flag/a", 60.0)] == [(line.target, line.lead_s) for line in packet.changes]
    line = packet.changes[0]
    assert ("off", "on", "d.ito", ("payment",)) == (line.before, line.after, line.actor, line.services)
    assert "flag b off -> on at 03:01:10, 30 s before" == line.claim.text


def test_a_change_after_the_first_alert_says_so() -> None:
    """It is shown, with a negative lead."""
    [line] = _last(_fires(), _flag(300)).changes
    assert (-200.0, True) == (line.lead_s, line.claim.text.endswith("3 min after"))


def test_a_lead_is_measured_from_the_onset_that_windows_use() -> None:
    """A start in the future counts as its ingest time, also in what is said of a change before it."""
    [line] = _last(_flag(70), Sent(alert("payment", start=900_000), _FIRST)).changes
    assert (30.0, True) == (line.lead_s, line.claim.text.endswith("30 s before"))
    packet = _last(_flag(70), Sent(alert("payment", start=900_000), _FIRST))
    assert "30 s before the first alert" == packet.hypotheses[0].claims_for[0].text


def test_changes_that_are_not_shown_are_counted() -> None:
    """Ten lines, the likeliest; the rest is a number."""
    packet = _last(*(_flag(40 + n, what=f"f{n}") for n in range(14)), _fires())
    assert (10, 4) == (len(packet.changes), packet.changes_unshown)


def test_no_change_is_among_the_hypotheses_however_many_suspects_there_are() -> None:
    """Five are shown, and one of them is that nothing recorded is to blame."""
    hypotheses = _last(*(_flag(90 + n, what=f"f{n}") for n in range(9)), _fires()).hypotheses
    assert 5 == len(hypotheses)
    assert [None] == [h.source_ref for h in hypotheses if h.kind == "none"]
    assert sum(h.confidence for h in hypotheses) == pytest.approx(1.0, abs=0.001)


def test_a_candidate_names_fifty_suspects_at_most_no_change_among_them() -> None:
    """Changes that nothing ties to a service are suspects of everything; a record has a size."""
    suspects = _last(*(_flag(n, None, f"f{n}") for n in range(60)), _fires()).candidate.suspects
    assert (50, 1) == (len(suspects), sum(suspect.source_ref is None for suspect in suspects))


def _top(*sent: Sent) -> Hypothesis:
    return _last(*sent).hypotheses[0]


def test_a_suspect_says_what_speaks_for_it() -> None:
    """How long before, that it is on what fails, and who needs that."""
    assert [
        "60 s before the first alert",
        "on payment itself, which alerts",
        "checkout and frontend depend on payment",
    ] == [claim.text for claim in _top(*_incident()).claims_for]


def test_a_suspect_says_what_speaks_against_it() -> None:
    """Nothing ties the flag to a service; and one on a quiet service has no alert of its own."""
    assert ["nothing ties it to a service that alerts"] == [
        claim.text for h in _last(_flag(40, None), _fires()).hypotheses for claim in h.claims_against
    ]
    assert "payment itself raises no alert" == _top(_flag(40), _fires("checkout")).claims_against[0].text


def test_no_change_says_how_many_were_looked_at() -> None:
    """Changes elsewhere do not touch what fails."""
    assert "none of the 1 changes near the onset touches what fails" in [
        claim.text for claim in _top(_flag(40, "ledger"), _fires()).claims_for
    ]
    assert "no change near the onset touches what fails" in [
        claim.text for claim in _top(_fires()).claims_for
    ]


@pytest.mark.parametrize(
    ("sent", "question"),
    [
        (_flag(40), "Is the error rate of payment the same for requests where express is off?"),
        (
            _changed(change("deploy", "payment", when=40, service="payment", before="v1")),
            "Do instances of payment still on v1 fail as well?",
        ),
        (
            _changed(change("config", "limits", when=90, service="payment")),
            "Does payment recover where config/configmaps/shop/limits has its value from before?",
        ),
    ],
)
def test_each_hypothesis_has_a_check_that_tells_it_apart(sent: Sent, question: str) -> None:
    """A read-only question, and what either answer would mean."""
    check = _top(sent, _fires()).check
    assert isinstance(check, Check)
    assert (question, True) == (check.question, bool(check.if_true and check.if_false))


def test_the_check_of_no_change_asks_what_else_moved() -> None:
    """Or, where there is a suspect, whether it failed before that."""
    alone, second = _top(_fires()).check, _last(_flag(40), _fires()).hypotheses[1].check
    assert alone is not None
    assert second is not None
    assert "Did load, a dependency or the platform of payment change at 03:01:40?" == alone.question
    assert "Did payment err before 03:00:40?" == second.question


def _proposal(made: Change, *sent: Sent) -> Proposal:
    [proposal] = _last(_changed(made), _fires(), *sent).candidate.proposals
    return proposal


@pytest.mark.parametrize(
    ("made", "action", "target"),
    [
        (change("flag", "express", when=70, service="payment"), "revert_flag", "flag/express"),
        (change("deploy", "pay-api", when=70, service="payment"), "rollback_deployment", "service/payment"),
        (
            change("config", "limits", when=90, service="payment"),
            "revert_config",
            "config/configmaps/shop/limits",
        ),
    ],
    ids=["flag", "deploy", "config"],
)
def test_a_proposal_takes_the_suspected_change_back(made: Change, action: str, target: str) -> None:
    """With the value to go back to, how that is undone, and what shows whether it helped."""
    proposal = _proposal(made)
    assert (action, target, "old", "B") == (proposal.action, proposal.target, proposal.to, proposal.tier)
    assert f"set {target} back to new" == proposal.rollback
    assert "HighErrorRate on payment resolve and stay resolved for 3 min" == proposal.verification


def test_a_proposal_for_the_whole_cluster_is_of_high_impact() -> None:
    """An object without a namespace belongs to everybody."""
    made = change("config", "limits", when=90, service="payment")
    wide = made.model_copy(update={"target": "config/clusterroles//admin"})
    assert "C" == _proposal(wide).tier


def test_a_proposal_that_was_overtaken_says_so() -> None:
    """The flag was turned off by hand; the proposal stays in sight with what has happened since."""
    made = change("flag", "express", when=70, service="payment", before="off", after="on")
    back = change("flag", "express", when=300, service="payment", before="on", after="off")
    overtaken = _proposal(made, _changed(back)).overtaken
    assert overtaken is not None
    assert "flag express on -> off at 03:05:00 has undone it already" == overtaken.text


def test_a_weak_suspect_is_not_acted_on() -> None:
    """Belief below the setting proposes nothing."""
    assert () == _last(_flag(-1200), _fires()).candidate.proposals


def test_ownership_says_how_it_was_found() -> None:
    """By the catalog entry, which is cited, with the runbook where the entry has one."""
    booked = SHOP[2].model_copy(
        update={
            "runbook": "https://runbooks.example/payment",
            "original": '{"name":"payment","owner":"team-payment","runbook":"https://runbooks.example/payment"}',
        }
    )
    ownership = _last(Sent(booked, 1), _fires()).ownership
    assert "the catalog entry of the suspected root" == ownership.how
    assert ["payment is owned by team-payment", "the runbook is https://runbooks.example/payment"] == [
        claim.text for claim in ownership.claims
    ]


def test_the_timeline_goes_by_time() -> None:
    """Changes, first alerts, the first packet, resolutions; each but the packet with its evidence."""
    ended = Sent(alert("payment", start=_FIRST, status="resolved"), 170)
    timeline = _last(_flag(40), _fires(), ended).timeline
    assert ["flag", "alert", "packet", "resolved"] == [moment.kind for moment in timeline]
    assert sorted(moment.at for moment in timeline) == [moment.at for moment in timeline]
    assert [1, 1, 0, 1] == [len(moment.evidence) for moment in timeline]


def test_the_draft_says_what_the_packet_says() -> None:
    """Symptom, suspicion without a verdict, owner."""
    assert [
        "Since 03:01 UTC payment and 2 more services failing in production.",
        "The suspected cause is: flag express off -> on. Nobody has confirmed it.",
        "team-payment owns payment.",
    ] == [sentence.text for sentence in _last(*_incident()).draft]


def test_the_draft_says_that_the_cause_is_not_known() -> None:
    """Rather than nothing."""
    assert "No recorded change explains it so far; the cause is not known." == _last(_fires()).draft[1].text


@pytest.mark.parametrize("sent", [_incident(), (_fires(),), (_fires(None),), (_flag(40, None), _fires())])
def test_draft_sentences_cite_only_what_the_claims_cite(sent: tuple[Sent, ...]) -> None:
    """A draft adds no fact."""
    packet = _last(*sent)
    claims = {e for claim in packet.claims() if claim not in packet.draft for e in claim.evidence}
    assert {e for sentence in packet.draft for e in sentence.evidence} <= claims


def _originals(world: World, packet: Packet, claim: Claim) -> str:
    """The originals that a claim cites, one after the other."""
    cited = [evidence for evidence in packet.evidence if evidence.id in claim.evidence]
    found = [decode(e.topic, world.topics[e.topic][e.offset].value) for e in cited]
    return "\n".join(original_text(m) for m in found if isinstance(m, Alert | Change | Entity))


@pytest.mark.parametrize(
    "sent",
    [
        _incident(),
        (_fires(None),),
        (_flag(40, None), _fires()),
        (_fires(), Sent(alert("payment", start=_FIRST, status="resolved"), 170)),
        (
            Sent(alert("payment", start=900_000), _FIRST),
            *(_fires("checkout", 101 + n, f"R{n}") for n in range(4)),
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
        _rebuilt(_last(_fires()), draft=(made_up,))


def test_a_packet_with_a_moment_whose_evidence_is_not_listed_cannot_be_built() -> None:
    """The time line is held to the same."""
    made_up = Moment(at=at(0), kind="alert", text="it began", evidence=("e99",)).model_dump()
    with pytest.raises(ValidationError, match="does not list: e99"):
        _rebuilt(_last(_fires()), timeline=(made_up,))


def test_a_packet_without_any_evidence_cannot_be_built() -> None:
    """There is always the first alert."""
    with pytest.raises(ValidationError, match="evidence"):
        _rebuilt(_last(_fires()), evidence=())


def _unowned(name: str) -> Sent:
    return Sent(entity(name).model_copy(update={"owner": None}), 0)


_FEEDS = (
    _changed(change("deploy", "books", when=0, service="ledger")),
    _changed(change("flag", "books", when=0, service="ledger")),
    _changed(change("config", "books", when=0, service="ledger")),
)
_ALWAYS = ["no_metrics", "no_logs", "no_traces", "no_rota"]
_BOOKED = Sent(SHOP[2].model_copy(update={"runbook": "https://runbooks.example/payment"}), 1)
_FORGED = alert("payment", start=_FIRST)


@pytest.mark.parametrize(
    ("code", "subject", "sent"),
    [
        ("no_service", "HighErrorRate", (_fires(None),)),
        ("not_in_catalog", "unheard-of", (_fires("unheard-of"),)),
        ("no_dependencies", "alone", (Sent(entity("alone"), 0), _fires("alone"))),
        ("no_owner", "alone", (_unowned("alone"), _fires("alone"))),
        ("no_runbook", "payment", (_fires(),)),
        ("no_deploy_feed", "deploy", (*_FEEDS[1:], _fires())),
        ("no_flag_feed", "flag", (_FEEDS[0], _FEEDS[2], _fires())),
        ("no_config_feed", "config", (*_FEEDS[:2], _fires())),
        ("unmapped_change", "flag/express", (_flag(40, None), _fires())),
        (
            "start_in_future",
            _FORGED.fingerprint,
            (Sent(alert("payment", start=900_000), _FIRST),),
        ),
        (
            "no_environment",
            _FORGED.fingerprint,
            (Sent(alert("payment", start=_FIRST, environment=None), _FIRST),),
        ),
        (
            "late",
            _FORGED.fingerprint,
            (Sent(_FORGED.model_copy(update={"notified_at": at(_FIRST)}), _FIRST + 121),),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_gap_is_said_by_its_code(code: str, subject: str, sent: tuple[Sent, ...]) -> None:
    """What it is about and what is missing; the candidate lists the code."""
    packet = _last(*sent)
    assert [subject] == [unknown.subject for unknown in packet.unknowns if unknown.code == code]
    assert code in packet.candidate.unknowns


def test_an_empty_catalog_is_said() -> None:
    """Without it there are no dependencies and no owners, and nobody is said to be missing in it."""
    world = World()
    world.send([_fires()])
    codes = world.packets()[0].candidate.unknowns
    assert "no_catalog" in codes
    assert "not_in_catalog" not in codes


def test_a_replaced_ingest_time_is_said() -> None:
    """Live tenants only: a replay's stamp is its own."""
    world = World(tenant="default")
    world.send([Sent(entity("payment"), 0)])
    world.send([_fires()], stamped=at(_FIRST + 61))
    assert "ingest_replaced" in world.packets()[0].candidate.unknowns


def test_an_input_that_lags_is_said() -> None:
    """Live tenants only, with the input and by how much."""
    world = World(tenant="default")
    world.tick(0)
    for topic in ("alerts", "deploys", "configs", "catalog"):
        world.tick(40, only=topic)
    world.send([_fires(start=40)])
    said = [u for u in world.packets()[0].unknowns if u.code == "input_behind"]
    assert [("flags/0", "Input flags/0 is 40 s behind.")] == [(u.subject, u.text) for u in said]


def test_what_had_to_be_forgotten_is_said() -> None:
    """Too many alerts at once: how many were dropped."""
    settings = Settings(correlation=CorrelationSettings(max_alerts=1))
    packet = _last(_fires(), _fires("ledger", 200), _fires("cart", 300), settings=settings)
    assert "2 older alerts of this scope were dropped: too many at once." in [u.text for u in packet.unknowns]


def test_what_no_source_supplies_is_said_in_every_packet() -> None:
    """Metrics, logs, traces and on-call: until they exist, they are unknown; with all else known, nothing more."""
    assert _ALWAYS == list(_last(_BOOKED, *_FEEDS, _fires()).candidate.unknowns)


def test_a_code_stands_once_in_the_candidate() -> None:
    """However many subjects it has."""
    packet = _last(_fires("unheard-of"), _fires("unheard-of-2"), _fires(None), _fires(None, 101, "Other"))
    assert len(packet.candidate.unknowns) == len(set(packet.candidate.unknowns))
