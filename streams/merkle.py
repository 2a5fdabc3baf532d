"""The Merkle tree of RFC 6962 (section 2.1; the same in RFC 9162): its root, and proofs about it.

Pure. A tree of n leaves is kept as the roots of its perfect subtrees, largest first: one for each bit of n.
That is enough to append and to give the root. Proofs are made from all leaves, and checked from a few hashes.
May not: know what a leaf stands for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()

Hash = bytes


def node_hash(left: Hash, right: Hash) -> Hash:
    """The hash of an inner node over its two children."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(slots=True)
class Tree:
    """A growing tree. `peaks` are the roots of its perfect subtrees, largest first."""

    size: int = 0
    peaks: list[Hash] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Raises ValueError where there is not one peak for each bit of the size."""
        if self.size < 0 or len(self.peaks) != self.size.bit_count():
            raise ValueError(f"a tree of {self.size} leaves has not {len(self.peaks)} perfect subtrees")

    def append(self, leaf: Hash) -> None:
        """Add the hash of one more leaf."""
        grown, merging = leaf, self.size
        while merging & 1:
            grown = node_hash(self.peaks.pop(), grown)
            merging >>= 1
        self.peaks.append(grown)
        self.size += 1

    def root(self) -> Hash:
        """The tree's root; for no leaves the hash of nothing."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def root_of(leaves: Iterable[Hash]) -> Hash:
    """The root over the hashes of leaves."""
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def inclusion_proof(leaves: Sequence[Hash], index: int) -> list[Hash]:
    """The audit path of leaf `index` in the tree over `leaves` (RFC 6962, section 2.1.1), from the leaf up.

    Raises IndexError when there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"a tree of {len(leaves)} leaves has no leaf {index}")
    first, end, path = 0, len(leaves), []
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            path.append(root_of(leaves[middle:end]))
            end = middle
        else:
            path.append(root_of(leaves[first:middle]))
            first = middle
    return path[::-1]


def verify_inclusion(index: int, size: int, leaf: Hash, path: Sequence[Hash], root: Hash) -> bool:
    """True when `leaf` is leaf `index` of the tree with `size` leaves and this root.

    The algorithm of RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(step, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def consistency_proof(leaves: Sequence[Hash], old: int) -> list[Hash]:
    """What shows that the first `old` leaves are the beginning of all `leaves` (RFC 6962, section 2.1.2).

    Empty where old is 0 or all. Raises IndexError when there are fewer leaves.
    """
    if not 0 <= old <= len(leaves):
        raise IndexError(f"a tree of {len(leaves)} leaves has no beginning of {old}")
    if old in (0, len(leaves)):
        return []
    first, end, path, whole = 0, len(leaves), list[Hash](), True
    while old != end:
        middle = first + _split(end - first)
        if old <= middle:
            path.append(root_of(leaves[middle:end]))
            end = middle
        else:
            path.append(root_of(leaves[first:middle]))
            first, whole = middle, False
    return path[::-1] if whole else [root_of(leaves[first:end]), *path[::-1]]


def verify_consistency(old: int, new: int, old_root: Hash, new_root: Hash, path: Sequence[Hash]) -> bool:
    """True when the tree with `old` leaves is the beginning of the one with `new` leaves.

    The algorithm of RFC 9162, section 2.1.4.2; nothing is the beginning of everything.
    """
    if not 0 <= old <= new:
        return False
    if old in (0, new):
        return not path and old_root == (new_root if old else EMPTY_ROOT)
    steps = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not steps:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    return _climb(at, last, steps) == (old_root, new_root)


def _climb(at: int, last: int, steps: Sequence[Hash]) -> tuple[Hash, Hash] | None:
    """Both roots as the steps give them; None where there are too many or too few."""
    was = now = steps[0]
    for step in steps[1:]:
        if last == 0:
            return None
        if at & 1 or at == last:
            was, now = node_hash(step, was), node_hash(step, now)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            now = node_hash(now, step)
        at, last = at >> 1, last >> 1
    return (was, now) if last == 0 else None


def _split(count: int) -> int:
    """The largest power of two below `count`, which is at least 2: where a tree is split."""
    return 1 << (count - 1).bit_length() - 1
