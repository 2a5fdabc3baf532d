"""The measures of Level 1 from the tables, on SQLite and on Postgres: right numbers, and none that nobody knows."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text

from sinks.schema import migrate
from sinks.tables import open_database
from tests.sinks.measured import DAY, Story


@pytest.fixture
def engine(databases: Callable[[], str]) -> Iterator[Engine]:
    """A database with this version's tables."""
    made = open_database(databases())
    migrate(made)
    yield made
    made.dispose()


@pytest.fixture
def story(engine: Engine) -> Story:
    """Its incidents."""
    return Story(engine)


def _rows(engine: Engine, question: str) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(question)).mappings()]


def _day(engine: Engine) -> dict[str, Any]:
    [row] = _rows(engine, "SELECT * FROM measures_by_day")
    return row


def test_time_to_context_is_from_the_first_alerts_arrival_to_a_readable_packet(
    engine: Engine, story: Story
) -> None:
    """Of 1, 2, ... 10 seconds the median should be 5 and the 90th percentile 9; one without a packet not count."""
    for number in range(1, 11):
        story.incident(f"c-{number}", packet=1 + number)
    story.incident("c-none")
    day = _day(engine)
    assert (DAY, 11) == (day["day"], day["incidents"])
    assert [5.0, 9.0] == pytest.approx([day["context_p50_s"], day["context_p90_s"]])


def test_without_feedback_nothing_is_made_up(engine: Engine, story: Story) -> None:
    """Counts should be 0, and shares and times that only people can tell null."""
    story.incident("c-1", packet=2)
    day = _day(engine)
    assert (0, 0, 0, 0) == (day["spoken_of"], day["over_merges"], day["handoffs"], day["updated"])
    nulls = ("false_page_ratio", "misroute_ratio", "update_p50_s", "update_p90_s", "look_p50_s")
    assert [None] * 5 == [day[name] for name in nulls]
    assert [] == _rows(engine, "SELECT * FROM misrouted")


def test_what_people_say_is_counted(engine: Engine, story: Story) -> None:
    """Of four incidents one is a false page and one misrouted and handed over twice."""
    for name in ("c-1", "c-2", "c-3", "c-4"):
        story.incident(name, packet=2)
    story.said("c-1", "false_page")
    story.said("c-2", "misroute", team="search")
    story.said("c-2", "hand_over", 70, team="search")
    story.said("c-2", "hand_over", 80, team="fares")
    day = _day(engine)
    assert (2, 0.25, 0.25, 2) == tuple(
        day[name] for name in ("spoken_of", "false_page_ratio", "misroute_ratio", "handoffs")
    )
    told = _rows(engine, "SELECT kind, owner, team FROM misrouted ORDER BY given_at")
    assert [("misroute", "payments", "search"), ("hand_over", "payments", "search")] == [
        tuple(row.values()) for row in told[:2]
    ]


def test_what_was_taken_back_does_not_count(engine: Engine, story: Story) -> None:
    """An undone false page should be as if it had not been said."""
    story.incident("c-1", packet=2)
    story.said("c-1", "false_page", 60)
    story.said("c-1", "undo", 61, undoes="c-1-false_page-60")
    assert (0, None) == (_day(engine)["spoken_of"], _day(engine)["false_page_ratio"])


def test_what_was_said_of_a_merged_candidate_counts_for_what_it_became(engine: Engine, story: Story) -> None:
    """Over two merges feedback should reach the survivor, and only the survivor be an incident."""
    story.incident("c-1", packet=2)
    story.incident("c-2", packet=2, state="merged", merged_into="c-1")
    story.incident("c-3", packet=2, state="merged", merged_into="c-2")
    story.said("c-3", "misroute")
    [incident] = _rows(engine, "SELECT * FROM incident_measures")
    assert ("c-1", 1) == (incident["candidate_id"], incident["misroutes"])


def test_the_dedupe_ratio_stands_beside_the_over_merges(engine: Engine, story: Story) -> None:
    """Twenty notifications in two incidents are 0.9, and a split says that it was too much."""
    story.incident("c-1", packet=2, alerts=3, repeats=12)
    story.incident("c-2", packet=2, alerts=5)
    story.said("c-1", "split")
    day = _day(engine)
    assert (20, pytest.approx(0.9), 1) == (day["notifications"], day["dedupe_ratio"], day["over_merges"])


def test_first_look_and_first_update_are_measured_from_the_arrival(engine: Engine, story: Story) -> None:
    """The earliest of several should count."""
    story.incident("c-1", packet=2)
    story.looked("c-1", 31)
    story.looked("c-1", 91)
    story.said("c-1", "update_sent", 121)
    story.said("c-1", "update_sent", 301)
    day = _day(engine)
    assert (1, 1) == (day["looked_at"], day["updated"])
    assert [30.0, 120.0] == pytest.approx([day["look_p50_s"], day["update_p50_s"]])


def test_replays_are_nobodys_incidents(engine: Engine, story: Story) -> None:
    """A backtest should change no measure and be in no list."""
    story.incident("c-1", tenant="replay-demo", packet=2)
    for view in ("measures_by_day", "incident_measures", "open_incidents", "noise_by_service"):
        assert [] == _rows(engine, f"SELECT * FROM {view}")  # noqa: S608 - a name of ours


def test_noise_is_counted_by_service_and_alert(engine: Engine, story: Story) -> None:
    """A rule that pages in two incidents should have both."""
    for name in ("c-1", "c-2"):
        story.incident(name, packet=2)
        story.alert(name, f"{name}-a")
    story.alert("c-2", "c-2-b")
    [noise] = _rows(engine, "SELECT * FROM noise_by_service")
    assert ("checkout", "Errors", 2, 3) == (
        noise["service"],
        noise["alert"],
        noise["incidents"],
        noise["alerts"],
    )
