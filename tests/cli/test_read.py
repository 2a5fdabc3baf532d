"""The reading commands: what the tables hold, for people in 80 columns and for programs as JSON."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer
from rich.cells import cell_len
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from cli import read
from schemas.claims import Claim
from sinks.proving import Missing, Original, packet_rows, resolve
from sinks.store import create_tables, write
from sinks.tables import open_database
from tests.sinks.published import at_hand, cite, revise

if TYPE_CHECKING:
    from sinks.rows import Row
    from wire.reader import Place

PLACES, ORIGINALS = at_hand()


@dataclass
class Tables:
    """A database with incidents, and how to ask it through the commands."""

    folder: Path

    def ask(self, *words: str) -> Result:
        """Run one command."""
        app = typer.Typer()
        read.register(app)
        settings = self.folder / "settings.toml"
        settings.write_text(f'[sink]\ndatabase = "sqlite:///{self.folder}/incidents.db"\n')
        return CliRunner().invoke(app, [*words, "--settings", str(settings)])

    def json(self, *words: str) -> Any:  # noqa: ANN401 - JSON
        """What a command prints as JSON."""
        result = self.ask(*words, "--json")
        assert 0 == result.exit_code, result.output
        return json.loads(result.stdout)


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    """One settled incident of two revisions, one merged into it, one replay."""
    engine = open_database(f"sqlite:///{tmp_path}/incidents.db")
    create_tables(engine)
    _fill(engine)
    engine.dispose()
    return Tables(tmp_path)


def _fill(engine: Engine) -> None:
    one = cite(PLACES, "one")
    first = revise(one, "one", 1, phase="provisional")
    later = revise(one, "one", 2).model_copy(update={"whats_new": ("now settled",)})
    doubtful = Claim(text="it was raining", values=("rain",), evidence=("e1",))
    later = later.model_copy(update={"draft": (*later.draft, doubtful)})
    merged = revise(one, "gone", 1, state="merged", merged_into=later.candidate.candidate_id)
    replayed = revise(one, "again", 1, tenant="replay-demo")
    same = revise(one, "one", 1, tenant="replay-same", title="the same, replayed")
    held: dict[Place, Original | Missing] = {**ORIGINALS, PLACES["e5"]: Missing("trimmed")}
    rows: list[Row] = []
    for packet in (first, later, replayed, same):
        answers = {e.id: resolve(e, held, {}) for e in packet.evidence}
        rows += packet_rows(packet, answers, stored_at=0)
    shown = [packet.candidate for packet in (first, later, merged, replayed, same)]
    write(engine, rows, shown, {}, {("context-packets", 0): 9})


def _short(name: str) -> str:
    return revise(cite(PLACES, name), name, 1).candidate.short_id


def test_the_list_shows_what_is_open_and_hides_replays_and_merged(tables: Tables) -> None:
    """A responder should see their incidents; the others only when asked for."""
    assert [_short("one")] == [one["short_id"] for one in tables.json("list")]
    assert {_short("one"), _short("again")} == {one["short_id"] for one in tables.json("list", "--replays")}
    assert {_short("one"), _short("gone")} == {one["short_id"] for one in tables.json("list", "--merged")}
    text = tables.ask("list").stdout
    assert f"{_short('one')}" in text
    assert "team-fares" in text


@pytest.mark.parametrize("how", [str, str.lower, lambda short: short.removeprefix("INC-")])
def test_a_packet_is_shown_by_any_way_of_naming_it(tables: Tables, how: Any) -> None:  # noqa: ANN401 - a callable
    """Short ids with or without their prefix, in any case, should do."""
    result = tables.ask("show", how(_short("one")))
    assert 0 == result.exit_code
    assert "rev 2 · settled" in result.stdout
    assert "it was raining [e1?]" in result.stdout


def test_the_full_id_and_its_beginning_name_a_candidate(tables: Tables) -> None:
    """Programs name candidates by their ids."""
    identity = tables.json("list")[0]["candidate_id"]
    for name in (identity, identity[:10]):
        assert identity == tables.json("show", name)["packet"]["candidate"]["candidate_id"]


def test_a_merged_candidate_leads_to_the_one_it_is_part_of(tables: Tables) -> None:
    """Whoever asks for it should be told, and be shown the other."""
    text = tables.ask("show", _short("gone")).stdout
    assert text.startswith(
        f"{_short('gone')} was MERGED into {_short('one')}, which follows.\n\n{_short('one')}"
    )


def test_a_replay_of_the_same_incident_is_shown_only_when_its_tenant_is_named(tables: Tables) -> None:
    """A replay names its candidates as the recorded tenant did; without more the lived one is meant."""
    assert "rev 2 · settled" in tables.ask("show", _short("one")).stdout
    assert "the same, replayed" in tables.ask("show", _short("one"), "--tenant", "replay-same").stdout
    assert "tenant replay-same" in tables.ask("list", "--replays").stdout


def test_an_unknown_name_is_one_line_with_near_matches(tables: Tables) -> None:
    """A typing mistake should cost one more line, not a search."""
    short = _short("one")
    wrong = short[:-1] + ("A" if short[-1] != "A" else "B")
    result = tables.ask("show", wrong)
    assert (1, 1) == (result.exit_code, len(result.stderr.splitlines()))
    assert f"near it: {short}" in result.stderr
    assert "`incidents list` shows what there is" in tables.ask("show", "nothing-like-it").stderr


def test_the_time_line_holds_changes_alerts_and_revisions(tables: Tables) -> None:
    """Everything should stand in order of time, each with its evidence."""
    events = tables.json("timeline", _short("one"))["events"]
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    assert {"alert", "flag", "deploy", "config", "feedback", "packet"} == {event["kind"] for event in events}
    text = tables.ask("timeline", _short("one")).stdout
    assert "2026-11-02 (UTC)" in text
    assert "revision 2: now settled" in text


def test_revisions_stand_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    """Also where what is settled is of a moment before what was new."""
    engine = open_database(f"sqlite:///{tmp_path}/incidents.db")
    create_tables(engine)
    one = cite(PLACES, "one")
    later = revise(one, "one", 2)
    revision = later.candidate.revision.model_copy(update={"at": later.candidate.revision.at - 1})
    shown = [revise(one, "one", 1).candidate, later.candidate.model_copy(update={"revision": revision})]
    write(engine, [], shown, {}, {("context-packets", 0): 9})
    engine.dispose()
    events = Tables(tmp_path).json("timeline", _short("one"))["events"]
    assert ["revision 1", "revision 2"] == [each["text"][:10] for each in events if each["kind"] == "packet"]


def test_evidence_comes_with_position_hash_and_original(tables: Tables) -> None:
    """What a citation stands on should be there to be read."""
    found = tables.json("evidence", _short("one"), "e2")
    assert list(PLACES["e2"]) == [found["topic"], found["partition"], found["offset"]]
    assert (True, ORIGINALS[PLACES["e2"]].text) == (found["verified"], found["original"])
    text = tables.ask("evidence", _short("one"), "E2").stdout
    assert "the original below has this hash" in text
    assert '"flag": "season-prices"' in text


def test_evidence_without_an_original_says_why(tables: Tables) -> None:
    """A trimmed original should be told as such, and unknown evidence as what there is instead."""
    assert "there is no original: Kafka has deleted it" in tables.ask("evidence", _short("one"), "e5").stdout
    result = tables.ask("evidence", _short("one"), "e99")
    assert (1, True) == (result.exit_code, "it has e1 to e7" in result.stderr)


@pytest.mark.parametrize(
    "words", [("list",), ("show",), ("timeline",), ("evidence", "e1"), ("evidence", "e4")]
)
def test_no_line_is_wider_than_80_columns(tables: Tables, words: tuple[str, ...]) -> None:
    """Every command should fit the narrowest terminal."""
    command, *rest = words
    name = [] if command == "list" else [_short("one")]
    result = tables.ask(command, *name, *rest)
    assert 0 == result.exit_code
    assert all(cell_len(line) <= 80 for line in result.stdout.splitlines())


def test_a_missing_database_is_one_line_and_stays_missing(tmp_path: Path) -> None:
    """Looking should not create a database, and should say what to do."""
    result = Tables(tmp_path).ask("list")
    assert (1, 1) == (result.exit_code, len(result.stderr.splitlines()))
    assert "name the system with --home or --settings" in result.stderr
    assert not (tmp_path / "incidents.db").exists()


def test_a_database_without_tables_is_one_line(tmp_path: Path) -> None:
    """A file that the sink has never seen should be told."""
    (tmp_path / "incidents.db").touch()
    result = Tables(tmp_path).ask("list")
    assert (1, True) == (result.exit_code, "has no tables yet: start the sink" in result.stderr)
