"""Exports of the audit log: whatever is done to a file, a record or a byte is seen, and where."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.identity import leaf_hash
from sinks.audit_files import PARTIAL, Segment, verify_export
from sinks.audit_log import Standing, Trust
from streams.notes import Checkpoint, sign
from streams.proven import Broken
from tests.sinks.exported import KEY, LOG, TRUST, note_of, write_export

ENDS = {0: [3, 7], 1: [4]}


@contextmanager
def _export() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        write_export(Path(name), ENDS)
        yield Path(name)


@pytest.fixture
def folder() -> Iterator[Path]:
    """An export of three files: lines 0 to 2 and 3 to 6 of one partition, 0 to 3 of another."""
    with _export() as found:
        yield found


def _problems(folder: Path, trust: Trust = TRUST) -> list[str]:
    """What verification finds; the names of files without their folder."""
    try:
        found = verify_export(folder, trust, range(2))
    except Broken as broken:
        return [str(broken).replace(f"{folder}/", "")]
    return [each.problem.replace(f"{folder}/", "") for each in found if each.problem]


def _file(folder: Path, partition: int, first: int, end: int) -> Path:
    return folder / Segment(partition, first, end).name


def test_an_export_that_nobody_touched_is_proven(folder: Path) -> None:
    """Every line should be proven by its checkpoints."""
    found = verify_export(folder, TRUST, range(2))
    assert [
        Standing(0, 7, 7, 2, note_of(0, 7), None, ""),
        Standing(1, 4, 4, 1, note_of(1, 4), None, ""),
    ] == found


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_flipped_bit_is_seen_and_placed(data: st.DataObject) -> None:
    """One other bit anywhere should be told with the file that it is in, and its line or the one it spoils."""
    with _export() as folder:
        path = data.draw(st.sampled_from(sorted(folder.iterdir())))
        raw = bytearray(path.read_bytes())
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place] ^= 1 << data.draw(st.integers(0, 7))
        path.write_bytes(raw)
        (problem,) = _problems(folder)
    number = raw[:place].count(b"\n") + 1
    placed = re.match(re.escape(path.name) + r" line (\d+): ", problem)
    assert placed is not None, problem
    assert int(placed[1]) in (number, number + 1)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_bytes_added_or_taken_away_are_seen(data: st.DataObject) -> None:
    """A byte more or less anywhere, at the ends too, should be told with its file."""
    with _export() as folder:
        path = data.draw(st.sampled_from(sorted(folder.iterdir())))
        raw = path.read_bytes()
        first = data.draw(st.integers(0, len(raw)))
        end = data.draw(st.integers(first, min(len(raw), first + 400)))
        news = data.draw(st.one_of(st.binary(max_size=3), st.sampled_from([b"\n", b" ", b"{}\n", raw[:80]])))
        changed = raw[:first] + news + raw[end:]
        path.write_bytes(changed)
        problems = _problems(folder)
    assert (changed != raw) == bool(problems)
    assert all(path.name in problem for problem in problems)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_record_that_is_missing_added_or_moved_is_seen(data: st.DataObject) -> None:
    """Whole lines, well formed each, in another order or number should be told with their file."""
    with _export() as folder:
        path = data.draw(st.sampled_from(sorted(folder.iterdir())))
        others = [line for each in sorted(folder.iterdir()) for line in each.read_bytes().splitlines(True)]
        lines = path.read_bytes().splitlines(True)
        changed = data.draw(
            st.one_of(
                st.permutations(lines),
                st.integers(0, len(lines) - 1).map(lambda n: lines[:n] + lines[n + 1 :]),
                st.tuples(st.integers(0, len(lines)), st.sampled_from(others)).map(
                    lambda new: [*lines[: new[0]], new[1], *lines[new[0] :]]
                ),
            )
        )
        path.write_bytes(b"".join(changed))
        problems = _problems(folder)
    assert (changed != lines) == bool(problems)
    assert all(path.name in problem for problem in problems)


def test_a_file_that_is_missing_in_the_middle_is_seen(folder: Path) -> None:
    """The next file should be told as the one that begins too late."""
    _file(folder, 0, 0, 3).unlink()
    assert [f"{Segment(0, 3, 7).name}: it begins with line 3, and line 0 is due"] == _problems(folder)


def test_a_file_that_is_there_twice_or_renamed_is_seen(folder: Path) -> None:
    """Another name should not make other lines of the same bytes."""
    shutil.copy(_file(folder, 0, 0, 3), _file(folder, 0, 0, 5))
    assert [f"{Segment(0, 0, 5).name}: it begins with line 0, and line 3 is due"] == _problems(folder)
    _file(folder, 0, 0, 3).unlink()
    assert [
        f"{Segment(0, 0, 5).name}: it ends after line 2 without the checkpoint over 5 lines"
    ] == _problems(folder)


def test_a_file_of_another_partition_is_seen(folder: Path) -> None:
    """Lines that are good elsewhere should not pass for this partition's."""
    shutil.copy(_file(folder, 0, 0, 3), _file(folder, 1, 4, 7))
    assert [f"{Segment(1, 4, 7).name} line 1: line 4 is due and this is line 0"] == _problems(folder)
    shutil.move(_file(folder, 0, 0, 3), _file(folder, 2, 0, 3))
    missing, stranger = [problem for problem in _problems(folder) if Segment(1, 4, 7).name not in problem]
    assert f"{Segment(0, 3, 7).name}: it begins with line 3, and line 0 is due" == missing
    assert f"no known key of {LOG}/0 has signed it" not in stranger
    assert stranger.startswith(f"{Segment(2, 0, 3).name} line 4: the checkpoint is of {LOG}/0")


