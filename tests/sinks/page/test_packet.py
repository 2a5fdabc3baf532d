"""What the templates are given of a packet: pictures that hold everything once, and nothing hidden."""

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from schemas.packets import Dependency, Member, Ownership, Radius
from schemas.words import TopSignal
from sinks.membership import RULES
from sinks.page.axis import ROW, axis
from sinks.page.graph import WIDTH, graph
from sinks.page.packet import further, packet_values
from sinks.queries import Event, Shown
from tests.sinks.page.site import incident

_TIMES = st.lists(st.integers(0, 10**13), max_size=80)
_NAMES = st.lists(st.text("abcdefgh", min_size=1, max_size=30), unique=True, max_size=30)


class _Wider(Ownership):
    """An ownership of a later version."""

    pager: str = ""


def test_a_field_that_the_page_does_not_know_is_shown_all_the_same() -> None:
    """What a packet gains should not wait for a template; what says nothing is left out."""
    assert [("pager", "A. Osei")] == further(_Wider(how="rota", pager="A. Osei"))
    assert [] == further(_Wider(how="rota"))


def test_everything_that_the_page_knows_has_its_place() -> None:
    """The example of today should leave nothing over."""
    packet = incident("one")
    parts = [packet, packet.candidate, packet.radius, packet.ownership, *packet.failing, *packet.changes]
    assert [] == [field for part in (*parts, *packet.hypotheses) for field in further(part)]


def test_every_rule_of_a_member_has_words() -> None:
    """Nobody should have to know the code to learn why an alert belongs."""
    described = Member.model_fields["rule"].description or ""
    assert set(RULES) == set(re.findall(r"\w+", described)) - {"or"}


def test_the_newest_revision_comes_first() -> None:
    """What changed last is what somebody wants to know who comes back."""
    told = [Event(number, "packet", f"revision {number}") for number in range(1, 41)]
    values = packet_values(Shown(incident("one"), frozenset()), told)
    assert ("revision 40", 30, 10) == (
        values["revisions"][0].text,
        len(values["revisions"]),
        values["older_revisions"],
    )


@given(_TIMES, st.integers(0, 10**13))
def test_each_moment_has_a_line_of_its_own_and_its_place_in_time(times: list[int], onset: int) -> None:
    """Lines should never overlap, the axis should keep the order of time, and what is left out be counted."""
    drawn = axis([Event(at, "alert", "x") for at in sorted(times)], onset)
    assert len(times) == len(drawn.marks) + drawn.left_out
    assert [ROW / 2 + ROW * n for n in range(len(drawn.marks))] == [mark.row for mark in drawn.marks]
    assert [mark.y for mark in drawn.marks] == sorted(mark.y for mark in drawn.marks)
    assert all(0 <= y <= drawn.height for y in (*(m.y for m in drawn.marks), *drawn.ticks, drawn.onset))
    assert all(after - before >= 11 for before, after in pairwise(drawn.ticks))


def test_what_nothing_measures_is_said_once() -> None:
    """Three kinds without a source are one sentence; what the alerts say stands under what is failing."""
    packet = incident("one")
    gone = [
        TopSignal(kind=kind, service="", name="", text="no source configured") for kind in ("logs", "traces")
    ]
    values = packet_values(
        Shown(packet.model_copy(update={"signals": (packet.signals[0], *gone)}), frozenset()), []
    )
    assert ([], [("no source configured", ["logs", "traces"])]) == (values["measured"], values["unmeasured"])


def test_a_service_whose_alerts_are_over_is_not_drawn_as_alerting() -> None:
    """Of two that alerted and one root that did, one still does."""
    radius = Radius(services=("root", "still", "over"), edges=(), quiet=("calm",))
    drawn = graph(radius, incident("one", root_services=("root",)).candidate, {"still"})
    assert {"root": "root", "still": "alerting", "over": "over", "calm": "quiet"} == {
        box.service: box.role for box in drawn.boxes
    }


@given(_NAMES, st.data())
def test_no_two_services_overlap_whatever_they_need(names: list[str], data: st.DataObject) -> None:
    """Each box should stand alone within the picture, circles of dependencies included, and the rest be counted."""
    pairs = st.tuples(st.sampled_from(names), st.sampled_from(names)) if names else st.nothing()
    edges = data.draw(st.lists(pairs, max_size=40) if names else st.just([]))
    radius = Radius(
        services=tuple(names),
        edges=tuple(Dependency(service=a, needs=b) for a, b in edges),
        quiet=("quiet-one",),
    )
    drawn = graph(radius, incident("one", root_services=tuple(names[:1])).candidate, names)
    assert len(names) + 1 == len(drawn.boxes) + drawn.left_out
    assert len(drawn.boxes) == len({(box.x, box.y) for box in drawn.boxes})
    assert all(
        0 <= box.x and box.x + box.width <= WIDTH and box.y + box.height <= drawn.height
        for box in drawn.boxes
    )
    assert names[:1] == [box.service for box in drawn.boxes if box.role == "root"]
