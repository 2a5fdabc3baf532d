"""The core inside Bytewax: one dataflow with two Kafka sources, its positions stored every second."""

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import TestingSink, cluster_main

from bench.core import BATCH, Record
from bench.peers.run import Work, headers_of, run_of
from bench.peers.sending import COMMIT_S

Messages = list[Any]
"""Bytewax's KafkaSourceMessage, a batch of them."""


def main() -> None:
    """Read both topics until the last record."""
    run = run_of()
    work = Work(run)

    def route(messages: Messages) -> list[None]:
        for one in messages:
            stamp_ms = one.timestamp[1]
            work.routed(one.partition, Record(one.offset, stamp_ms, one.value, headers_of(one.headers)))
        return []

    def fold(messages: Messages) -> list[None]:
        for one in messages:
            work.folded(one.partition, one.offset, one.value)
        return []

    flow = Dataflow("storm")
    nothing: list[None] = []
    for name, step in (("alerts", route), (run.names["signals"], fold)):
        place = name.rpartition(".")[2]
        source = KafkaSource([run.bootstrap], [name], batch_size=BATCH)
        stream = op.flat_map_batch(f"{place}_step", op.input(f"{place}_in", flow, source), step)
        op.output(f"{place}_out", stream, TestingSink(nothing))
    stored = Path(tempfile.mkdtemp(prefix="incidents-bench-bytewax-"))
    init_db_dir(stored, 1)
    cluster_main(
        flow, [], 0, epoch_interval=timedelta(seconds=COMMIT_S), recovery_config=RecoveryConfig(stored)
    )


if __name__ == "__main__":
    main()
