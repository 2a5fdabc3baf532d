"""What followed earlier changes of the same object ties it to services, where nothing else does."""

import time
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.packets import Candidate, Hypothesis
from schemas.settings import Settings
from streams.cooccurrence import followed
from streams.correlate import index_of
from streams.export import export
from streams.fold import Fold
from streams.memory import Memory
from streams.snapshot import dump, load
from tests.streams.pieces import alert_state, change_state, group, topology
from tests.streams.world import SHOP, Sent, World, alert, at, change, sent_at_once, shop

HOUR = 3600.0
NOW = 5 * HOUR
"""When the flag is turned on that is to be judged, in seconds of the story."""
LAG = 200.0


def _switched(when: float, service: str | None = None, **more: str | None) -> list[Sent]:
    """A flag that nothing ties to a service: on, and off again after ten minutes."""
    flips = ((when, "off", "on"), (when + 600, "on", "off"))
    made = (
        change("flag", "holidayTheme", when=at_, service=service, before=old, after=new)
        for at_, old, new in flips
    )
    return [sent_at_once(one.model_copy(update=more)) for one in made]


def _failed(service: str | None, start: float, environment: str = "production") -> Sent:
    """An alert that lasted for five minutes, told when it was over."""
    told = alert(service, start=start, status="resolved", end=start + 300, environment=environment)
    return Sent(told, start + 330)


def _before(*hours: float, service: str | None = "checkout") -> list[Sent]:
    """The flag was turned on at these hours, and each time a service failed."""
    return [one for hour in hours for one in (*_switched(hour * HOUR), _failed(service, hour * HOUR + LAG))]


def _now(service: str = "checkout") -> list[Sent]:
    on, _ = _switched(NOW)
    return [on, Sent(alert(service, start=NOW + LAG), NOW + LAG)]


def _in_order(sent: Iterable[Sent]) -> list[Sent]:
    return sorted(sent, key=lambda one: one.received)


def _suspect(*sent: Sent) -> Hypothesis:
    """What the last packet of the last incident says of the flag that was turned on last."""
    packets = shop(*_in_order(sent)).packets()
    last = max(packets, key=lambda packet: (packet.candidate.opened_at, packet.candidate.revision.number))
    [found] = [h for h in last.hypotheses if h.source_ref == f"test:flag/holidayTheme@{_time(NOW)}"]
    return found


def _time(seconds: float) -> str:
    made = change("flag", "x", when=seconds).source_ref
    return made.partition("@")[2]


def _gain(*sent: Sent) -> float:
    return _suspect(*sent).features.get("followed", 1.0)


def test_a_flag_that_was_never_changed_before_is_tied_by_nothing() -> None:
    """One service fails after it, and that it would happen to anything."""
    found = _suspect(*_now())
    assert "followed" not in found.features
    assert "nothing ties it to a service that alerts" in [claim.text for claim in found.claims_against]


def test_what_followed_once_before_is_a_weak_tie() -> None:
    """It counts, and says what it rests on."""
    found = _suspect(*_before(1), *_now())
    assert found.features["followed"] > 2
    assert "changed once before, and checkout alerted within 4 min" in [c.text for c in found.claims_for]
    said = "nothing but what followed its earlier changes ties it to a service that alerts"
    assert said in [c.text for c in found.claims_against]


def test_what_followed_twice_is_a_stronger_tie_and_never_a_certain_one() -> None:
    """Each occasion more adds less than the one before; the catalog's word counts more than all of them."""
    once, twice, thrice = (_gain(*_before(*hours), *_now()) for hours in ((1,), (1, 2), (1, 2, 3)))
    assert 1 < once < twice < thrice
    assert twice - once > thrice - twice
    ranking = Settings().ranking
    assert thrice < ranking.followed / ranking.unmapped


def test_the_words_cite_the_earlier_changes_and_the_alerts_after_them() -> None:
    """Two changes, two alerts, by the originals that told them."""
    packets = shop(*_in_order([*_before(1, 2), *_now()])).packets()
    found = next(h for h in packets[-1].hypotheses if "followed" in h.features)
    [said] = [c for c in found.claims_for if "before, and" in c.text]
    assert "changed twice before, and each time checkout alerted within 4 min" == said.text
    named = {e.id: (e.kind, e.at) for e in packets[-1].evidence}
    times = [
        (kind, at(hour * HOUR + lag)) for hour in (1, 2) for kind, lag in (("flag", 0.0), ("alert", LAG))
    ]
    assert times == [named[name] for name in said.evidence]


