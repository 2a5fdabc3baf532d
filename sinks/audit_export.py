"""Owns writing the audit log into files, for storage that can be written once.

Each run adds files with the lines that have been signed since the last one, and changes none: a file appears whole,
read-only, under its name, or not at all. Everything is proven on its way. May not: read SQL, delete a file of an
export. Goes to: `incidents audit export`.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sinks.audit_files import PARTIAL, Segment, last_note, line_text, note_text, segments
from sinks.audit_log import Trust, hold_to_known, lines_of, signed_notes
from streams.proven import Broken, Proving

MOST_LINES: Final = 10_000
"""A file ends at the first checkpoint after so many lines."""


@dataclass(slots=True)
class _Part:
    """Lines on their way to a file, from line `first` on."""

    first: int
    texts: list[bytes] = field(default_factory=list)


def export_log(
    bootstrap: str,
    partitions: int,
    folder: Path,
    trust: Trust,
    progress: Callable[[str], object] = lambda _: None,
) -> list[Segment]:
    """Add what has been signed since the last export to the folder; the files that were written.

    `progress` is told the name of each file once it is there.

    Raises Broken where the log does not hold, or no longer begins as it was exported; KafkaProblem; OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob(f"{PARTIAL}*"):
        path.unlink()
    there = segments(folder)
    written = []
    for partition in range(partitions):
        ours = [segment for segment in there if segment.partition == partition]
        for segment, texts in _new_segments(bootstrap, partition, folder, ours, trust):
            _write_once(folder, segment, texts)
            written.append(segment)
            progress(segment.name)
    return written


def _new_segments(
    bootstrap: str, partition: int, folder: Path, there: list[Segment], trust: Trust
) -> Iterator[tuple[Segment, list[bytes]]]:
    proving = Proving(trust.origin(partition), trust.keys)
    hold_to_known(proving, trust)
    if there:
        proving.hold_to(str(folder / there[-1].name), last_note(folder, there[-1]))
    notes = {}
    for place, note in signed_notes(bootstrap, partition):
        notes[proving.checkpoint(place, note).size] = note
    newest = max(notes, default=0)
    part = _Part(there[-1].end if there else 0)
    for line in lines_of(bootstrap, partition):
        record = line.record
        proving.line(
            f"audit/{partition} at offset {line.offset}", record.sequence, record.entry, record.leaf_hash
        )
        if part.first <= record.sequence < newest:
            part.texts.append(line_text(record.sequence, record.entry, record.leaf_hash))
        if proving.size in notes and (
            len(part.texts) >= MOST_LINES or (part.texts and proving.size == newest)
        ):
            yield Segment(partition, part.first, proving.size), [*part.texts, note_text(notes[proving.size])]
            part = _Part(proving.size)
    proving.finish()


def _write_once(folder: Path, segment: Segment, texts: list[bytes]) -> None:
    """The file as a whole, on disk, under its name; Broken where there is one already."""
    descriptor, scratch = tempfile.mkstemp(dir=folder, prefix=PARTIAL)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(texts)
            file.flush()
            os.fsync(file.fileno())
        Path(scratch).chmod(0o444)
        (folder / segment.name).hardlink_to(scratch)
    except FileExistsError:
        raise Broken(str(folder / segment.name), "somebody else has just written it; export again") from None
    finally:
        Path(scratch).unlink()
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
