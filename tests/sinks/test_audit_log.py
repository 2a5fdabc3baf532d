"""Verifying, proving and exporting the audit log of a real broker, with its tables, through the commands."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from sqlalchemy import Executable, Insert, Update, and_, delete, insert, literal, select, update

from schemas.settings import SinkSettings
from sinks.audit_files import line_text
from sinks.tables import AUDIT, open_database
from tests.agents.audited import audit_all, entry, send
from tests.sinks.audited_log import Audited, store

ROOT = Path(__file__).resolve().parent.parent.parent


def test_a_log_that_nobody_touched_is_proven_with_its_tables(written: Audited) -> None:
    """Every line should be proven, and every row agree; for programs and for people."""
    found = written.json("verify", "--json")
    assert (True, "incidents/audit") == (found["holds"], found["log"])
    assert [(26, 26, 26), (5, 5, 5)] == [
        (each["lines"], each["proven"], each["stored"]) for each in found["partitions"]
    ]
    said = written.run("verify").stdout
    assert "incidents/audit/0: proven up to 26 of 26 lines, 1 checkpoints, 26 rows agree\n" in said


def test_tables_in_any_database_agree(written: Audited, databases: Callable[[], str]) -> None:
    """SQLite and Postgres should give back what was stored, byte for byte."""
    settings = written.settings.model_copy(update={"sink": SinkSettings(database=databases())})
    store(settings)
    result = written.run("verify", database=settings.sink.database)
    assert (0, 2) == (result.exit_code, result.stdout.count("rows agree")), result.output


_SEVENTH = and_(AUDIT.c.partition == 0, AUDIT.c.sequence == 7)
_REST = [column for column in AUDIT.columns if column.name not in ("partition", "sequence")]


def _changed(**values: object) -> Update:
    return update(AUDIT).where(_SEVENTH).values(**values)


def _copied(partition: int, sequence: int) -> Insert:
    columns = [literal(partition), literal(sequence), *_REST]
    return insert(AUDIT).from_select(["partition", "sequence", *_REST], select(*columns).where(_SEVENTH))


@pytest.mark.parametrize(
    ("change", "place", "what"),
    [
        (_changed(decision="other"), "partition 0, sequence 7", "not its line: decision"),
        (_changed(entry=b"\x00"), "partition 0, sequence 7", "not its line: entry"),
        (_changed(details="{}"), "partition 0, sequence 7", "not its line: details"),
        (_changed(source_offset=8), "partition 0, sequence 7", "not its line: source_offset"),
        (_changed(sequence=-1), "partition 0, sequence 7", "the row is missing"),
        (_changed(sequence=5000), "partition 0, sequence 7", "the row is missing"),
        (delete(AUDIT).where(_SEVENTH), "partition 0, sequence 7", "the row is missing"),
        (delete(AUDIT).where(AUDIT.c.sequence == 25), "partition 0, sequence 25", "the row is missing"),
        (delete(AUDIT), "partition 0, sequence 0", "the row is missing"),
        (_copied(0, 26), "partition 0, sequence 26", "no such line in the log"),
        (_copied(0, 9999), "partition 0, sequence 9999", "no such line in the log"),
        (_copied(0, -1), "partition 0, sequence -1", "no such line in the log"),
        (_copied(2, 7), "table audit", "rows of partitions that the log has not: [2]"),
    ],
    ids=[
        *("decision", "entry", "details", "source", "before", "behind"),
        *("deleted", "last", "all", "next", "far", "first", "partition"),
    ],
)
def test_a_table_that_somebody_changed_is_told_with_the_row(
    written: Audited, tmp_path: Path, change: Executable, place: str, what: str
) -> None:
    """Rows that were changed, deleted, moved or added should be named; exit code 3."""
    shutil.copy(written.folder / "incidents.db", tmp_path / "changed.db")
    address = f"sqlite:///{tmp_path}/changed.db"
    engine = open_database(address)
    with engine.begin() as connection:
        connection.execute(change)
    engine.dispose()
    result = written.run("verify", database=address)
    assert 3 == result.exit_code, result.output
    assert place in result.output
    assert what in result.output


def test_tables_that_are_not_there_are_told_and_may_be_left_out(written: Audited, tmp_path: Path) -> None:
    """A missing database should not pass as agreement; exit code 1, which says that nothing was looked at."""
    result = written.run("verify", database=f"sqlite:///{tmp_path}/none.db")
    assert (1, True) == (result.exit_code, "there is no database" in result.output)
    assert 0 == written.run("verify", "--no-tables", database=f"sqlite:///{tmp_path}/none.db").exit_code


def _check(*arguments: Path, script: str = "check_proof.py") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(ROOT / "docs" / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("name", ["0/0", "0/7", "0/20", "0/25", "1/4"])
def test_a_stranger_checks_a_proof_with_the_script(written: Audited, tmp_path: Path, name: str) -> None:
    """The script in docs should accept the proof, and the entry in it be the one that was asked for."""
    proof = tmp_path / "proof.json"
    proof.write_text(written.run("proof", name).stdout, "utf-8")
    done = _check(proof, Path(written.settings.audit.public_file))
    assert 0 == done.returncode, done.stderr
    partition, sequence = map(int, name.split("/"))
    assert f"proven: the entry is line {sequence} of incidents/audit/{partition}, which had " in done.stdout


@pytest.mark.parametrize("part", ["entry", "path", "sequence", "checkpoint", "key"])
def test_the_script_refuses_a_proof_with_another_part(written: Audited, tmp_path: Path, part: str) -> None:
    """A proof that says something else anywhere should not pass."""
    told, other = written.json("proof", "0/7"), written.json("proof", "0/8")
    keys = Path(written.settings.audit.public_file).read_text("utf-8")
    if part == "checkpoint":
        other[part] = told[part].replace("\n26\n", "\n25\n")
    changed = {**told, part: other.get(part)} if part != "key" else told
    (tmp_path / "proof.json").write_text(json.dumps(changed), "utf-8")
    (tmp_path / "keys").write_text(keys if part != "key" else keys.splitlines()[1], "utf-8")
    assert 0 != _check(tmp_path / "proof.json", tmp_path / "keys").returncode


def test_an_entry_is_found_by_its_decision(written: Audited) -> None:
    """Whoever knows only what was decided should get there; what fits several, or none, is told."""
    many = written.run("proof", "4b061f")
    assert (1, True) == (many.exit_code, "names 30 entries: 0/0, 0/1" in many.output)
    for name in ("ffffff", "4b", "9/1", "0/99"):
        result = written.run("proof", name)
        assert 1 == result.exit_code, name
        assert result.output.startswith("error: "), result.output


def test_the_public_keys_are_printed(written: Audited) -> None:
    """The command should print what verification elsewhere needs, and say where it is when it is not here."""
    assert Path(written.settings.audit.public_file).read_text("utf-8") == written.run("key").stdout
    elsewhere = written.settings.audit.model_copy(update={"key_file": "/nowhere/audit.key"})
    nowhere = Audited(written.settings.model_copy(update={"audit": elsewhere}), written.folder)
    for words in (("key",), ("verify",)):
        result = nowhere.run(*words)
        assert (1, True) == (result.exit_code, "there is no /nowhere/audit.key.pub" in result.output)


def test_a_stranger_checks_that_the_log_has_only_grown(written: Audited, tmp_path: Path) -> None:
    """Checkpoints of any age should be shown to be beginnings; another signature, path or file should not pass."""
    known, growth = tmp_path / "known", tmp_path / "growth.json"
    assert 0 == written.run("verify", "--save", str(known)).exit_code
    _grow(written, 0, 30)
    _grow(written, 0, 31)
    assert 0 == written.run("verify", "--save", str(tmp_path / "later")).exit_code
    known.write_text(known.read_text("utf-8") + (tmp_path / "later").read_text("utf-8"), "utf-8")
    proofs = written.json("growth", str(known))
    keys = Path(written.settings.audit.public_file)
    changed = {
        "as it is": (proofs, 0),
        "path": ([{**proof, "path": proof["path"][1:]} for proof in proofs], 1),
        "root": ([{**proof, "new": proof["new"].replace("\n28\n", "\n29\n")} for proof in proofs], 1),
        "one missing": (proofs[1:], 1),
        "none": ([], 1),
    }
    for name, (told, code) in changed.items():
        growth.write_text(json.dumps(told), "utf-8")
        done = _check(growth, keys, known, script="check_growth.py")
        assert code == done.returncode, (name, done.stderr)
    store(written.settings)


def _grow(written: Audited, partition: int, number: int) -> None:
    send(written.settings.kafka, partition, [entry(number)])
    audit_all(written.settings)


def _spoil(written: Audited, topic: str, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": written.settings.kafka.bootstrap})
    producer.produce(topic, value, partition=1)
    assert 0 == producer.flush(30)


def test_what_somebody_else_wrote_into_the_log_is_told(written: Audited) -> None:
    """A line that is not the auditor's, and a topic that lost its beginning, should break the proof; so it is last."""
    _spoil(written, "audit", line_text(0, b"", b""))
    told = written.run("verify", "--no-tables")
    assert (3, True) == (told.exit_code, "audit/1 at offset" in told.output)
    admin = AdminClient({"bootstrap.servers": written.settings.kafka.bootstrap})
    for future in admin.delete_records([TopicPartition("audit", 0, 3)]).values():
        future.result()
    lost = written.run("verify", "--no-tables")
    assert "line 0 is due and this is line 3" in lost.output
    _spoil(written, "audit-checkpoints", b"junk")
    assert "audit-checkpoints/1 at offset" in written.run("verify", "--no-tables").output