def test_what_followed_two_of_three_times_says_so() -> None:
    """The time without counts against it, and is told."""
    found = _suspect(*_before(1, 3), *_switched(2 * HOUR), *_now())
    assert "changed 3 times before, and after 2 of these checkout alerted within 4 min" in [
        claim.text for claim in found.claims_for
    ]
    assert 1 < found.features["followed"] < _gain(*_before(1, 2, 3), *_now())


def test_a_service_that_alerts_anyway_is_no_tie() -> None:
    """It alerted after both changes, as in every other quarter of an hour."""
    noise = [_failed("checkout", n * 900.0) for n in range(1, 18)]
    assert 1.0 == _gain(*_before(1, 2), *noise, *_now())


def test_another_service_than_then_is_no_tie() -> None:
    """Payment failed after it before; the ledger, of another system, fails now."""
    assert 1.0 == _gain(*_before(1, 2, service="payment"), *_now("ledger"))


def test_what_the_service_of_then_may_have_hit_is_tied_too() -> None:
    """Checkout failed before, and now its caller as well: the caller counts by the dependency."""
    caller = Sent(alert("frontend", start=NOW + LAG + 1), NOW + LAG + 1)
    assert _gain(*_before(1, 2), *_now(), caller) > 0.9 * _gain(*_before(1, 2), *_now())


def test_a_reset_is_no_occasion_and_gets_no_tie() -> None:
    """Turned off again: nothing follows, and nothing is held against the flag; nor is a reset suspected for it."""
    off = sent_at_once(change("flag", "holidayTheme", when=NOW, before="on", after="off"))
    stuck = sent_at_once(change("flag", "holidayTheme", when=4 * HOUR, before="off", after="on"))
    failed = Sent(alert("checkout", start=NOW + LAG), NOW + LAG)
    assert 1.0 == _gain(*_before(1, 2), stuck, off, failed)


def test_a_change_just_before_is_of_the_same_incident() -> None:
    """Twelve minutes ago, and what fails since is what is to be explained."""
    [on, _] = _switched(NOW - 720)
    assert 1.0 == _gain(on, _failed("checkout", NOW - 720 + LAG), *_now())


def test_what_the_catalog_ties_to_a_service_stays_there() -> None:
    """The flag is payment's; that checkout failed after it adds nothing."""
    mapped = [
        Sent(sent.message.model_copy(update={"service": "payment"}), sent.received)
        if sent.topic == "flags"
        else sent
        for sent in (*_before(1, 2), *_now())
    ]
    found = _suspect(*mapped)
    assert "followed" not in found.features
    assert "checkout depends on payment" in [claim.text for claim in found.claims_for]


@pytest.mark.parametrize("of", ["flags", "alerts"])
def test_what_happened_in_another_environment_ties_nothing_here(of: str) -> None:
    """Changes of staging, or alerts of staging, are not seen in production."""
    before = [
        Sent(sent.message.model_copy(update={"environment": "staging"}), sent.received)
        if sent.topic == of
        else sent
        for sent in _before(1, 2)
    ]
    assert 1.0 == _gain(*before, *_now())


def test_a_change_of_the_whole_tenant_counts_in_each_environment() -> None:
    """A sender that names none."""
    everywhere = [
        Sent(sent.message.model_copy(update={"environment": None}), sent.received)
        if sent.topic == "flags"
        else sent
        for sent in (*_before(1, 2), *_now())
    ]
    assert _gain(*_before(1, 2), *_now()) == _gain(*everywhere)


def test_an_object_that_is_changed_all_day_is_thought_through_once_and_not_once_for_each_change() -> None:
    """Something that writes it every four seconds: 20 ms, and 270 where occasions went through all before them."""
    values = (("off", "on"), ("on", "off"))
    *before, last = (
        change_state(
            change("flag", "holidayTheme", when=n * 4.0, before=values[n % 2][0], after=values[n % 2][1])
        )
        for n in range(15_001)
    )
    failed = (alert_state(alert("checkout", start=60_000.0 - n * 840 + LAG)) for n in range(1, 12))
    index = index_of(failed, topology(), Settings().correlation)
    now = group([alert("checkout", start=60_000.0 + LAG)])
    begun = time.thread_time()
    followed(last, before, now, index, Settings().ranking)
    assert time.thread_time() - begun < 0.2


