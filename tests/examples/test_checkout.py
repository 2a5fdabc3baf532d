"""The recorded incident of the demo: the committed file is current, and what is to be found in it is found."""

from collections.abc import Iterable
from functools import cache

import orjson

from cli.inprocess import InProcess
from examples.make_checkout import TARGET, recording, story
from schemas.claims import Evidence
from schemas.codec import decode
from schemas.events import Alert, Change, Entity
from schemas.packets import Candidate, Packet, Proposal
from schemas.settings import Settings
from schemas.times import clock_text, parse_time
from sinks.proof import unproven
from sources.recording import deliveries, script
from streams.cause import Output
from streams.evidence import original_hash, original_text
from streams.export import export

CATALOG = TARGET.parent / "catalog.yaml"
FLAG = "flagd:instant-capture@2026-11-17T18:52:10.406Z"


@cache
def _run() -> tuple[InProcess, tuple[Output, ...]]:
    run = InProcess("replay-checkout", Settings(), "test")
    return run, tuple(run.run(script(deliveries(TARGET), CATALOG)))


def _packets() -> list[Packet]:
    return [output.message for output in _run()[1] if isinstance(output.message, Packet)]


def _final() -> list[Packet]:
    """The last packet of each candidate, the first to open first."""
    last = {packet.candidate.candidate_id: packet for packet in _packets()}
    return sorted(last.values(), key=lambda packet: packet.candidate.opened_at)


def _references(packets: Iterable[Packet]) -> list[str | None]:
    return [packet.candidate.suspects[0].source_ref for packet in packets]


def test_the_committed_recording_is_current() -> None:
    """It should be what its maker writes; `python -m examples.make_checkout` makes it so."""
    assert TARGET.read_text("utf-8") == recording(story())


def test_the_readme_counts_the_deliveries() -> None:
    """The number in the README should be that of the lines."""
    readme = (TARGET.parent / "README.md").read_text("utf-8")
    assert f"{len(list(deliveries(TARGET)))} deliveries" in readme


def test_every_delivery_is_understood_and_one_catalog_entry_is_not() -> None:
    """The nameless entry should be the only dead letter, and every other document should be an entry."""
    run, _ = _run()
    assert 1 == run.dead_letters
    catalog = CATALOG.read_text("utf-8")
    documents = sum(catalog.count(start) for start in ("\nkind: ", "\nrota: ", "\nrunbooks:"))
    assert documents - 1 == sum(1 for record in run.topics["catalog"] if record.value != b"\0")


def test_two_incidents_at_the_same_time_stay_two() -> None:
    """The parcels have no path to the shop, so they should be a candidate of their own, and nothing else be one."""
    services = [{member.service for member in packet.candidate.members} for packet in _final()]
    assert [
        {"payments", "checkout", "storefront", "mobile-api"},
        {"carrier-feed", "parcel-tracker"},
    ] == services
    lines = export(o.message for o in _run()[1] if isinstance(o.message, Candidate)).splitlines()
    assert 2 == len(lines)


def test_the_guilty_flag_is_on_top_by_a_clear_margin() -> None:
    """Turning the flag on should have at least half as much belief again as what comes next."""
    first, second, *_ = _final()[0].candidate.suspects
    assert first.source_ref == FLAG
    assert first.score > 1.5 * second.score


def test_root_and_owner_of_both_are_right() -> None:
    """What the others need should stand first, and its owner should be routed to."""
    found = [(p.candidate.root_services[0], p.candidate.owner) for p in _final()]
    assert [("payments", "team-payments"), ("carrier-feed", "team-parcels")] == found


def test_the_second_incident_says_that_no_recorded_change_is_to_blame() -> None:
    """A failed deploy and a change downstream should not be blamed for a carrier that fell silent."""
    assert None is _final()[1].candidate.suspects[0].source_ref
    assert "no recorded change is to blame" == _final()[1].hypotheses[0].title


def test_the_first_packet_leaves_before_the_flag_has_arrived_and_the_next_ones_name_it() -> None:
    """The late change should move to the top as soon as it is there."""
    named = _references(p for p in _packets() if p.candidate.root_services[0] == "payments")
    assert None is named[0]
    assert [FLAG] * 3 == named[-3:]


def test_one_revert_is_proposed_while_the_flag_is_on() -> None:
    """Turning the flag off again should be the only proposal, made before a person does it."""
    proposals = [output.message for output in _run()[1] if isinstance(output.message, Proposal)]
    assert [("revert_flag", "flag/instant-capture", "off")] == [(p.action, p.target, p.to) for p in proposals]
    assert parse_time("2026-11-17T18:53:49Z") < proposals[0].proposed_at < parse_time("2026-11-17T19:00:40Z")


def test_both_incidents_settle_and_end_resolved() -> None:
    """Every alert resolves, so the last packets should say so."""
    assert [("settled", "resolved")] * 2 == [(p.candidate.phase, p.candidate.state) for p in _final()]


def test_values_are_what_the_alerts_state() -> None:
    """A packet should show the number in the annotation, and the original that it cites should contain it."""
    line = _final()[0].failing[0]
    assert ("payments", "5xx 31 % of requests", "18:53:07") == (
        line.service,
        line.value,
        clock_text(line.since),
    )
    cited = next(e for e in _final()[0].evidence if e.id == line.claim.evidence[0])
    assert b"5xx 31 % of requests" in (_run()[0].topics["alerts"][cited.offset].value or b"")


def test_every_claim_of_every_packet_stands_in_the_originals_that_it_cites() -> None:
    """Read through the real adapters, in every revision."""
    run, _ = _run()
    for packet in _packets():
        originals = {e.id: _original(run, e) for e in packet.evidence}
        for claim in packet.claims():
            assert () == unproven(claim.values, [originals[e] for e in claim.evidence])


def _original(run: InProcess, evidence: Evidence) -> str:
    message = decode(evidence.topic, run.topics[evidence.topic][evidence.offset].value)
    assert isinstance(message, Alert | Change | Entity)
    assert evidence.content_hash == original_hash(message)
    return original_text(message)


def test_gaps_are_said() -> None:
    """The alert without an environment should be an unknown; a secret of another namespace is no suspect at all."""
    assert "no_environment" in {unknown.code for unknown in _final()[0].unknowns}
    assert "config/secrets/letters/newsletter-smtp" not in {h.target for h in _final()[0].hypotheses}
    assert "no_environment" not in {unknown.code for unknown in _final()[1].unknowns}


def test_the_recording_holds_what_it_promises() -> None:
    """Doubles, late arrivals, nine fraction digits, a body-less secret: all that makes it worth replaying."""
    told = list(deliveries(TARGET))
    text = TARGET.read_text("utf-8")
    assert {"alertmanager", "github", "flagd", "kubernetes-audit"} == {delivery.source for delivery in told}
    assert 40 <= len(told) <= 60
    assert 20 * 60 <= (told[-1].received_at - told[0].received_at) / 1e6 <= 30 * 60
    assert '"startsAt":"2026-11-17T18:53:07.318442907Z"' in text
    secret = next(orjson.loads(line)["body"] for line in text.splitlines() if '"secrets"' in line)
    assert "requestObject" not in secret
