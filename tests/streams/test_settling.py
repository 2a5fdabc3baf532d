"""What is decided of a candidate is shown of it, whatever brought the decision about."""

from schemas.packets import Candidate
from tests.streams.world import Sent, World, alert, change, entity

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
