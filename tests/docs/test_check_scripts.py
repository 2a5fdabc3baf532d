"""The scripts that strangers run: they accept true proofs of every shape, and nothing else, without our code."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas.identity import leaf_hash
from streams.merkle import consistency_proof, inclusion_proof, root_of
from streams.notes import Checkpoint, key_line, sign
from tests.docs.pages import ROOT

NAME = "incidents/audit/0"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ENTRIES = [b"entry %d" % number for number in range(13)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]


def _note(size: int) -> str:
    return sign(Checkpoint(NAME, size, root_of(LEAVES[:size])), KEY)


def _texts(path: list[bytes]) -> list[str]:
    return [base64.b64encode(step).decode() for step in path]


def _run(folder: Path, script: str, proof: object, known: str = "") -> int:
    (folder / "proof").write_text(json.dumps(proof), "utf-8")
    (folder / "keys").write_text(key_line(NAME, KEY.public_key()), "utf-8")
    (folder / "known").write_text(known, "utf-8")
    files = [str(folder / name) for name in ("proof", "keys", "known")]
    command = [sys.executable, "-I", str(ROOT / "docs" / script), *files]
    return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode


def _growth(old: int, new: int) -> dict[str, object]:
    path = _texts(consistency_proof(LEAVES[:new], old))
    return {"log": NAME, "old": _note(old), "new": _note(new), "path": path}


def test_growth_is_proven_between_any_two_sizes(tmp_path: Path) -> None:
    """Every pair of checkpoints of one log should pass, from nothing on, in one file."""
    pairs = [(old, new) for new in range(1, 14) for old in range(new + 1)]
    known = "".join(_note(old) for old, _ in pairs)
    assert 0 == _run(tmp_path, "check_growth.py", [_growth(*pair) for pair in pairs], known)


def _with(first: int, last: int, **changes: object) -> dict[str, object]:
    return {**_growth(first, last), **changes}


@pytest.mark.parametrize(
    "proof",
    [
        _with(6, 13, path=[]),
        _with(6, 13, path=_texts(consistency_proof(LEAVES, 7))),
        _with(6, 13, path=_texts([*consistency_proof(LEAVES, 6), LEAVES[0]])),
        _with(6, 13, new=sign(Checkpoint(NAME, 13, root_of(LEAVES[1:] + LEAVES[:1])), KEY)),
        _with(6, 13, new=_note(13).replace("\n13\n", "\n12\n")),
        _with(6, 6, new=_note(5)),
    ],
    ids=["no path", "other path", "longer path", "other log", "other size", "shrunk"],
)
def test_growth_that_is_none_is_refused(tmp_path: Path, proof: dict[str, object]) -> None:
    """A log that was written anew, cut, or of which too little is told, should not pass."""
    assert 0 != _run(tmp_path, "check_growth.py", [proof], _note(6))


def test_a_kept_checkpoint_without_a_proof_is_told(tmp_path: Path) -> None:
    """Whoever kept two checkpoints should not be content with a proof for one, nor with none."""
    assert 0 != _run(tmp_path, "check_growth.py", [_growth(6, 13)], _note(6) + _note(7))
    assert 0 != _run(tmp_path, "check_growth.py", [], "")


@pytest.mark.parametrize(("index", "size"), [(0, 1), (0, 13), (6, 7), (12, 13), (8, 11)])
def test_an_entry_is_proven_and_no_other(tmp_path: Path, index: int, size: int) -> None:
    """The true entry should pass; another one at its place, or it at another place, should not."""
    path = _texts(inclusion_proof(LEAVES[:size], index))
    entry = base64.b64encode(ENTRIES[index]).decode()
    proof = {"sequence": index, "entry": entry, "path": path, "checkpoint": _note(size)}
    assert 0 == _run(tmp_path, "check_proof.py", proof)
    for changes in (
        {"entry": "eA=="},
        {"sequence": index + 1},
        {"path": [*path, path[0] if path else entry]},
    ):
        assert 0 != _run(tmp_path, "check_proof.py", {**proof, **changes}), changes
