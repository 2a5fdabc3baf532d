"""Which looks are taken again, and which are kept: what is kept is what would be seen anew."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.settings import Settings
from streams.assess import Assessment, Surroundings, assess
from streams.desk import Desk
from streams.group import Group
from streams.looks import Looks
from tests.streams.pieces import change_state, group, surroundings
from tests.streams.world import alert, at, change

SETTINGS = Settings()
HOUR = 3600.0
FIRES = alert("payment", start=100)
FLAG = change("flag", "express", when=60, service="payment", before="off", after="on")


def _group(*, ended: float | None = None) -> Group:
    return group(
        [FIRES if ended is None else FIRES.model_copy(update={"status": "resolved", "ends_at": at(ended)})]
    )


def _look(looks: Looks, of: Group, around: Surroundings, by: float | None = None) -> Assessment:
    return looks.assess(of, around, SETTINGS, None if by is None else at(by))


def _add(
    around: Surroundings, when: float, what: str = "express", service: str | None = "payment"
) -> Surroundings:
    """The same scope once one more change is known, as the next turn sees it."""
    around.books[0].add(
        change_state(change("flag", what, when=when, service=service, before="on", after="off"))
    )
    return replace(around)


def test_where_nothing_has_changed_the_look_is_kept() -> None:
    """The very same, for the same alerts found once more."""
    looks, around = Looks(), surroundings([FLAG])
    first = _look(looks, _group(), around)
    again = _group()
    seen = _look(looks, again, around)
    assert (seen.basis, seen.group) == (first.basis, again)
    assert seen.basis is first.basis
    assert _look(looks, first.group, around) is first


def test_an_alert_that_ended_since_is_looked_at_anew() -> None:
    """When it ended tells of its cause."""
    looks, around = Looks(), surroundings([FLAG])
    first = _look(looks, _group(), around)
    assert _look(looks, _group(ended=200), around).basis is not first.basis


@pytest.mark.parametrize(
    ("when", "what", "service"),
    [(80, "other", "payment"), (80, "other", "ledger"), (9 * HOUR, "express", "payment")],
    ids=["near", "near but elsewhere", "later, of the same target"],
)
def test_a_change_that_may_count_is_looked_at(when: float, what: str, service: str) -> None:
    """Near the onset it is weighed or counted; that of a suspect's target tells what became of it."""
    looks, around = Looks(), surroundings([FLAG])
    first = _look(looks, _group(), around)
    after = _add(around, when, what, service)
    seen = _look(looks, _group(), after)
    assert seen.basis is not first.basis
    assert (seen.window, seen.ranked) == (assess(_group(), after, SETTINGS).window, seen.ranked)


def test_a_change_that_cannot_count_leaves_the_look_as_it_is() -> None:
    """Another target, hours after the onset."""
    looks, around = Looks(), surroundings([FLAG])
    first = _look(looks, _group(), around)
    assert _look(looks, first.group, _add(around, 9 * HOUR, "other")) is first


def test_a_decision_on_what_has_all_settled_takes_the_look_of_the_packet() -> None:
    """Not before: what has not settled does not count for it."""
    looks, around = Looks(), surroundings([FLAG])
    first = _look(looks, _group(), around)
    assert _look(looks, first.group, around, by=90).top.change is None
    assert _look(looks, first.group, around, by=400) is first


def test_another_index_of_runbooks_is_looked_at() -> None:
    """It may name another owner."""
    looks, around = Looks(), surroundings([FLAG])
    first = _look(looks, _group(), around)
    assert _look(looks, _group(), replace(around, desk=Desk())).basis is not first.basis


def test_what_a_person_said_is_looked_at() -> None:
    """Whatever it is of."""
    looks, around = Looks(), surroundings([FLAG])
    first = _look(looks, _group(), around)
    around.said.changed()
    assert _look(looks, _group(), around).basis is not first.basis


def test_what_is_forgotten_is_not_kept_either() -> None:
    """The look with its first alert."""
    looks, around = Looks(), surroundings([FLAG])
    first = _look(looks, _group(), around)
    looks.drop([first.group.first])
    assert looks == Looks()
    assert _look(looks, _group(), around).basis is not first.basis


_SOMETHING = st.one_of(
    st.tuples(st.just("change"), st.integers(-300, 600), st.sampled_from(["express", "other", "third"])),
    st.tuples(st.just("look"), st.sampled_from([100, 200]), st.sampled_from(["", "ended"])),
    st.tuples(st.just("decide"), st.integers(0, 800), st.sampled_from(["", "ended"])),
)


@given(st.lists(_SOMETHING, max_size=20))
def test_whatever_is_kept_is_what_would_be_seen_anew(course: list[tuple[str, int, str]]) -> None:
    """Changes, alerts and decisions in any order."""
    looks, around = Looks(), surroundings([FLAG])
    for what, when, which in course:
        if what == "change":
            around = _add(around, when, which)
            continue
        of, by = _group(ended=500 if which else None), at(when) if what == "decide" else None
        seen, anew = looks.assess(of, around, SETTINGS, by), assess(of, around, SETTINGS, by)
        assert replace(seen, basis=anew.basis) == anew
