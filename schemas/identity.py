"""Identity comes from content: names and hashes that any reader can compute again.

Never from a counter, a clock or chance. Ids are unique together with their tenant.
"""

import base64
import hashlib
from functools import lru_cache
from typing import Final

_SEPARATOR: Final = b"\x1f"
_REMEMBERED: Final = 4_096
"""Scopes whose partition, and alerts whose candidate's id is remembered: every signal and every look asks for them."""


def content_hash(content: bytes) -> str:
    """SHA-256 of the bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def digest(*parts: str | int) -> str:
    """32 hexadecimal digits of the SHA-256 over the parts, joined so that no two lists of parts collide."""
    joined = _SEPARATOR.join(str(part).encode() for part in parts)
    return hashlib.sha256(f"{len(parts)}".encode() + _SEPARATOR + joined).hexdigest()[:32]


@lru_cache(maxsize=_REMEMBERED)
def candidate_id(environment: str, starts_at: int, fingerprint: str) -> str:
    """The id of the candidate whose earliest member is this alert: `c-` and 32 hexadecimal digits.

    The tenant is not in it, so that a replay names its candidates as the recorded tenant did.
    """
    return "c-" + digest("candidate", environment, starts_at, fingerprint)


def short_id(identity: str, prefix: str = "INC") -> str:
    """The form that people say and type: the prefix and six characters of the id in base 32."""
    raw = bytes.fromhex(identity.rpartition("-")[2][:8])
    return f"{prefix}-{base64.b32encode(raw).decode()[:6]}"


@lru_cache(maxsize=_REMEMBERED)
def partition_of(tenant: str, environment: str, partitions: int) -> int:
    """The `signals` partition (0 to `partitions` - 1) that holds the scope: SHA-256 modulo their number."""
    return int(digest("scope", tenant, environment), 16) % partitions


def leaf_hash(entry: bytes) -> bytes:
    """The 32-byte Merkle leaf over the exact bytes of an audit entry (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()
