"""What is decided of a candidate is shown of it, whatever brought the decision about."""

from schemas.packets import Candidate
from schemas.settings import Settings
from streams.cause import Cause
from streams.settling import followed_anew, near_change
from streams.turn import Turn, turn_of
from tests.streams.world import TENANT, Sent, World, alert, at, change, entity

_PAGES = tuple(f"basket-page-{n}" for n in range(5))
_CATALOG = (
    entity("store"),
    entity("basket", "store"),
    *(entity(page, "basket") for page in _PAGES),
)
_LATER = ("basket", *_PAGES)


def _ends(service: str, start: float, end: float, told: float) -> Sent:
    return Sent(alert(service, start=start, status="resolved", end=end), told)


def _told(*sent: Sent) -> World:
    """The store fails, then the basket, whose flag was turned on, and its pages; each step is settled by the clock."""
    flag = change("flag", "basketLimit", when=920, service="basket", before="off", after="on")
    firing = [Sent(alert("store", start=1000), 1000), *(Sent(alert(s, start=1120), 1120) for s in _LATER)]
    world = World()
    world.send([*(Sent(entry, 0) for entry in _CATALOG), Sent(flag, 920), *firing])
    for one in sent:
        world.tick(one.received - 1)
        world.send([one])
    world.tick((sent[-1].received if sent else 1120) + 600)
    return world


def _of(world: World, service: str) -> Candidate:
    [found] = [c for c in world.candidates().values() if service in {member.service for member in c.members}]
    return found


_OVER = tuple(
    _ends(s, 1000 if s == "store" else 1120, 5000, 5000 + n) for n, s in enumerate(("store", *_LATER))
)


def test_a_proposal_that_came_back_with_a_split_is_shown() -> None:
    """All ends together: one incident. Then it is told that the store had ended long before: two again."""
    proposed = _of(_told(), "basket").proposals
    assert 1 == len(proposed)
    together = _told(*_OVER)
    assert _of(together, "store") == _of(together, "basket")
    again = _told(*_OVER, _ends("store", 1000, 1200, 6000))
    assert _of(again, "store") != _of(again, "basket")
    assert [p.proposal_id for p in proposed] == [p.proposal_id for p in _of(again, "basket").proposals]


_HOUR = 3600.0
_FAR = 40 * _HOUR
"""More than a change reaches: nothing that it explains is explained by one so much later."""


def _turn(world: World) -> Turn:
    memory = world.memory
    [scope], cause = memory.scopes.values(), Cause(0, len(world.log), world.build, "")
    return turn_of(memory, scope, memory.tenant(TENANT), Settings(), cause)


def test_what_an_alert_that_settles_late_may_tell_anew_is_what_later_loose_changes_explain() -> None:
    """Those of an object that was changed before, however many they are and however they overlap."""
    world = World()
    times = [0.0, *(1000.0 + 600 * n for n in range(8)), _FAR]
    flags = [change("flag", "loose", when=when, before="a", after=f"b{when}") for when in times]
    world.send(Sent(entry, 0) for entry in _CATALOG)
    once = change("flag", "once", when=20 * _HOUR)
    fired = (900.0, 3000.0, 20 * _HOUR + 60, _FAR + 60)
    alerts = [alert("store", start=when, fingerprint=f"f{when}") for when in fired]
    world.send(Sent(made, made.effective_at / 1e6 - at(0) / 1e6) for made in (*flags, once))
    world.send(Sent(made, made.starts_at / 1e6 - at(0) / 1e6) for made in alerts)
    turn = _turn(world)
    found = followed_anew(at(0), turn)
    each = [near_change(one, turn) for one in turn.around.history("flag/loose").changes[1:]]
    assert found == set().union(*each)
    assert {key[0] for key in found} == {at(900), at(3000), at(_FAR + 60)}
