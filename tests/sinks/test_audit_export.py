"""Exporting the audit log of a real broker: proven elsewhere, resumable, and refused where it was changed."""

import signal
from pathlib import Path

from local.system import settings_toml
from tests.agents.audited import audit_all, entry, send
from tests.children import started
from tests.sinks.audited_log import Audited, store


def _exported(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_an_export_is_proven_elsewhere_and_grows_without_changing(written: Audited, tmp_path: Path) -> None:
    """Each run should add files and leave those of before; the whole should be proven by key and known checkpoint."""
    folder, known = tmp_path / "export", tmp_path / "known"
    assert 2 == len(written.json("export", str(folder), "--json")["written"])
    assert 0 == written.run("verify", "--save", str(known)).exit_code
    before = _exported(folder)
    assert {
        "audit-0000-000000000000-000000000026.jsonl",
        "audit-0001-000000000000-000000000005.jsonl",
    } == set(before)
    assert {0o100444} == {path.stat().st_mode for path in folder.iterdir()}
    assert [] == written.json("export", str(folder), "--json")["written"]
    send(written.settings.kafka, 1, [entry(n, topic="dead-letters", partition=1) for n in (6, 7)])
    audit_all(written.settings)
    written.json("export", str(folder), "--json")
    after = _exported(folder)
    assert before == {name: after[name] for name in before}
    assert {"audit-0001-000000000005-000000000007.jsonl"} == set(after) - set(before)
    key = Path(written.settings.audit.public_file)
    words = ("verify", "--export", str(folder), "--key", str(key), "--known", str(known), "--json")
    assert [26, 7] == [each["proven"] for each in written.json(*words)["partitions"]]
    store(written.settings)


def test_an_export_that_was_changed_or_cut_is_told_by_the_command(written: Audited, tmp_path: Path) -> None:
    """A record that differs, and a cut after a checkpoint, should be exit code 3 with the place."""
    folder, known = tmp_path / "export", tmp_path / "known"
    written.json("export", str(folder), "--json")
    assert 0 == written.run("verify", "--save", str(known), "--no-tables").exit_code
    words = ("verify", "--export", str(folder), "--known", str(known))
    last = max(folder.glob("audit-0001-*"))
    last.rename(tmp_path / last.name)
    cut = written.run(*words)
    assert (3, True) == (cut.exit_code, "it was cut" in cut.output)
    (tmp_path / last.name).rename(last)
    first = min(folder.iterdir())
    first.chmod(0o644)
    first.write_bytes(first.read_bytes().replace(b'"sequence":3,', b'"sequence":4,'))
    changed = written.run(*words)
    assert (3, True) == (changed.exit_code, f"{first} line 4" in changed.output.replace("\n", ""))


def test_an_export_goes_on_after_a_kill_9(written: Audited, tmp_path: Path) -> None:
    """An export that was killed while it wrote should leave no half file that counts, and be finished by the next."""
    whole, folder = tmp_path / "whole", tmp_path / "export"
    written.json("export", str(whole), "--json")
    file = tmp_path / "settings.toml"
    file.write_text(settings_toml(written.settings), "utf-8")
    for step in range(4):
        with started("tests.sinks.export_process", str(file), str(folder), str(step)) as process:
            assert -signal.SIGKILL == process.wait(60), f"step {step}"
    assert 0 == written.run("export", str(folder)).exit_code
    assert _exported(whole) == _exported(folder)


def test_an_export_of_a_log_that_was_written_anew_is_refused(written: Audited, tmp_path: Path) -> None:
    """A log that no longer begins as it was exported should be told, and nothing be added."""
    folder = tmp_path / "export"
    written.json("export", str(folder), "--json")
    path = folder / "audit-0000-000000000000-000000000026.jsonl"
    path.rename(folder / "audit-0001-000000000000-000000000026.jsonl")
    result = written.run("export", str(folder))
    assert (3, True) == (result.exit_code, "the checkpoint is of incidents/audit/0" in result.output)