def test_an_unknown_says_that_no_more_than_that_ties_it() -> None:
    """A tie by what happened before is no tie by the catalog."""
    packet = shop(*_in_order([*_before(1, 2), *_now()])).packets()[-1]
    assert "Nothing but what followed its earlier changes ties flag/holidayTheme to a service." in [
        unknown.text for unknown in packet.unknowns
    ]


def test_the_check_asks_about_the_service_that_failed_then() -> None:
    """The ledger failed first and tells nothing of it."""
    first = Sent(alert("payment", start=NOW + LAG - 1), NOW + LAG - 1)
    found = _suspect(*_before(1, 2), first, *_now())
    assert found.check is not None
    assert (
        "Is the error rate of checkout the same for requests where holidayTheme is off?"
        == found.check.question
    )


def _told(story: Sequence[Sent], *, ticks: bool = False) -> World:
    world = World()
    world.send(Sent(entry, 0) for entry in SHOP)
    for sent in story:
        if ticks:
            world.tick(sent.received - 0.001)
        world.send([sent])
    world.tick(None)
    return world


def _export(world: World) -> bytes:
    return export(o.message for o in world.outputs if isinstance(o.message, Candidate))


@pytest.mark.parametrize("late", range(6))
def test_what_comes_late_changes_the_tie_of_what_was_weighed_before(late: int) -> None:
    """An earlier change, or an alert after it, that comes an hour after all else: as if it had come in time."""
    story = _in_order([*_before(1, 2), *_now()])
    held = [*story[:late], *story[late + 1 :], Sent(story[late].message, NOW + HOUR)]
    assert _told_of(held) == _told_of(story)


def _told_of(story: Sequence[Sent]) -> list[tuple[str | None, float]]:
    world = _told(story, ticks=True)
    [last] = [name for name, one in world.candidates().items() if one.opened_at > at(NOW)]
    return _suspects(world)[last]


_DELAYS = (0.0, 60.0, 109.0, 2400.0, 9000.0)


@st.composite
def _happened(draw: st.DrawFn) -> Sent:
    """A flag that nothing maps is switched, or one of two services fails, within some hours."""
    when, delay = draw(st.integers(0, 20)) * 600.0, draw(st.sampled_from(_DELAYS))
    if draw(st.booleans()):
        value = draw(st.sampled_from((("off", "on"), ("on", "off"))))
        made = change("flag", "holidayTheme", when=when, before=value[0], after=value[1])
        return Sent(made, when + delay)
    return Sent(alert(draw(st.sampled_from(("checkout", "cart"))), start=when + LAG), when + LAG + delay)


_stories = st.lists(
    _happened(), min_size=4, max_size=14, unique_by=lambda sent: (type(sent.message), sent.received)
)


@settings(max_examples=40)
@given(story=_stories, data=st.data())
def test_no_order_of_arrival_matters(story: list[Sent], data: st.DataObject) -> None:
    """What followed what is a matter of when things began, not of when they were told."""
    assert _export(_told(data.draw(st.permutations(story)))) == _export(_told(_in_order(story)))


@settings(max_examples=40)
@given(story=_stories)
def test_settling_step_by_step_ends_where_settling_at_once_ends(story: list[Sent]) -> None:
    """A clock that follows has candidates weighed again where what settles late changes a tie."""
    followed, at_once = _told(_in_order(story), ticks=True), _told(story)
    assert _suspects(followed) == _suspects(at_once)


def test_a_restart_forgets_nothing_that_ties() -> None:
    """Folding on from a snapshot, taken at any third record, sends what folding without a stop would have sent."""
    told = _told(_in_order([*_before(1, 2), *_now()]), ticks=True)
    assert any("followed" in h.features for packet in told.packets() for h in packet.hypotheses)
    for stop in range(0, len(told.log), 3):
        fold, outputs = Fold(Memory(0), Settings(), "test"), []
        for offset, signal in enumerate(told.log):
            if offset == stop:
                fold = Fold(load(dump(fold.memory)), Settings(), "test")
            outputs.extend(fold.apply(offset, signal))
        assert outputs == told.outputs


def _suspects(world: World) -> dict[str, list[tuple[str | None, float]]]:
    return {name: [(s.source_ref, s.score) for s in c.suspects] for name, c in world.candidates().items()}
