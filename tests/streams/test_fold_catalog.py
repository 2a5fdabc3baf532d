"""A catalog that changes while incidents are open: entries are in force from their place in the log on."""

from schemas.audit import AuditEntry
from tests.streams.world import SHOP, Sent, World, entity, fires, shop

FIRST = 100.0
"""Start of the first alert, in seconds of the story."""


def _decided(world: World, decision: str) -> list[AuditEntry]:
    entries = [o.message for o in world.outputs if isinstance(o.message, AuditEntry)]
    return [entry for entry in entries if entry.decision == decision]


def test_a_catalog_entry_that_changes_in_the_middle_is_in_force_from_then_on() -> None:
    """Owners and dependencies are those of the entries known at that point of the log."""
    world = shop(fires(), ended=False)
    world.send([Sent(entity("payment", owner="team-new"), FIRST + 10)])
    world.tick(FIRST + 20)
    assert ["team-payment", "team-new"] == [packet.candidate.owner for packet in world.packets()]
    assert ("owner: team-new",) == world.packets()[-1].whats_new


def test_a_catalog_that_is_published_again_as_it_was_changes_nothing() -> None:
    """Scripts publish the whole of it every hour; only what says something else is looked at."""
    world = shop(fires(), ended=False)
    world.tick(FIRST + 200)
    before, [tenant] = len(world.outputs), world.memory.tenants.values()
    version = tenant.version
    world.send([Sent(entry, FIRST + 210) for entry in SHOP])
    world.tick(None)
    assert (before, version) == (len(world.outputs), tenant.version)


def test_a_catalog_that_comes_after_the_alerts_ties_them_together() -> None:
    """Until then they are apart; then the earlier candidate survives, and both say so."""
    world = World()
    world.send([fires(), fires("checkout", FIRST + 1)])
    assert 2 == len(world.candidates())
    world.send([Sent(entity("payment"), FIRST + 2), Sent(entity("checkout", "payment"), FIRST + 2)])
    world.tick(FIRST + 10)
    assert [["checkout", "payment"]] == world.groups()


def test_an_entry_taken_out_of_the_catalog_takes_its_ties_with_it() -> None:
    """What was one candidate by a dependency is two without it."""
    world = shop(fires(), fires("checkout", FIRST + 1), ended=False)
    gone = entity("checkout", "payment", "cart").model_copy(update={"deleted": True})
    world.send([Sent(gone, FIRST + 10)])
    world.tick(FIRST + 20)
    assert [["payment"], ["checkout"]] == world.groups()


def test_what_a_catalog_takes_apart_is_decided_anew() -> None:
    """The part that is split off is opened on record, and both settle."""
    world = shop(fires(), fires("checkout", FIRST + 1), ended=False)
    world.tick(FIRST + 200)
    gone = entity("checkout", "payment", "cart").model_copy(update={"deleted": True})
    world.send([Sent(gone, FIRST + 210)])
    world.tick(None)
    assert {"settled"} == {candidate.phase for candidate in world.candidates().values()}
    assert set(world.candidates()) == {entry.subject for entry in _decided(world, "opened")}
