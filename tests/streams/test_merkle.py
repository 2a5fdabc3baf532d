"""The Merkle tree: published vectors, proofs of every size, and no bit of a proof that may be another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.identity import leaf_hash
from streams.merkle import (
    EMPTY_ROOT,
    Tree,
    consistency_proof,
    inclusion_proof,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

# Inputs and roots of the reference tests of Certificate Transparency (RFC 6962).
INPUTS = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
LEAVES = [leaf_hash(bytes.fromhex(value)) for value in INPUTS]
MOST = 70
"""Past the size where a tree gets its seventh level."""


def _leaves(count: int) -> list[bytes]:
    return [leaf_hash(b"%d" % number) for number in range(count)]


def _flipped(value: bytes, bit: int) -> bytes:
    return (int.from_bytes(value) ^ (1 << bit)).to_bytes(len(value))


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_the_published_vectors(size: int) -> None:
    """The first leaves of the reference inputs should give the reference's roots."""
    assert ROOTS[size] == root_of(LEAVES[:size]).hex()


def test_paths_are_those_that_the_rfc_draws() -> None:
    """The tree of seven leaves in RFC 6962, section 2.1.3, should give the paths that stand there."""
    a, b, c, d, e, f, j = _leaves(7)
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k, tail = node_hash(g, h), node_hash(i, j)
    leaves = [a, b, c, d, e, f, j]
    assert [b, h, tail] == inclusion_proof(leaves, 0)
    assert [c, g, tail] == inclusion_proof(leaves, 3)
    assert [f, j, k] == inclusion_proof(leaves, 4)
    assert [i, k] == inclusion_proof(leaves, 6)
    assert [c, d, g, tail] == consistency_proof(leaves, 3)
    assert [tail] == consistency_proof(leaves, 4)
    assert [i, j, k] == consistency_proof(leaves, 6)


def test_every_leaf_of_every_size_is_proven() -> None:
    """Each path should lead to the root, and to no other root, index or leaf."""
    for size in range(1, MOST):
        leaves = _leaves(size)
        root = root_of(leaves)
        for index in range(size):
            path = inclusion_proof(leaves, index)
            assert verify_inclusion(index, size, leaves[index], path, root)
            assert not verify_inclusion(index, size, leaves[index], path, EMPTY_ROOT)
            assert not verify_inclusion((index + 1) % size, size, leaves[index], path, root) or size == 1
            assert not verify_inclusion(index, size, leaves[index], [*path, root], root)
            assert not path or not verify_inclusion(index, size, leaves[index], path[:-1], root)


def test_every_beginning_of_every_size_is_proven() -> None:
    """Each tree should be shown to be the beginning of each later one, and of no other."""
    for new in range(MOST):
        leaves = _leaves(new)
        root = root_of(leaves)
        for old in range(new + 1):
            was = root_of(leaves[:old])
            path = consistency_proof(leaves, old)
            assert verify_consistency(old, new, was, root, path)
            assert not verify_consistency(old, new, leaf_hash(b"other"), root, path)
            assert not verify_consistency(old, new, was, root, [*path, root])
            assert not path or not verify_consistency(old, new, was, root, path[:-1])
            assert old == new or not verify_consistency(new, old, root, was, path)


@given(st.integers(1, 600), st.data())
def test_any_flipped_bit_breaks_a_proof_of_inclusion(size: int, data: st.DataObject) -> None:
    """One other bit in the leaf, the root or any step should be enough."""
    leaves = _leaves(size)
    index = data.draw(st.integers(0, size - 1))
    parts = [leaves[index], root_of(leaves), *inclusion_proof(leaves, index)]
    assert verify_inclusion(index, size, parts[0], parts[2:], parts[1])
    which = data.draw(st.integers(0, len(parts) - 1))
    parts[which] = _flipped(parts[which], data.draw(st.integers(0, 255)))
    assert not verify_inclusion(index, size, parts[0], parts[2:], parts[1])


@given(st.integers(2, 600), st.data())
def test_any_flipped_bit_breaks_a_proof_of_consistency(new: int, data: st.DataObject) -> None:
    """One other bit in either root or any step should be enough."""
    leaves = _leaves(new)
    old = data.draw(st.integers(1, new - 1))
    parts = [root_of(leaves[:old]), root_of(leaves), *consistency_proof(leaves, old)]
    assert verify_consistency(old, new, parts[0], parts[1], parts[2:])
    which = data.draw(st.integers(0, len(parts) - 1))
    parts[which] = _flipped(parts[which], data.draw(st.integers(0, 255)))
    assert not verify_consistency(old, new, parts[0], parts[1], parts[2:])


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_tree_goes_on_from_its_peaks(before: int, after: int) -> None:
    """Whoever knows the size and the peaks should get the roots of whoever saw every leaf."""
    leaves = _leaves(before + after)
    first = Tree()
    for leaf in leaves[:before]:
        first.append(leaf)
    second = Tree(first.size, list(first.peaks))
    for leaf in leaves[before:]:
        second.append(leaf)
    assert (before + after, root_of(leaves)) == (second.size, second.root())


def test_peaks_that_cannot_be_are_refused() -> None:
    """Each bit of the size should have one peak."""
    with pytest.raises(ValueError, match="a tree of 5 leaves has not 1 perfect subtrees"):
        Tree(5, [EMPTY_ROOT])


def test_what_is_not_in_the_tree_has_no_proof() -> None:
    """Asking for a leaf or a beginning that is not there should say so."""
    with pytest.raises(IndexError, match="has no leaf 3"):
        inclusion_proof(_leaves(3), 3)
    with pytest.raises(IndexError, match="has no beginning of 4"):
        consistency_proof(_leaves(3), 4)
