"""Owns bad input through real Kafka: mutated records among good ones, written straight to the topic `alerts`.

What became of each is read by the position that the broker gave it, with fastavro and the committed schemas: nothing of
the pipeline judges itself. Goes to: the command and the short form in the suite.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from confluent_kafka import KafkaError, Message, Producer

from cli.replay import come_through
from tests.chaos.campaign import Row, Tell
from tests.chaos.mutated import Fate, Mutated, messages
from tests.chaos.routed import judged
from tests.chaos.seen import decoded, records
from tests.endtoend.whole import Whole, running_whole
from tests.facts import eventually

NAME: Final = "bad-input"
NUMBER: Final = 1_000_000
_KEPT: Final = 65_536
"""Bytes of a record that its dead letter holds."""
_STORED_S: Final = 900.0
_TOLD: Final = 2_000
Position = tuple[int, int]
"""Partition and offset in the topic alerts."""


class Sent(NamedTuple):
    """One record as it stands in the topic: what has to become of it, its hash and its size."""

    how: str
    fate: Fate
    sha256: str
    size: int


@dataclass
class Findings:
    """What was sent, and what is wrong with what became of it."""

    sent: dict[Position, Sent] = field(default_factory=dict)
    letters: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    @property
    def row(self) -> Row:
        """The line of the table."""
        fates = Counter(one.fate for one in self.sent.values())
        told = ", ".join(f"{number:,} {fate}" for fate, number in sorted(fates.items()))
        return {
            "scenario": NAME,
            "sent": len(self.sent),
            "faults": f"{len({one.how for one in self.sent.values()})} kinds: {told}",
            "restarts": 0,
            "alerts": len(self.sent),
            "candidates": 0,
            "revisions": 0,
            "dead letters": self.letters,
            "audit lines": 0,
            "seconds": f"{self.seconds:.0f}",
            "result": f"{len(self.problems)} problems" if self.problems else "each as it has to be",
        }


def run(seed: int, number: int, folder: Path, tell: Tell) -> Findings:
    """The campaign on a system of its own; everything that was started has ended when it returns.

    That the system does not come up, or does not end in order, is a problem of the findings.
    """
    tell("starting Kafka and every process")
    try:
        with running_whole(folder) as whole:
            return bombard(whole, seed, number, tell)
    except AssertionError as problem:
        return Findings(problems=[str(problem)])


def bombard(whole: Whole, seed: int, number: int, tell: Tell) -> Findings:
    """Mutated records from the seed into the running system, and what was found once all have come through."""
    began, before = time.monotonic(), _lives(whole)
    findings = Findings(_sent(whole.status.bootstrap, messages(seed, number), tell))
    tell("waiting until everything has come through")
    come_through(whole.status.bootstrap)
    findings.problems += _judged(whole.status.bootstrap, findings, tell)
    eventually(lambda: _stored(whole) >= findings.letters, _STORED_S, "the tables hold every dead letter")
    ended = {name for name, pid in _lives(whole).items() if before[name] != pid}
    findings.problems += [f"{name} has ended and was started again" for name in sorted(ended)]
    findings.seconds = time.monotonic() - began
    return findings


def _sent(bootstrap: str, mutated: Iterable[Mutated], tell: Tell) -> dict[Position, Sent]:
    """Everything by the position that the broker gave it."""
    sent: dict[Position, Sent] = {}
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "compression.type": "zstd",
            "linger.ms": 20,
        }
    )
    for number, one in enumerate(mutated, 1):
        _produce(producer, one, sent)
        if number % _TOLD == 0:
            tell(f"{number:,} records written")
    assert producer.flush(120) == 0, "the broker has everything"
    return sent


def _produce(producer: Producer, one: Mutated, sent: dict[Position, Sent]) -> None:
    value = one.value or b""
    facts = Sent(one.how, one.fate, hashlib.sha256(value).hexdigest(), len(value))

    def delivered(error: KafkaError | None, message: Message) -> None:
        assert error is None, error
        sent[message.partition() or 0, message.offset() or 0] = facts

    while True:
        try:
            producer.produce("alerts", one.value, one.key, headers=list(one.headers), on_delivery=delivered)
        except BufferError:
            producer.poll(0.1)
        else:
            producer.poll(0)
            return


def _judged(bootstrap: str, findings: Findings, tell: Tell) -> Iterator[str]:
    sent = findings.sent
    tell("reading signals")
    signals = [at for record in records(bootstrap, "signals") for at in _stands_for(record.value)]
    tell("reading dead letters")
    letters = [decoded("dead-letters", one.value) for one in records(bootstrap, "dead-letters")]
    ours = [one for one in letters if (one["partition"], one["offset"]) in sent and one["topic"] == "alerts"]
    findings.letters = len({one["letter_id"] for one in ours})
    refused = [(one["partition"], one["offset"]) for one in ours if one["reason"]]
    yield from judged(sent, signals, refused)
    for one in ours:
        yield from _kept(one, sent[one["partition"], one["offset"]])


def _stands_for(value: bytes) -> Iterator[Position]:
    for span in decoded("signals", value)["spans"]:
        if span["topic"] == "alerts":
            yield from ((span["partition"], offset) for offset in range(span["first"], span["last"] + 1))


def _kept(letter: dict[str, Any], sent: Sent) -> Iterator[str]:
    """Hash and size of all of it, and its beginning."""
    original = bytes(letter["original"])
    if (letter["original_hash"], letter["original_size"]) != (sent.sha256, sent.size):
        yield f"the letter of a record ({sent.how}) tells another hash or size"
    if len(original) != min(sent.size, _KEPT):
        yield f"the letter of a record ({sent.how}) holds {len(original)} bytes of {sent.size}"


def _stored(whole: Whole) -> int:
    ((number,),) = whole.rows("select count(*) from dead_letters where topic = 'alerts'")
    return int(str(number))


def _lives(whole: Whole) -> dict[str, int | None]:
    return {process.name: process.pid for process in whole.status.processes}
