"""The measures as metrics, and what people say on its way into them."""

from collections.abc import Callable, Iterator

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import Engine

from schemas.codec import encode
from schemas.events import HEADER_TENANT
from schemas.feedback import Feedback
from schemas.settings import Settings
from sinks.batch import Batch, Incoming
from sinks.measuring import Measures
from sinks.schema import migrate
from sinks.store import load_offsets, write
from sinks.tables import open_database
from tests.schemas.examples import example
from tests.sinks.measured import Story, at
from wire.reader import Place


@pytest.fixture
def engine(databases: Callable[[], str]) -> Iterator[Engine]:
    """A database with this version's tables."""
    made = open_database(databases())
    migrate(made)
    yield made
    made.dispose()


def _told(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"tenant": "default", **labels})


def _say(engine: Engine, kind: str, about: str) -> None:
    """What a person says, as the sink reads it from its topic."""
    one = example("feedback")
    assert isinstance(one, Feedback)
    words = {"kind": kind, "candidate_id": about, "feedback_id": f"{about}-{kind}", "given_at": at(61)}
    said = encode("feedback", one.model_copy(update=words))
    batch, offsets = Batch(), load_offsets(engine)
    place = Place("feedback", 0, offsets.get(("feedback", 0), 0))
    batch.add(Incoming(place, said, {HEADER_TENANT: b"default"}, at(61)), Settings())
    write(engine, batch.rows, [], offsets, batch.after)


def test_times_and_ratios_are_told_by_tenant(engine: Engine) -> None:
    """Of ten packets after 1 to 10 seconds the median should be 5; what nobody has said should have no value."""
    story = Story(engine)
    for number in range(1, 11):
        story.incident(f"c-{number}", packet=1 + number, repeats=1)
    measures = Measures(30)
    measures.step(engine, at(600))
    assert 10 == _told("incidents_measured")
    assert 5.0 == pytest.approx(_told("incidents_time_to_context_seconds", quantile="0.5"))
    assert 9.0 == pytest.approx(_told("incidents_time_to_context_seconds", quantile="0.9"))
    assert (0.5, 0, None, None) == tuple(
        _told(f"incidents_{name}")
        for name in ("dedupe_ratio", "over_merge_reports", "false_page_ratio", "misroute_ratio")
    )
    assert _told("incidents_time_to_first_update_seconds", quantile="0.5") is None


def test_what_people_say_reaches_the_measures_through_the_sink(engine: Engine) -> None:
    """A false page of two incidents should be half, and an update have its time."""
    story = Story(engine)
    for name in ("c-1", "c-2"):
        story.incident(name, packet=2)
    _say(engine, "false_page", "c-1")
    _say(engine, "update_sent", "c-2")
    measures = Measures(30)
    measures.step(engine, at(600))
    assert (0.5, 0) == (_told("incidents_false_page_ratio"), _told("incidents_misroute_ratio"))
    assert 60.0 == pytest.approx(_told("incidents_time_to_first_update_seconds", quantile="0.9"))


def test_they_are_read_once_a_minute(engine: Engine) -> None:
    """A busy sink should not read them after each batch."""
    measures = Measures(30)
    measures.step(engine, at(600))
    Story(engine).incident("c-1", packet=2)
    measures.step(engine, at(630))
    assert _told("incidents_measured") is None
    measures.step(engine, at(661))
    assert 1 == _told("incidents_measured")
