"""Owns the files of an export of the audit log: their names, what a line of them says, and proving them.

    audit-0003-000000000000-000000004096.jsonl     partition 3, lines 0 to 4095

Each line of a file is one object of JSON, in one way of writing it, so that no byte can be another: a line of the
log, or a checkpoint over all lines so far, which closes the file. May not: know Kafka, trust a name. Goes to:
`incidents audit export`, and whoever verifies an export, elsewhere and years later.
"""

import base64
import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from sinks.audit_log import Standing, Trust, hold_to_known, standing
from streams.proven import Broken, Proving

_NAME: Final = re.compile(r"audit-(\d{4,})-(\d{12,})-(\d{12,})\.jsonl")
PARTIAL: Final = ".part-"
"""Begins the name of a file that is being written."""


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """One file: lines `first` to `end` - 1 of a partition."""

    partition: int
    first: int
    end: int

    @property
    def name(self) -> str:
        """Its file name."""
        return f"audit-{self.partition:04d}-{self.first:012d}-{self.end:012d}.jsonl"


def line_text(sequence: int, entry: bytes, leaf: bytes) -> bytes:
    """A line of the log as a line of a file."""
    encoded = base64.b64encode(entry).decode()
    return _written({"sequence": sequence, "leaf": leaf.hex(), "entry": encoded})


def note_text(note: str) -> bytes:
    """A signed checkpoint as a line of a file."""
    return _written({"checkpoint": note})


def segments(folder: Path) -> list[Segment]:
    """The files of an export in order. Raises Broken for anything else in the folder, or OSError."""
    found = []
    for path in folder.iterdir():
        match = _NAME.fullmatch(path.name)
        segment = Segment(*map(int, match.groups())) if match else None
        if segment is None or segment.name != path.name or path.is_symlink() or not path.is_file():
            unfinished = path.name.startswith(PARTIAL)
            why = "an export has not finished: run it again" if unfinished else "it is no file of an export"
            raise Broken(str(path), why)
        if segment.first >= segment.end:
            raise Broken(str(path), "its name says that it has no lines")
        found.append(segment)
    return sorted(found)


def verify_export(folder: Path, trust: Trust, partitions: Iterable[int]) -> list[Standing]:
    """What holds of each partition that has files, and of the named ones besides. Raises Broken or OSError."""
    of_partition: dict[int, list[Segment]] = {partition: [] for partition in sorted(partitions)}
    for segment in segments(folder):
        of_partition.setdefault(segment.partition, []).append(segment)
    return [_verified(folder, partition, files, trust) for partition, files in sorted(of_partition.items())]


def last_note(folder: Path, segment: Segment) -> str:
    """The checkpoint that closes a file. Raises Broken or OSError."""
    path = folder / segment.name
    with path.open("rb") as file:
        last = deque(file, maxlen=1)
    match _read(f"{path} at its end", last[0]) if last else None:
        case {"checkpoint": str(note)}:
            return note
    raise Broken(str(path), "its last line is no checkpoint: it was cut")


def _verified(folder: Path, partition: int, files: list[Segment], trust: Trust) -> Standing:
    proving, problem = Proving(trust.origin(partition), trust.keys), ""
    try:
        hold_to_known(proving, trust)
        for segment in files:
            _follow(folder / segment.name, segment, proving)
        proving.finish()
    except Broken as broken:
        problem = str(broken)
    return standing(partition, proving, problem)


def _follow(path: Path, segment: Segment, proving: Proving) -> None:
    if segment.first != proving.size:
        raise Broken(str(path), f"it begins with line {segment.first}, and line {proving.size} is due")
    closed = False
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            place = f"{path} line {number}"
            if closed:
                raise Broken(place, "it follows the checkpoint that closes the file")
            closed = _take(place, raw, proving)
    if not closed or proving.size != segment.end:
        raise Broken(
            str(path),
            f"it ends after line {proving.size - 1} without the checkpoint over {segment.end} lines",
        )


def _take(place: str, raw: bytes, proving: Proving) -> bool:
    """Prove one line of a file; True for a checkpoint. Raises Broken."""
    due = proving.size
    match _read(place, raw):
        case {"checkpoint": str(note)}:
            if proving.checkpoint(place, note, most_signatures=1).size != due:
                raise Broken(place, f"the checkpoint is not over the {due} lines before it")
            closes, written = True, note_text(note)
        case {"sequence": int(sequence), "leaf": str(leaf), "entry": str(encoded)}:
            entry, hashed = _decoded(place, encoded), _unhexed(place, leaf)
            proving.line(place, sequence, entry, hashed)
            closes, written = False, line_text(due, entry, hashed)
        case _:
            raise Broken(place, "it is neither a line of the log nor a checkpoint")
    if written != raw:
        raise Broken(place, "it is not written as an export writes it")
    return closes


def _read(place: str, raw: bytes) -> object:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as wrong:
        raise Broken(place, f"it is no JSON: {wrong}") from wrong


def _written(said: dict[str, str | int]) -> bytes:
    return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)


def _decoded(place: str, text: str) -> bytes:
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raw = b""
    if base64.b64encode(raw).decode() != text:
        raise Broken(place, "the entry is not in base 64")
    return raw


def _unhexed(place: str, text: str) -> bytes:
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if raw.hex() != text:
        raise Broken(place, "the leaf is not in hexadecimal digits")
    return raw
