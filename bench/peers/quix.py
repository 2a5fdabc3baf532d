"""The core inside Quix Streams: one application, a dataframe for each of the two topics."""

import logging
import tempfile
from typing import Any

from quixstreams import Application, message_context

from bench.core import Record
from bench.peers.run import Work, headers_of, run_of
from bench.peers.sending import COMMIT_S


def main() -> None:
    """Read both topics until the last record."""
    run = run_of()
    work = Work(run)

    def route(value: bytes, _key: Any, timestamp: int, headers: Any) -> None:  # noqa: ANN401 - Quix's own types
        place = message_context()
        work.routed(place.partition, Record(place.offset, timestamp, value, headers_of(headers)))

    def fold(value: bytes, _key: Any, _timestamp: int, _headers: Any) -> None:  # noqa: ANN401 - as above
        place = message_context()
        work.folded(place.partition, place.offset, value)

    app = Application(
        broker_address=run.bootstrap,
        consumer_group=run.run,
        auto_offset_reset="earliest",
        commit_interval=COMMIT_S,
        auto_create_topics=False,
        state_dir=tempfile.mkdtemp(prefix="incidents-bench-quix-"),
        loglevel=logging.CRITICAL,
    )
    for name, step in (("alerts", route), (run.names["signals"], fold)):
        topic = app.topic(name, key_deserializer="bytes", value_deserializer="bytes")
        app.dataframe(topic).update(step, metadata=True)
    app.run()


if __name__ == "__main__":
    main()
