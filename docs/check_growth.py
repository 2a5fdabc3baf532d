"""Checks proofs that the audit log has only grown: `python check_growth.py growth.json audit.pub known.txt`.

Needs Python and the package `cryptography`. The second file has public keys that you trust, the third the
checkpoints that you have kept: neither may come from where the proofs came from.
"""

import json
import sys
from base64 import b64decode
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

proofs = json.loads(Path(sys.argv[1]).read_text("utf-8"))
lines = [line.split("+", 2) for line in Path(sys.argv[2]).read_text("utf-8").split()]
kept = Path(sys.argv[3]).read_text("utf-8")


def opened(note: str) -> tuple[str, int, bytes]:
    """Name, size and root of a checkpoint that a known key of its name has signed."""
    text, _, signatures = note.rpartition("\n\n")
    name, size, root = text.split("\n")
    keys = {bytes.fromhex(key_id): b64decode(key)[1:] for owner, key_id, key in lines if owner == name}
    signed = [b64decode(line.split(" ")[2]) for line in signatures.splitlines() if line.split(" ")[1] == name]
    (signature,) = [one for one in signed if one[:4] in keys]
    Ed25519PublicKey.from_public_bytes(keys[signature[:4]]).verify(signature[4:], f"{text}\n".encode())
    return name, int(size), b64decode(root)


def grown(old: int, new: int, was: bytes, now: bytes, path: list[bytes]) -> bool:
    """RFC 9162, section 2.1.4.2; of nothing everything has grown."""
    if old in (0, new):
        return not path and (old == 0 or was == now)
    first, *steps = path if old & (old - 1) else [was, *path]
    at, last, before, after = old - 1, new - 1, first, first
    while at & 1:
        at, last = at >> 1, last >> 1
    for step in steps:
        left = at & 1 or at == last
        before = sha256(b"\1" + step + before).digest() if left else before
        after = sha256(b"\1" + (step + after if left else after + step)).digest()
        while left and at and not at & 1:
            at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1
    return last == 0 and (before, after) == (was, now)


for proof in proofs:
    name, old, was = opened(proof["old"])
    new_name, new, now = opened(proof["new"])
    if name != new_name or old > new or not grown(old, new, was, now, [*map(b64decode, proof["path"])]):
        sys.exit(f"NOT proven: {name} has not only grown from {old} to {new} lines")
    kept = kept.replace(proof["old"], "", 1)
    sys.stdout.write(f"proven: {name} has only grown from {old} to {new} lines\n")
if kept.strip() or not proofs:
    sys.exit("NOT proven: there is no proof for every checkpoint that was kept")
