"""Owns what a replay leaves behind that nothing disturbed, without a broker: evidence for the tests of the verifier.

The pipeline in one process, its ledger and its signatures give the bytes; the verifier decodes them as it would from
Kafka. May not: be used by the verifier.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cli.inprocess import InProcess
from schemas.audit import AuditEntry, DeadLetter, Position
from schemas.codec import encode
from schemas.packets import Candidate
from schemas.settings import Settings
from sources.intake import take
from sources.letters import refusal_record
from sources.recording import Delivery, Tick, deliveries, script
from streams.cause import Output
from streams.export import export
from streams.ledger import Ledger
from streams.notes import Checkpoint, key_line, sign
from tests.chaos.recording import lines
from tests.chaos.seen import Fields, Record, Seen, alert_of, decoded
from tests.chaos.verifier import Expected, expected

_TENANT = "replay-calm"
_ORIGIN = "incidents/audit/0"


@dataclass(frozen=True)
class Calm:
    """What is expected, what is there, and the public key of its log."""

    wanted: Expected
    seen: Seen
    keys: str


def calm(folder: Path, seed: int, number: int, alerts: int) -> Calm:
    """A recording from the seed through the pipeline in one process."""
    recorded = list(lines(seed, number, alerts))
    file = folder / "events.jsonl"
    file.write_text("\n".join(recorded), "utf-8")
    steps = list(script(deliveries(file)))
    pipeline = InProcess(_TENANT, Settings(), "calm")
    outputs = list(pipeline.run(steps))
    candidates = [output.message for output in outputs if isinstance(output.message, Candidate)]
    letters = _letters(steps)
    refusals = [_refusal(letter, offset) for offset, letter in enumerate(letters)]
    entries = [*_entries(outputs), *refusals]
    published = Counter(
        alert_of(Record(0, one.offset, one.value or b"", {}))
        for one in pipeline.topics["alerts"]
        if "tick" not in dict(one.headers)
    )
    log, note, keys = _log(entries, seed)
    seen = Seen(
        published,
        [decoded("incident-candidates", encode("incident-candidates", one)) for one in candidates],
        [Record(0, offset, value, {}) for offset, value in enumerate(entries)],
        {0: log},
        {0: [{"note": note}]},
        [decoded("dead-letters", encode("dead-letters", letter)) for letter in letters],
        {one.candidate_id: one.model_dump_json() for one in candidates},
        len(log),
        {one.revision.revision_id for one in candidates},
    )
    return Calm(expected(recorded, export(candidates)), seen, keys)


def _entries(outputs: list[Output]) -> list[bytes]:
    return [encode("audit-entries", o.message) for o in outputs if isinstance(o.message, AuditEntry)]


def _letters(steps: Sequence[Delivery | Tick]) -> list[DeadLetter]:
    sent = [step for step in steps if isinstance(step, Delivery)]
    taken = (take(one.source, one.body, one.headers, one.received_at, _TENANT) for one in sent)
    return [letter for intake in taken for letter in intake.letters]


def _refusal(letter: DeadLetter, offset: int) -> bytes:
    position = Position(topic="dead-letters", partition=0, offset=offset)
    return refusal_record(letter, position, "calm", Settings().fold_hash()).value


def _log(entries: list[bytes], seed: int) -> tuple[list[Fields], str, str]:
    """Lines, a signed note over all of them, and the line of the public key."""
    ledger = Ledger(0, "calm")
    taken = [ledger.take(offset, value, 0) for offset, value in enumerate(entries)]
    key = Ed25519PrivateKey.from_private_bytes(random.Random(seed).randbytes(32))  # noqa: S311 - of a test
    note = sign(Checkpoint(_ORIGIN, ledger.tree.size, ledger.tree.root()), key)
    log = [decoded("audit", encode("audit", line)) for line in taken if line is not None]
    return log, note, key_line(_ORIGIN, key.public_key())
