"""Owns the list of failpoints: every step between what is read and the last acknowledgement, process by process.

A step is a place in the program's code, before or after a call, and how often it is passed before it counts. The
program itself knows nothing of them; `tests.failpoints.process` plants them from outside. May not: plant or run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from confluent_kafka import KafkaError, KafkaException
from sqlalchemy.exc import OperationalError

from wire.errors import KafkaProblem

Fault = Literal["crash", "error", "delay"]
FAULTS: Final[tuple[Fault, ...]] = ("crash", "error", "delay")
"""The last one lets the process go on, so that it can do what the others left undone."""
TRANSACTIONS: Final = "tests.failpoints.process:Transactions"


def _broken() -> Exception:
    return KafkaProblem("planted: Kafka fails here")


def _not_written() -> Exception:
    transport = -195
    return KafkaException(KafkaError(transport))


def _no_room() -> Exception:
    return OperationalError("planted", None, Exception("database or disk is full"))


@dataclass(frozen=True)
class Step:
    """One failpoint. `armed_by`: it counts only once this has handed over, or been given, the test's records."""

    name: str
    when: Literal["before", "after"]
    place: str
    """Module and name, `package.module:Class.method`."""
    armed_by: str = ""
    nth: int = 1
    error: Callable[[], Exception] = _broken


_FETCH: Final = "agents.fetch:BatchThread.fetch"
_ROUTE: Final = "agents.router:Router.handle"
_FOLD: Final = "agents.correlator:Correlator.handle"

