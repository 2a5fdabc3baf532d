"""What is deleted of the tables and what stays: old rows go in slices, cited originals stay with their packet."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, Table, func, insert, select

from schemas.settings import SinkSettings
from sinks import retention
from sinks.retention import Retention
from sinks.schema import migrate
from sinks.tables import (
    AUDIT,
    CANDIDATE_REVISIONS,
    CANDIDATES,
    CHANGES,
    DEAD_LETTERS,
    EVIDENCE,
    MEMBERS,
    ORIGINALS,
    PACKETS,
    open_database,
)
from tests.sinks.measured import Story, at

DAY_S = 86_400
SETTINGS = SinkSettings(
    incidents_kept_days=100, revisions_kept_days=10, replays_kept_days=5, changes_kept_days=50
)


@pytest.fixture
def engine(databases: Callable[[], str]) -> Iterator[Engine]:
    """A database with this version's tables."""
    made = open_database(databases())
    migrate(made)
    yield made
    made.dispose()


def _count(engine: Engine, table: Table) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _put(engine: Engine, table: Table, **values: object) -> None:
    texts = {column.name: "" for column in table.columns if not column.nullable}
    with engine.begin() as connection:
        connection.execute(insert(table), {**texts, **values})


def _change(engine: Engine, name: str, when: float, tenant: str = "default") -> None:
    place = {"partition": 0, "offset": 0, "suspectable": True, "content_hash": f"h-{name}"}
    _put(engine, CHANGES, tenant=tenant, change_id=name, effective_at=at(when), **place)
    _put(engine, ORIGINALS, content_hash=f"h-{name}", original=name)


def _cite(engine: Engine, candidate: str, original: str, kind: str = "flag") -> None:
    identity = {"tenant": "default", "candidate_id": candidate, "revision_id": f"{candidate}-1"}
    place = {"partition": 0, "offset": 0, "at": 0, "verified": True, "original_hash": original}
    _put(engine, EVIDENCE, **identity, evidence_id=f"e-{original}", kind=kind, **place)


def _after(engine: Engine, days: float) -> int:
    """One whole round so many days after the story's."""
    keeper, now, slices = Retention(SETTINGS), at(days * DAY_S), 0
    while keeper.step(engine, now) or slices < len(retention.SLICES):
        slices += 1
    return slices


def _originals(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.execute(select(ORIGINALS.c.content_hash)).scalars())


def test_an_old_change_goes_and_its_original_stays_where_a_packet_cites_it(engine: Engine) -> None:
    """Of two old changes the uncited one should leave nothing behind; a young one should stay whole."""
    Story(engine).incident("c-1", packet=2)
    for name in ("cited", "uncited"):
        _change(engine, name, 0)
    _change(engine, "young", 5 * DAY_S)
    _cite(engine, "c-1", "h-cited")
    _after(engine, 52)
    assert 1 == _count(engine, CHANGES)
    assert {"h-cited", "h-young"} == _originals(engine)


def test_an_old_incident_goes_with_all_that_belongs_to_it(engine: Engine) -> None:
    """Its packets, members, evidence and the originals that nothing else needs should go; the audit should not."""
    story = Story(engine)
    story.incident("c-1", packet=2)
    story.alert("c-1", "a")
    story.looked("c-1", 30)
    story.said("c-1", "false_page")
    for original, kind in (("h-1", "alert"), ("h-2", "entity")):
        _put(engine, ORIGINALS, content_hash=original, original="x")
        _cite(engine, "c-1", original, kind)
    _after(engine, 99)
    assert 1 == _count(engine, CANDIDATES)
    _after(engine, 101)
    assert [0] * 5 == [
        _count(engine, t) for t in (CANDIDATES, CANDIDATE_REVISIONS, PACKETS, MEMBERS, EVIDENCE)
    ]
    assert {"h-2"} == _originals(engine)
    assert 1 == _count(engine, AUDIT)


def test_the_first_revision_and_the_shown_one_stay(engine: Engine) -> None:
    """Of four old revisions the two between should go, so that time to context is still known."""
    story = Story(engine)
    story.incident("c-1", packet=2, revision_id="c-1-4", revision=4)
    for number in (1, 2, 3):
        identity = {"tenant": "default", "candidate_id": "c-1", "revision_id": f"c-1-{number}"}
        times = {"revision": number, "signals_offset": number, "cut_at": at(1), "stored_at": at(2)}
        _put(engine, PACKETS, **identity, **times)
    _after(engine, 11)
    with engine.connect() as connection:
        kept = connection.execute(select(PACKETS.c.revision).order_by(PACKETS.c.revision)).scalars()
        assert [1, 4] == list(kept)


def test_a_replay_goes_sooner_and_its_changes_with_its_last_incident(engine: Engine) -> None:
    """Its changes may be years old: they should stay as long as an incident of it is there."""
    Story(engine).incident("c-1", tenant="replay-demo", packet=2)
    _change(engine, "ancient", -900 * DAY_S, tenant="replay-demo")
    _after(engine, 4)
    assert (1, 1) == (_count(engine, CANDIDATES), _count(engine, CHANGES))
    _after(engine, 6)
    assert (0, 0) == (_count(engine, CANDIDATES), _count(engine, CHANGES))


def test_what_is_deleted_at_once_is_bounded(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten old letters in slices of four should take three transactions, and nothing be forgotten."""
    monkeypatch.setattr(retention, "_SLICE", 4)
    for number in range(10):
        sizes = {"original": b"", "original_size": 0, "restricted": True}
        _put(engine, DEAD_LETTERS, letter_id=f"d-{number}", received_at=at(0), **sizes)
    keeper, now = Retention(SETTINGS), at(31 * DAY_S)
    assert [4, 4, 2] == [keeper.step(engine, now) for _ in range(3)]
    assert 0 == _count(engine, DEAD_LETTERS)


def test_a_round_begins_again_only_after_its_pause(engine: Engine) -> None:
    """A sink that is busy should not look for old rows after each batch."""
    keeper, now = Retention(SETTINGS), at(0)
    for _ in retention.SLICES:
        keeper.step(engine, now)
    _put(engine, DEAD_LETTERS, letter_id="d-1", received_at=0, original=b"", original_size=0, restricted=True)
    assert 0 == keeper.step(engine, now + 1_000_000)
    assert 1 == keeper.step(engine, now + 3_601_000_000)
