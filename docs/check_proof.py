"""Checks a proof that an entry stands in the audit log: `python check_proof.py proof.json audit.pub`.

Needs Python and the package `cryptography`, and nothing of the program that made the log. The second file has
public keys that you trust, one a line, and must not come from where the proof came from.
"""

import json
import sys
from base64 import b64decode
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

proof = json.loads(Path(sys.argv[1]).read_text("utf-8"))

# The checkpoint: three lines, signed by a key of that name.
text, _, signatures = proof["checkpoint"].rpartition("\n\n")
name, size, root = text.split("\n")
signed = [b64decode(line.split(" ")[2]) for line in signatures.splitlines() if line.split(" ")[1] == name]
lines = [line.split("+", 2) for line in Path(sys.argv[2]).read_text("utf-8").split()]
keys = {bytes.fromhex(key_id): b64decode(key)[1:] for owner, key_id, key in lines if owner == name}
(key_id,) = [
    one[:4] for one in signed if one[:4] in keys
]  # fails without exactly one signature of a known key
(signature,) = [one[4:] for one in signed if one[:4] == key_id]
Ed25519PublicKey.from_public_bytes(keys[key_id]).verify(signature, f"{text}\n".encode())

# The path from the entry to the root (RFC 9162, section 2.1.3.2).
at, last = proof["sequence"], int(size) - 1
found = sha256(b"\0" + b64decode(proof["entry"])).digest()
for step in map(b64decode, proof["path"]):
    left = at % 2 == 1 or at == last
    found = sha256(b"\1" + (step + found if left else found + step)).digest()
    while left and at % 2 == 0 and at > 0:
        at, last = at // 2, last // 2
    at, last = at // 2, last // 2
if not 0 <= proof["sequence"] < int(size) or last != 0 or found != b64decode(root):
    sys.exit("NOT proven: the path does not lead to the root that was signed")
sys.stdout.write(f"proven: the entry is line {proof['sequence']} of {name}, which had {size} lines\n")
