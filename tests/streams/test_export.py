"""The export of final candidates: what replays are compared and scored by."""

import orjson

from schemas.packets import Candidate
from streams.export import export
from tests.streams.world import Sent, World, alert, change, entity, shop


def _lines(world: World) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in _exported(world).splitlines()]


def _exported(world: World) -> bytes:
    return export(output.message for output in world.outputs if isinstance(output.message, Candidate))


def _incident() -> World:
    flag = change("flag", "express", when=40, service="payment", before="off", after="on")
    return shop(
        Sent(flag, 45), Sent(alert("payment", start=100.000001), 101), Sent(alert("checkout", start=130), 131)
    )


def test_a_candidate_is_a_line_with_what_is_scored() -> None:
    """Alerts, suspects, roots, owner, proposals and unknowns in its final state."""
    [line] = _lines(_incident())
    assert ["2026-02-03T03:01:40.000001Z", "2026-02-03T03:02:10Z"] == [
        told["starts_at"] for told in orjson.loads(orjson.dumps(line["alerts"]))
    ]
    assert ("2026-02-03T03:01:40.000001Z", ["payment", "checkout"], "team-payment") == (
        line["opened_at"],
        line["root_services"],
        line["owner"],
    )
    assert [{"action": "revert_flag", "target": "flag/express"}] == line["proposals"]


def test_suspects_are_ranked_and_none_is_no_change() -> None:
    """Scores sum to one."""
    [line] = _lines(_incident())
    suspects = orjson.loads(orjson.dumps(line["suspects"]))
    assert ["test:flag/express@2026-02-03T03:00:40Z", None] == [s["source_ref"] for s in suspects]
    assert 1.0 == round(sum(s["score"] for s in suspects), 5)


def test_only_the_last_revision_of_a_candidate_counts() -> None:
    """However many were cut."""
    world = _incident()
    assert len([o for o in world.outputs if isinstance(o.message, Candidate)]) > 1
    assert 1 == len(_lines(world))


def test_what_was_merged_is_left_out() -> None:
    """Its alerts are in the one that survived."""
    world = shop(Sent(entity("desk", "payment", "ledger"), 0), ended=False)
    for service, start in (("payment", 100), ("ledger", 110), ("desk", 120)):
        world.send([Sent(alert(service, start=start), start)])
    world.tick(None)
    [line] = _lines(world)
    assert 3 == len(orjson.loads(orjson.dumps(line["alerts"])))


def test_lines_stand_in_the_order_of_opening() -> None:
    """Not of arrival."""
    world = shop(Sent(alert("ledger", start=200), 201), Sent(alert("payment", start=100), 202))
    assert [["payment"], ["ledger"]] == [line["root_services"] for line in _lines(world)]


def test_an_export_says_nothing_of_the_way_that_the_log_took() -> None:
    """No offsets, revisions or ingest times: another order of arrival exports the same bytes."""
    sent = [Sent(alert(service, start=100), at) for service, at in (("payment", 101), ("checkout", 102))]
    assert _exported(shop(*sent)) == _exported(shop(*reversed(sent)))
    assert not {"revision", "number", "offset", "ingested_at"} & set(_lines(shop(*sent))[0])


def test_gaps_of_transport_are_left_out() -> None:
    """That an input lagged says nothing of the incident; everything else that is not known stays."""
    world = World(tenant="default")
    world.tick(0)
    for topic in ("alerts", "deploys", "configs", "catalog"):
        world.tick(40, only=topic)
    world.send([Sent(alert("payment", start=40), 40)])
    [candidate] = world.candidates().values()
    assert "input_behind" in candidate.unknowns
    [line] = _lines(world)
    assert [code for code in candidate.unknowns if code != "input_behind"] == line["unknowns"]


def test_no_candidates_are_no_lines() -> None:
    """An empty export is an empty file."""
    assert b"" == _exported(shop())