@pytest.mark.parametrize("name", ["notes.txt", ".hidden", "audit-0000-000000000007-000000000007.jsonl", "x/"])
def test_what_is_no_file_of_an_export_is_seen(folder: Path, name: str) -> None:
    """Nothing should lie beside the files that verification says nothing about."""
    path = folder / name
    path.mkdir() if name.endswith("/") else path.write_bytes(b"")
    (problem,) = _problems(folder)
    assert problem.startswith(name.rstrip("/"))


def test_an_export_that_was_interrupted_says_so(folder: Path) -> None:
    """A file that was being written should be told apart from one that somebody put there."""
    (folder / f"{PARTIAL}abc").write_bytes(b"")
    assert [f"{PARTIAL}abc: an export has not finished: run it again"] == _problems(folder)


def test_a_cut_after_a_checkpoint_is_seen_through_a_known_one(folder: Path) -> None:
    """An export without its last file is whole in itself; whoever kept a later checkpoint should see the cut."""
    _file(folder, 0, 3, 7).unlink()
    assert [] == _problems(folder)
    known = Trust(LOG, TRUST.keys, {f"{LOG}/0": [note_of(0, 5)]})
    assert [
        f"known checkpoint 1 of {LOG}/0: 5 lines were signed, and the log ends after 3: it was cut"
    ] == _problems(folder, known)


def test_a_partition_without_files_is_seen_through_a_known_checkpoint(folder: Path) -> None:
    """A whole partition that was taken away should be told, and named with no lines without the checkpoint."""
    _file(folder, 1, 0, 4).unlink()
    assert [7, 0] == [each.lines for each in verify_export(folder, TRUST, range(2))]
    known = Trust(LOG, TRUST.keys, {f"{LOG}/1": [note_of(1, 1)]})
    assert [
        f"known checkpoint 1 of {LOG}/1: 1 lines were signed, and the log ends after 0: it was cut"
    ] == _problems(folder, known)


def test_a_log_that_was_written_anew_is_seen_through_a_known_checkpoint(folder: Path) -> None:
    """Whoever has the key can sign another log, and not what others already keep of the old one."""
    before = sign(Checkpoint(f"{LOG}/0", 4, leaf_hash(b"another")), KEY)
    known = Trust(LOG, TRUST.keys, {f"{LOG}/0": [before]})
    assert [f"known checkpoint 1 of {LOG}/0: lines 3 to 3 are not those that were signed"] == _problems(
        folder, known
    )
