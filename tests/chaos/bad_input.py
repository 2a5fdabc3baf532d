"""Owns bad input through real Kafka: mutated records among good ones, written straight to the topic `alerts`.

What became of each is read by the position that the broker gave it, with fastavro and the committed schemas: nothing of
the pipeline judges itself. Goes to: the command and the short form in the suite.
"""

import hashlib
import resource
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaError, Message, Producer

from cli.processes import GROUP
from schemas.topics import INPUT_TOPICS
from tests.chaos.book import Book, Position, Sent
from tests.chaos.campaign import Row, Tell
from tests.chaos.mutated import Mutated, messages
from tests.chaos.seen import Fields, decoded, each
from tests.endtoend.whole import Whole, running_whole
from tests.facts import eventually
from wire.drained import wait_until_drained
from wire.errors import KafkaProblem

NAME: Final = "bad-input"
NUMBER: Final = 1_000_000
_KEPT: Final = 65_536
"""Bytes of a record that its dead letter holds."""
_THROUGH_S: Final = 3_600.0
_STORED_S: Final = 3_600.0
_TOLD: Final = 2_000
_MOST_PROBLEMS: Final = 1_000
"""More are not told."""


@dataclass
class Findings:
    """What was sent, and what is wrong with what became of it."""

    sent: int = 0
    kinds: int = 0
    fates: str = ""
    letters: int = 0
    seconds: float = 0.0
    memory_mb: int = 0
    """The most that this process took."""
    problems: list[str] = field(default_factory=list)

    @property
    def row(self) -> Row:
        """The line of the table."""
        return {
            "scenario": NAME,
            "sent": self.sent,
            "faults": f"{self.kinds} kinds: {self.fates}",
            "restarts": 0,
            "alerts": self.sent,
            "candidates": 0,
            "revisions": 0,
            "dead letters": self.letters,
            "audit lines": 0,
            "seconds": f"{self.seconds:.0f}, {self.memory_mb} MB",
            "result": f"{len(self.problems)} problems" if self.problems else "each as it has to be",
        }


def run(seed: int, number: int, folder: Path, tell: Tell) -> Findings:
    """The campaign on a system of its own; everything that was started has ended when it returns.

    That the system does not come up, or does not end in order, is a problem of the findings.
    """
    tell("starting Kafka and every process")
    try:
        with running_whole(folder) as whole:
            return bombard(whole, seed, number, folder, tell)
    except (AssertionError, KafkaProblem) as problem:
        return Findings(problems=[str(problem)])


def bombard(whole: Whole, seed: int, number: int, folder: Path, tell: Tell) -> Findings:
    """Mutated records from the seed into the running system, and what was found once all have come through."""
    began, before = time.monotonic(), _lives(whole)
    book, findings = Book(folder, number), Findings(sent=number)
    _send(whole.status.bootstrap, messages(seed, number), book, tell)
    tell("waiting until everything has come through")
    for topics in (INPUT_TOPICS, ("signals",)):
        wait_until_drained(whole.status.bootstrap, GROUP, topics, _THROUGH_S)
    findings.problems += islice(_judged(whole.status.bootstrap, book, tell), _MOST_PROBLEMS)
    eventually(lambda: _stored(whole) >= book.letters, _STORED_S, "the tables hold every dead letter")
    ended = {name for name, pid in _lives(whole).items() if before[name] != pid}
    findings.problems += [f"{name} has ended and was started again" for name in sorted(ended)]
    findings.seconds = time.monotonic() - began
    _note(findings, book)
    return findings


def _note(findings: Findings, book: Book) -> None:
    findings.kinds, findings.letters = book.kinds, book.letters
    findings.fates = ", ".join(f"{number:,} {fate}" for fate, number in sorted(book.fates.items()))
    findings.memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_000
    book.close()


def _send(bootstrap: str, mutated: Iterable[Mutated], book: Book, tell: Tell) -> None:
    """Everything, into the book by the position that the broker gave it."""
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "compression.type": "zstd",
            "linger.ms": 20,
            "queue.buffering.max.messages": 10_000,
        }
    )
    for number, one in enumerate(mutated, 1):
        _produce(producer, one, book)
        if number % _TOLD == 0:
            tell(f"{number:,} records written")
    assert producer.flush(120) == 0, "the broker has everything"


def _produce(producer: Producer, one: Mutated, book: Book) -> None:
    value = one.value or b""
    facts = Sent(one.how, one.fate, hashlib.sha256(value).digest(), len(value))

    def delivered(error: KafkaError | None, message: Message) -> None:
        assert error is None, error
        book.note((message.partition() or 0, message.offset() or 0), facts)

    while True:
        try:
            producer.produce("alerts", one.value, one.key, headers=list(one.headers), on_delivery=delivered)
        except BufferError:
            producer.poll(0.1)
        else:
            producer.poll(0)
            return


def _judged(bootstrap: str, book: Book, tell: Tell) -> Iterator[str]:
    """What is wrong; one record is in memory at a time."""
    tell("reading signals")
    for record in each(bootstrap, "signals"):
        for at in _stands_for(decoded("signals", record.value)):
            book.signal(at)
    tell("reading dead letters")
    for record in each(bootstrap, "dead-letters"):
        yield from entered(book, decoded("dead-letters", record.value))
    yield from book.wrong()


def _stands_for(signal: Fields) -> Iterator[Position]:
    for span in signal["spans"]:
        if span["topic"] == "alerts":
            yield from ((span["partition"], offset) for offset in range(span["first"], span["last"] + 1))


def entered(book: Book, letter: Fields) -> Iterator[str]:
    """Counts a dead letter; what is wrong with it: hash and size of all of it, and its beginning."""
    if letter["topic"] != "alerts" or letter["offset"] is None or not letter["reason"]:
        return
    sent = book.letter((letter["partition"], letter["offset"]))
    if sent is None:
        return
    if (letter["original_hash"], letter["original_size"]) != (sent.sha256.hex(), sent.size):
        yield f"the letter of a record ({sent.how}) tells another hash or size"
    if (found := len(bytes(letter["original"]))) != min(sent.size, _KEPT):
        yield f"the letter of a record ({sent.how}) holds {found} bytes of {sent.size}"


def _stored(whole: Whole) -> int:
    ((number,),) = whole.rows("select count(*) from dead_letters where topic = 'alerts'")
    return int(str(number))


def _lives(whole: Whole) -> dict[str, int | None]:
    return {process.name: process.pid for process in whole.status.processes}
