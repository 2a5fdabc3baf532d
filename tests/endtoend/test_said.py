"""What a person says, through the whole system on real Kafka: into the packet, the tables and the audit log."""

from pathlib import Path

import httpx

from cli.home_tokens import PAGE, token_of
from local.home import Home
from schemas.audit import AuditEntry, AuditRecord
from schemas.codec import decode
from schemas.packets import Candidate, Packet
from sources.recording import deliveries, script
from tests.endtoend.whole import EXAMPLE, Whole
from tests.facts import eventually
from wire.follow import following

_TENANT = "replay-said"
_SETTLE_S = 90.0


def _latest(whole: Whole, title: str = "payments") -> Packet:
    """The latest packet of the one incident that the title names; another of the recording has packets, too."""
    packets = [m for m in whole.messages("context-packets", _TENANT) if isinstance(m, Packet)]
    ours = [packet for packet in packets if packet.candidate.title.startswith(title)]
    return max(ours, key=lambda packet: packet.candidate.revision.number)


def _say(whole: Whole, token: str, **said: str) -> httpx.Response:
    return httpx.post(
        f"{whole.status.gateway}/t/{_TENANT}/v1/feedback",
        json=said,
        headers={"authorization": f"Bearer {token}"},
    )


def _decisions(whole: Whole, feedback: str) -> list[tuple[str, str]]:
    with following(whole.status.bootstrap, "audit") as follower:
        lines = [decode("audit", value) for value in follower.rest()]
    entries = [decode("audit-entries", line.entry) for line in lines if isinstance(line, AuditRecord)]
    ours = [e for e in entries if isinstance(e, AuditEntry) and e.details.get("feedback") == feedback]
    return [(entry.decision, entry.actor) for entry in ours]


def test_what_a_person_says_is_in_the_next_packet_proven_and_on_record_before_and_after(whole: Whole) -> None:
    """With its evidence in the tables; the intent stands before what was heard; said twice, it counts once."""
    whole.send(script(deliveries(EXAMPLE / "events.jsonl"), EXAMPLE / "catalog.yaml"), _TENANT)
    eventually(lambda: _latest(whole).candidate.phase == "settled", _SETTLE_S, "the incident is settled")
    incident: Candidate = _latest(whole).candidate
    token = token_of(Home(Path(whole.home)), PAGE)
    said = {"kind": "hand_over", "candidate_id": incident.candidate_id, "environment": incident.environment}
    answers = [_say(whole, token, id="once", team="team-network", **said) for _ in range(2)]
    assert [202, 202] == [answer.status_code for answer in answers]
    feedback = answers[0].json()["feedback_id"]
    eventually(lambda: _latest(whole).candidate.owner == "team-network", _SETTLE_S, "the owner is another")
    assert [feedback] == [heard.feedback_id for heard in _latest(whole).feedback]
    # It may be heard before it is said again; the intent of the first time stands before either.
    eventually(lambda: len(_decisions(whole, feedback)) == 3, _SETTLE_S, "all of it is on record")
    first, *others = _decisions(whole, feedback)
    assert ("told", "local") == first
    assert [("heard", "correlator"), ("told", "local")] == sorted(others)
    kept = "select count(*) from claims where tenant = ? and proven and text like '%handed it over%'"
    eventually(lambda: whole.rows(kept, _TENANT)[0][0], _SETTLE_S, "the claim is stored, and proven")
