"""Owns the book of bad input: what was written where, and how often a signal or a dead letter told of it.

Forty bytes a record, by partition and offset, in files that are mapped into memory: a million records take no more of
it than a thousand. May not: read Kafka or make messages. Goes to: `tests.chaos.bad_input`.
"""

import mmap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from struct import Struct
from typing import Final, NamedTuple, get_args

from tests.chaos.mutated import Fate
from tests.chaos.routed import fits

Position = tuple[int, int]
"""Partition and offset in the topic alerts."""
_LINE: Final = Struct("<BBBBi32s")
"""Fate, kind, signals, dead letters, size, hash."""
_SIGNALS, _LETTERS = 2, 3
_MOST_COUNTED: Final = 255
_FATES: Final = get_args(Fate)
_TICKS: Final = 1_000_000
"""Room for other records among ours; of a file that has holes, they take none of the disk."""


class Sent(NamedTuple):
    """One record as it stands in the topic: what has to become of it, its hash and its size."""

    how: str
    fate: Fate
    sha256: bytes
    size: int


class Book:
    """The files of one run, in a folder."""

    def __init__(self, folder: Path, most: int) -> None:
        """For so many records in each partition."""
        self._folder, self._room = folder, most + _TICKS
        self._pages: dict[int, mmap.mmap] = {}
        self._ends: Counter[int] = Counter()
        self._kinds: list[str] = []
        self.fates: Counter[Fate] = Counter()
        self.letters = 0
        """Records that have a dead letter."""

    @property
    def kinds(self) -> int:
        """How many ways of mutating there were."""
        return len(self._kinds)

    def note(self, at: Position, sent: Sent) -> None:
        """A record is written there."""
        partition, offset = at
        if sent.how not in self._kinds:
            self._kinds.append(sent.how)
        kind = self._kinds.index(sent.how)
        line = (1 + _FATES.index(sent.fate), kind, 0, 0, sent.size, sent.sha256)
        _LINE.pack_into(self._page(partition), offset * _LINE.size, *line)
        self._ends[partition] = max(self._ends[partition], offset + 1)
        self.fates[sent.fate] += 1

    def signal(self, at: Position) -> None:
        """A signal stands for what is written there."""
        self._count(at, _SIGNALS)

    def letter(self, at: Position) -> Sent | None:
        """A dead letter with a reason names this place; what was written there, None where nothing of ours was."""
        if (sent := self._at(at)) is not None:
            self.letters += self._count(at, _LETTERS) == 1
        return sent

    def wrong(self) -> Iterator[str]:
        """What of the records did not become what it has to; each of them exactly once."""
        for partition, end in sorted(self._ends.items()):
            for offset in range(end):
                found = self._found(partition, offset)
                sent = self._at((partition, offset))
                if sent is not None and not fits(sent.fate, *found):
                    yield f"{sent.how} at {partition, offset}: {found[0]} signals, {found[1]} dead letters"

    def close(self) -> None:
        """Leave the files."""
        for page in self._pages.values():
            page.close()

    def _found(self, partition: int, offset: int) -> tuple[int, int]:
        page, first = self._pages[partition], offset * _LINE.size
        return page[first + _SIGNALS], page[first + _LETTERS]

    def _at(self, at: Position) -> Sent | None:
        partition, offset = at
        if offset >= self._ends[partition]:
            return None
        fate, kind, _, _, size, hashed = _LINE.unpack_from(self._pages[partition], offset * _LINE.size)
        return Sent(self._kinds[kind], _FATES[fate - 1], hashed, size) if fate else None

    def _count(self, at: Position, which: int) -> int:
        """How often by now; what is not ours is not counted."""
        partition, offset = at
        if offset >= self._ends[partition]:
            return 0
        page, place = self._pages[partition], offset * _LINE.size + which
        page[place] = min(_MOST_COUNTED, page[place] + 1)
        return page[place]

    def _page(self, partition: int) -> mmap.mmap:
        if partition not in self._pages:
            with (self._folder / f"sent-{partition}").open("w+b") as file:
                file.truncate(self._room * _LINE.size)
                self._pages[partition] = mmap.mmap(file.fileno(), 0)
        return self._pages[partition]
