"""Owns the key that signs the audit log: made at the first start, kept for its owner alone, never replaced by itself.

May not: sign what is not confirmed; the writer says what is. Goes to: the auditor. No other process reads the key:
whoever can sign can rewrite the log.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from schemas.audit import AuditCheckpoint
from schemas.settings import AuditSettings
from streams.ledger import Ledger
from streams.merkle import Tree
from streams.notes import BadNote, Checkpoint, key_line, open_note, origin_of, read_keys, sign

_OTHERS: Final = 0o077
"""The bits of a file's mode that let anybody but its owner at it."""


class CannotSign(RuntimeError):
    """There is no key that may sign this log. The text is one line for a person."""


class Signer:
    """The key, and the public keys whose signatures the log may go on from."""

    def __init__(self, settings: AuditSettings, partitions: int) -> None:
        """Read the key, or make it; write its public half beside it. Raises CannotSign."""
        self._settings = settings
        try:
            self._key = _read_or_make(Path(settings.key_file))
            origins = [origin_of(settings.log, partition) for partition in range(partitions)]
            lines = [key_line(origin, self._key.public_key()) for origin in origins]
            self._keys = read_keys(_published(Path(settings.public_file), lines))
        except BadNote as wrong:
            raise CannotSign(f"{settings.public_file}: {wrong}") from wrong
        except OSError as error:
            where = error.filename or settings.key_file
            raise CannotSign(
                f"{where} cannot be used: {error.strerror}; see audit.key_file in the settings"
            ) from error

    def sign(self, ledger: Ledger) -> AuditCheckpoint:
        """The ledger's checkpoint with its signature. All of its lines must stand in the log."""
        origin = origin_of(self._settings.log, ledger.partition)
        head = Checkpoint(origin, ledger.next_sequence, ledger.tree.root())
        return ledger.checkpoint(sign(head, self._key))

    def check(self, last: AuditCheckpoint) -> None:
        """Raises CannotSign unless one of the known keys has signed what the log would go on from."""
        if not last.note:  # written before checkpoints were signed
            return
        origin = origin_of(self._settings.log, last.partition)
        try:
            signed = open_note(last.note, self._keys)
            root = Tree(last.next_sequence, list(last.peaks)).root()
        except ValueError as wrong:
            raise CannotSign(
                f"the last checkpoint of {origin} is not to be gone on from: {wrong}; put the key that signed it "
                f"back at {self._settings.key_file}, or its public line into {self._settings.public_file}"
            ) from wrong
        if signed != Checkpoint(origin, last.next_sequence, root):
            raise CannotSign(
                f"the last checkpoint in audit-checkpoints/{last.partition} is signed for {signed.size} lines of "
                f"{signed.origin}, and says {last.next_sequence} lines of {origin}; set audit.log back, or look "
                "who wrote to that topic"
            )


def _read_or_make(path: Path) -> Ed25519PrivateKey:
    with contextlib.suppress(FileNotFoundError):
        return _read(path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    # With the mode 0600 that every such file has from its beginning. Linked, not renamed: of two that start at once
    # the first one's key is the key.
    with _written(path, pem) as scratch, contextlib.suppress(FileExistsError):
        path.hardlink_to(scratch)
    return _read(path)


def _read(path: Path) -> Ed25519PrivateKey:
    pem = path.read_bytes()
    if path.stat().st_mode & _OTHERS:
        raise CannotSign(
            f"{path} can be read by others: `chmod 600 {path}`, and think of who may have its key"
        )
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as wrong:
        raise CannotSign(f"{path} holds no key that can be read; put the audit log's key there") from wrong
    if not isinstance(key, Ed25519PrivateKey):
        raise CannotSign(f"{path} holds another kind of key than Ed25519; put the audit log's key there")
    return key


def _published(path: Path, lines: Iterable[str]) -> str:
    """The public keys, with what is missing added; those of before stay, so that old checkpoints stay provable."""
    there = path.read_text("utf-8") if path.exists() else ""
    missing = [line for line in lines if line not in there.splitlines()]
    if missing:
        whole = there + "".join(f"{line}\n" for line in missing)
        with _written(path, whole.encode()) as scratch:
            scratch.chmod(0o644)
            scratch.replace(path)
        return whole
    return there


@contextlib.contextmanager
def _written(path: Path, content: bytes) -> Iterator[Path]:
    """A file beside `path` with the content on disk, for its owner alone; whatever happens, its name does not stay."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
