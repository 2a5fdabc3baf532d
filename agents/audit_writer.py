"""Owns writing one partition of the audit log: lines in transactions, then a signature over what was confirmed.

The `transactional.id` of a partition is fixed, so that only one writer can exist: a second one takes over, and
the first is refused and ends. May not: read entries, decide when to sign. Goes to: `agents.auditor`.
"""

import logging
from collections.abc import Sequence
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from agents.signing import Signer
from schemas.audit import AuditCheckpoint, AuditRecord
from schemas.codec import decode, encode
from streams.ledger import Ledger, recovered
from wire.admin import MAX_RECORD_BYTES
from wire.errors import KafkaProblem, Unreachable
from wire.tail import read_tail

_COMMIT_S: Final = 20.0
_TRANSACTION_MS: Final = 15_000
"""After a kill readers wait at most so long for lines that were not confirmed; a restart ends them at once."""
_TAKEN_OVER: Final = frozenset(
    {
        KafkaError._FENCED,  # noqa: SLF001 - published names
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.PRODUCER_FENCED,
    }
)


class Writer:
    """The only writer of one partition of the audit log."""

    def __init__(self, bootstrap: str, partition: int, build: str, signer: Signer) -> None:
        """Take the partition over from any other writer, then find out where it stands.

        In this order: once the other is refused, what stands in the log is final. Raises KafkaProblem, or
        CannotSign when the log was signed with a key that is not known here.
        """
        self._partition, self._signer = partition, signer
        self._producer = Producer(_settings(bootstrap, partition), logger=logging.getLogger("librdkafka"))
        try:
            self._producer.init_transactions(_COMMIT_S)
        except KafkaException as error:
            raise Unreachable(bootstrap, error.args[0].str()) from error
        last = _last_checkpoint(bootstrap, partition)
        if last is not None:
            signer.check(last)
        self.ledger = _recover(bootstrap, partition, build, last)
        self._signed_offset = last.entries_offset if last is not None and last.note else 0
        self.kept_offset = self.ledger.entries_offset
        """The offset of audit-entries at which a restart would go on: nothing before it is needed any more."""

    @property
    def unsigned(self) -> bool:
        """True when entries have been taken that no signed checkpoint covers yet."""
        return self.ledger.entries_offset > self._signed_offset

    def write(self, entries: Sequence[Message]) -> int:
        """Put entries on record in one transaction; the number of lines, without repeats.

        Raises KafkaProblem when this could not be done: the transaction is void, and this writer with it.
        """
        taken = [self.ledger.take(e.offset() or 0, e.value(), e.timestamp()[1] * 1000) for e in entries]
        lines = [(e.key(), line) for e, line in zip(entries, taken, strict=True) if line is not None]
        if lines:
            self._commit("audit", lines)
            self.kept_offset = (lines[-1][1].entries_offset or 0) + 1
        return len(lines)

    def sign(self) -> None:
        """Put a signed checkpoint on record. Only confirmed lines are ever signed. Raises KafkaProblem."""
        checkpoint = self._signer.sign(self.ledger)
        self._commit("audit-checkpoints", [(str(self._partition).encode(), checkpoint)])
        self.kept_offset = self._signed_offset = checkpoint.entries_offset

    def _commit(
        self, topic: str, records: Sequence[tuple[str | bytes | None, AuditRecord | AuditCheckpoint]]
    ) -> None:
        try:
            self._producer.begin_transaction()
            for key, message in records:
                self._producer.produce(topic, encode(topic, message), key=key, partition=self._partition)
                self._producer.poll(0)
            self._producer.commit_transaction(_COMMIT_S)
        except (KafkaException, BufferError) as error:
            raise _problem(self._partition, error) from error


def _last_checkpoint(bootstrap: str, partition: int) -> AuditCheckpoint | None:
    found = read_tail(bootstrap, "audit-checkpoints", partition, bool)
    last = decode("audit-checkpoints", found[-1].value()) if found else None
    return last if isinstance(last, AuditCheckpoint) else None


def _recover(bootstrap: str, partition: int, build: str, checkpoint: AuditCheckpoint | None) -> Ledger:
    known = checkpoint.next_sequence if checkpoint is not None and checkpoint.peaks else 0
    tail = read_tail(bootstrap, "audit", partition, lambda found: _reaches(found, known))
    try:
        return recovered(partition, build, checkpoint, map(_line_of, tail))
    except ValueError as wrong:
        raise KafkaProblem(f"audit/{partition} is not whole: {wrong}; restore it before going on") from wrong


def _reaches(found: list[Message], known: int) -> bool:
    """True when the lines go back to what the checkpoint covers."""
    return bool(found) and _line_of(found[0]).sequence <= known


def _line_of(message: Message) -> AuditRecord:
    line = decode("audit", message.value())
    if not isinstance(line, AuditRecord):
        raise TypeError(f"{type(line).__name__} in audit")
    return line


def _problem(partition: int, error: KafkaException | BufferError) -> KafkaProblem:
    code = error.args[0].code() if isinstance(error, KafkaException) else None
    if code in _TAKEN_OVER:
        return KafkaProblem(f"another auditor has taken over partition {partition}; only one may run")
    words = error.args[0].str() if isinstance(error, KafkaException) else str(error)
    return KafkaProblem(f"partition {partition} of audit cannot be written: {words}; start the auditor again")


def _settings(bootstrap: str, partition: int) -> dict[str, str | int | bool]:
    return {
        "bootstrap.servers": bootstrap,
        "transactional.id": f"auditor-{partition}",
        "transaction.timeout.ms": _TRANSACTION_MS,
        "acks": "all",
        "linger.ms": 0,
        "compression.type": "lz4",
        "message.max.bytes": MAX_RECORD_BYTES,
        "reconnect.backoff.max.ms": 1000,
    }
