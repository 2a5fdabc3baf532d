"""The whole system on real Kafka: the same recording gives the same answer, whatever happens on the way."""

import random

import httpx

from schemas.audit import AuditEntry
from schemas.packets import Packet
from sources.recording import Delivery, Tick, deliveries, script
from streams.cause import Output
from tests.endtoend.whole import EXAMPLE, Whole, exported
from tests.facts import eventually

_SETTLE_S = 60.0


def _script() -> list[Delivery | Tick]:
    return list(script(deliveries(EXAMPLE / "events.jsonl"), EXAMPLE / "catalog.yaml"))


def _decided(outputs: list[Output]) -> set[str]:
    return {o.message.decision_id for o in outputs if isinstance(o.message, AuditEntry)}


def _replayed(whole: Whole, steps: list[Delivery | Tick], tenant: str) -> None:
    """Sends the steps, and waits until as many decisions are on record as the same steps give in one process."""
    expected = _decided(whole.in_process(_script(), tenant))
    whole.send(steps, tenant)
    eventually(
        lambda: expected <= set(whole.decisions(tenant)),
        _SETTLE_S,
        f"every decision of {tenant} is on record",
    )


def test_a_recording_through_kafka_gives_the_same_candidates_and_decisions_as_in_one_process(
    whole: Whole,
) -> None:
    """The export should be equal byte for byte, and every decision should be on record exactly once."""
    outputs = whole.in_process(_script(), "replay-plain")
    _replayed(whole, _script(), "replay-plain")
    assert exported(o.message for o in outputs) == whole.export("replay-plain")
    decisions = whole.decisions("replay-plain")
    assert _decided(outputs) == set(decisions)
    assert len(set(decisions)) == len(decisions)


def test_deliveries_in_another_order_give_the_same_candidates(whole: Whole) -> None:
    """Each delivery keeps the time at which it was received, so the order in which they are sent should not matter."""
    catalog, *rest = [step for step in _script() if isinstance(step, Delivery)]
    random.Random(7).shuffle(rest)  # noqa: S311 - a fixed order, not a secret
    end = _script()[-1]
    whole.send([catalog, *rest, end], "replay-shuffled")
    expected = exported(o.message for o in whole.in_process(_script(), "replay-shuffled"))
    eventually(
        lambda: whole.export("replay-shuffled") == expected, _SETTLE_S, "the same export in another order"
    )


def test_workers_auditor_and_sink_killed_in_the_middle_change_nothing(whole: Whole) -> None:
    """Kill -9 of every kind of process while a recording comes through should lose nothing and do nothing twice."""
    steps = _script()
    third = len(steps) // 3
    whole.send(steps[:third], "replay-killed")
    whole.kill("worker-1")
    whole.send(steps[third : 2 * third], "replay-killed")
    whole.kill("worker-2")
    whole.kill("auditor")
    whole.kill("sink")
    outputs = whole.in_process(_script(), "replay-killed")
    _replayed(whole, steps[2 * third :], "replay-killed")
    assert exported(o.message for o in outputs) == whole.export("replay-killed")
    decisions = whole.decisions("replay-killed")
    assert sorted(_decided(outputs)) == sorted(decisions)


def test_every_claim_of_every_stored_packet_is_proven_by_its_stored_originals(whole: Whole) -> None:
    """The tables should hold each packet with originals of the right hash that contain every claimed value."""
    _replayed(whole, _script(), "replay-proven")
    packets = [m for m in whole.messages("context-packets", "replay-proven") if isinstance(m, Packet)]
    stored = "select count(*) from packets where tenant = ?"
    eventually(
        lambda: (
            whole.rows(stored, "replay-proven")[0][0]
            == len({p.candidate.revision.revision_id for p in packets})
        ),
        _SETTLE_S,
        "every packet is stored",
    )
    unproven = "select text, unproven from claims where tenant = ? and not proven"
    assert whole.rows(unproven, "replay-proven") == []
    missing = "select evidence_id, missing from evidence where tenant = ? and not verified"
    assert whole.rows(missing, "replay-proven") == []
    assert whole.rows("select count(*) from claims where tenant = ?", "replay-proven")[0][0]


def test_what_cannot_be_understood_is_in_the_tables_with_its_reason(whole: Whole) -> None:
    """A delivery that is no JSON should be refused with 400, and be kept with the reason."""
    refused = httpx.post(f"{whole.status.gateway}/v1/alertmanager", content=b"{no json")
    assert refused.status_code == httpx.codes.BAD_REQUEST
    kept = "select reason from dead_letters where source = 'alertmanager'"
    eventually(lambda: ("not_json",) in whole.rows(kept), _SETTLE_S, "the letter is stored")