ROUTER: Final = (
    Step("a batch is fetched", "after", _FETCH, _FETCH),
    Step("a batch is about to be handled", "before", _ROUTE, _ROUTE),
    Step("its refusals are sent", "after", "agents.router:Router._refusals", _ROUTE),
    Step("a signal is sent", "after", "agents.router:Router._signal", _ROUTE),
    Step("the mark is sent", "after", "agents.router:Router._mark", _ROUTE),
    Step("acknowledgements are waited for", "before", "wire.producer:Outbox.flush", _ROUTE),
    Step("everything is acknowledged", "after", _ROUTE, _ROUTE),
    Step("the batch counts as finished", "after", "agents.progress:Progress.finish", _ROUTE),
    Step("the offset is about to be committed", "before", "agents.fetch:BatchThread.commit", _ROUTE),
    Step("the offset is committed", "after", "agents.fetch:BatchThread.commit", _ROUTE),
)
CORRELATOR: Final = (
    Step("partitions are about to be sought", "before", "agents.transport:BatchConsumer.perform_seek"),
    Step("a snapshot is about to be loaded", "before", "agents.snapshots:Snapshots.load"),
    Step("a snapshot is loaded", "after", "agents.snapshots:Snapshots.load"),
    Step("partitions are sought", "after", "agents.transport:BatchConsumer.perform_seek"),
    Step("signals are about to be handled", "before", _FOLD, _FOLD),
    Step("a signal is folded", "after", "streams.fold:Fold.apply", _FOLD),
    Step("an output is sent", "after", "agents.correlator:Correlator._send", _FOLD),
    Step("outputs are acknowledged", "before", "agents.snapshots:Snapshots.save", _FOLD),
    Step("a piece of a snapshot is sent", "after", "agents.snapshots:Snapshots._send", _FOLD),
    Step("the closing piece is sent", "after", "agents.snapshots:Snapshots._send", _FOLD, nth=2),
    Step(
        "a snapshot is acknowledged, old ones stand", "before", "agents.snapshots:Snapshots._outdated", _FOLD
    ),
    Step("old snapshots are deleted", "after", "agents.snapshots:Snapshots.save", _FOLD),
    Step("signals are handled", "after", _FOLD, _FOLD),
)
_GATHER: Final = "agents.auditor:Auditor._gather"
AUDITOR: Final = (
    Step("a partition is taken over", "after", f"{TRANSACTIONS}.init_transactions", error=_not_written),
    Step("where the log stands is known", "after", "agents.audit_writer:_recover"),
    Step("entries are gathered", "after", _GATHER, _GATHER),
    Step(
        "a transaction is about to begin",
        "before",
        f"{TRANSACTIONS}.begin_transaction",
        _GATHER,
        error=_not_written,
    ),
    Step("a line is sent", "after", f"{TRANSACTIONS}.produce", _GATHER, error=_not_written),
    Step(
        "lines are about to be committed",
        "before",
        f"{TRANSACTIONS}.commit_transaction",
        _GATHER,
        error=_not_written,
    ),
    Step("lines are committed", "after", f"{TRANSACTIONS}.commit_transaction", _GATHER, error=_not_written),
    Step("a checkpoint is about to be signed", "before", "agents.audit_writer:Writer.sign", _GATHER),
    Step("a checkpoint is signed", "after", "agents.signing:Signer.sign", _GATHER),
    Step("a checkpoint is sent", "after", f"{TRANSACTIONS}.produce", _GATHER, nth=4, error=_not_written),
    Step(
        "a checkpoint is about to be committed",
        "before",
        f"{TRANSACTIONS}.commit_transaction",
        _GATHER,
        nth=2,
        error=_not_written,
    ),
    Step(
        "a checkpoint is committed",
        "after",
        f"{TRANSACTIONS}.commit_transaction",
        _GATHER,
        nth=2,
        error=_not_written,
    ),
)
_STORED: Final = "sinks.sink:Sink._gather"
_COMMIT: Final = "sqlalchemy.engine.base:RootTransaction._do_commit"
SINK: Final = (
    Step("the tables are made", "after", "sinks.sink:create_tables", error=_no_room),
    Step("where to read on is known", "after", "sinks.sink:load_offsets", error=_no_room),
    Step("partitions are about to be assigned", "after", "sinks.sink:starts"),
    Step("records are gathered", "after", _STORED, _STORED),
    Step("what packets cite is about to be fetched", "before", "sinks.originals:Originals.fetch", _STORED),
    Step("what packets cite is fetched", "after", "sinks.originals:Originals.fetch", _STORED),
    Step("what is kept already is known", "after", "sinks.sink:kept_originals", _STORED, error=_no_room),
    Step("the transaction is about to begin", "before", "sinks.sink:write", _STORED, error=_no_room),
    Step("the offsets are moved", "after", "sinks.store:_move_offsets", _STORED, error=_no_room),
    Step("rows of a table are inserted", "after", "sinks.store:insert_new", _STORED, error=_no_room),
    Step("candidates are about to be shown", "before", "sinks.store:show", _STORED, error=_no_room),
    Step("their members are shown", "after", "sinks.shown:_show_members", _STORED, error=_no_room),
    Step("the transaction is about to be committed", "before", _COMMIT, _STORED, error=_no_room),
    Step("the transaction is committed", "after", _COMMIT, _STORED, error=_no_room),
    Step("the batch counts as stored", "after", "sinks.sink:Sink.step", _STORED),
)

_PACKETS: Final = "agents.querier:Querier._gather"
_RECORDED: Final = "agents.querier:put_on_record"
_ASKED: Final = "agents.prometheus:Prometheus.ask"
_PUBLISHED: Final = "agents.querier:_publish"
QUERIER: Final = (
    Step("packets are gathered", "after", _PACKETS, _PACKETS),
    Step("the intent is about to be put on record", "before", _RECORDED, _PACKETS),
    Step("the intent is on record, nothing is asked", "after", _RECORDED, _PACKETS),
    Step("a query is about to leave", "before", _ASKED, _PACKETS),
    Step("an answer has come", "after", _ASKED, _PACKETS),
    Step("a second query is about to leave", "before", _ASKED, _PACKETS, nth=2),
    Step("the outcome is about to be put on record", "before", _RECORDED, _PACKETS, nth=2),
    Step("the outcome is on record, nothing is published", "after", _RECORDED, _PACKETS, nth=2),
    Step("answers are about to be published", "before", _PUBLISHED, _PACKETS),
    Step("answers are published, and not remembered", "after", _PUBLISHED, _PACKETS),
    Step("the packets are done with", "after", "agents.querier:Querier.step", _PACKETS),
)
