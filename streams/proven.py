"""Proving a partition of the audit log: its lines, one after another, against what was signed about them.

Pure. The tree over all lines is built anew and held against every checkpoint, so that any two of them that pass are
consistent with each other. May not: read the log, trust a hash that it has not computed. Goes to: verification of
the running log and of exports, which differ only in where lines and checkpoints come from.
"""

import re
from typing import Final

from schemas.audit import Position
from schemas.identity import leaf_hash
from streams.ledger import IN_ORDER, source_of
from streams.merkle import Hash, Tree
from streams.notes import MOST_SIGNATURES, BadNote, Checkpoint, Keys, open_note

_NOTE: Final = re.compile("[^\n]+\n[^\n]+\n[^\n]+\n\n(?:\u2014 [^\n]+\n)+")


class Broken(ValueError):
    """The log is not what was signed. The text says where and what, in one line."""

    def __init__(self, place: str, what: str) -> None:
        super().__init__(f"{place}: {what}")
        self.place = place


class Proving:
    """One partition on its way from its first line to its last."""

    def __init__(self, origin: str, keys: Keys) -> None:
        self.origin = origin
        self.proven = 0
        """So many lines, from the first, are covered by a signature that has been checked."""
        self.checkpoints = 0
        self.newest = ""
        """The note with the most lines that has been checked."""
        self._keys = keys
        self._tree = Tree()
        self._heads: dict[tuple[str, int], tuple[int, int]] = {}
        self._due: dict[int, list[tuple[str, str, Checkpoint]]] = {}
        self._last_size = 0

    @property
    def size(self) -> int:
        """Lines seen."""
        return self._tree.size

    def line(self, place: str, sequence: int, entry: bytes, leaf: Hash) -> None:
        """The next line. Raises Broken when it is not the next, not its hash, or a repeat."""
        if sequence != self.size:
            raise Broken(place, f"line {self.size} is due and this is line {sequence}")
        if leaf_hash(entry) != leaf:
            raise Broken(place, f"the entry of line {sequence} does not have the hash that stands beside it")
        source = source_of(entry)
        if source is not None and source.topic in IN_ORDER:
            self._follow(place, sequence, source)
        self._tree.append(leaf)
        self._settle()

    def checkpoint(self, place: str, note: str, most_signatures: int = MOST_SIGNATURES) -> Checkpoint:
        """The log's next checkpoint, with its lines or before them. Raises Broken as soon as it does not hold."""
        signed = self._opened(place, note, most_signatures)
        if signed.size < self._last_size:
            raise Broken(place, f"it signs {signed.size} lines after one that signs {self._last_size}")
        self._last_size = signed.size
        self.checkpoints += 1
        self._promise(place, note, signed)
        return signed

    def hold_to(self, place: str, note: str) -> None:
        """A checkpoint that somebody keeps elsewhere. Raises Broken as soon as the log does not hold it."""
        self._promise(place, note, self._opened(place, note, MOST_SIGNATURES))

    def finish(self) -> None:
        """There are no more lines. Raises Broken when more were signed than are there."""
        for size, promises in self._due.items():
            place = promises[0][0]
            raise Broken(place, f"{size} lines were signed, and the log ends after {self.size}: it was cut")

    def _opened(self, place: str, note: str, most_signatures: int) -> Checkpoint:
        try:
            signed = open_note(note, self._keys, most_signatures)
        except BadNote as wrong:
            raise Broken(place, f"the checkpoint does not hold: {wrong}") from wrong
        if signed.origin != self.origin:
            raise Broken(place, f"the checkpoint is of {signed.origin}, and this is {self.origin}")
        return signed

    def _promise(self, place: str, note: str, signed: Checkpoint) -> None:
        if signed.size < self.size:
            raise Broken(place, f"it signs {signed.size} lines after line {self.size - 1}")
        self._due.setdefault(signed.size, []).append((place, note, signed))
        self._settle()

    def _settle(self) -> None:
        """Hold what was signed for just so many lines against the tree over them."""
        for place, note, signed in self._due.pop(self.size, ()):
            if signed.root != self._tree.root():
                raise Broken(place, f"lines {self.proven} to {self.size - 1} are not those that were signed")
            self.newest, self.proven = note, self.size

    def _follow(self, place: str, sequence: int, source: Position) -> None:
        here = (source.offset, source.index)
        head = self._heads.get((source.topic, source.partition))
        if head is not None and here <= head:
            raise Broken(
                place, f"line {sequence} repeats or goes back behind what its source has said before"
            )
        self._heads[source.topic, source.partition] = here


def read_notes(text: str) -> list[str]:
    """The signed notes in a file that holds one or several after each other. Raises BadNote for anything else."""
    whole = text.rstrip("\n") + "\n"
    notes = [str(found) for found in _NOTE.findall(whole)]
    if "".join(notes) != whole:
        raise BadNote("it does not hold checkpoints: each is three lines, an empty line, and signatures")
    return notes
