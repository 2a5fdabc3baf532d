"""The raw limit of reading: confluent-kafka and fastavro, each record decoded and forgotten.

    python -m bench.raw RUN.json

Goes to: `bench.storm`.
"""

from io import BytesIO
from typing import Final

import fastavro
import orjson
from confluent_kafka import Consumer, TopicPartition

from bench.core import Told
from bench.peers.run import run_of
from schemas.parsed import schema_text
from schemas.topics import TOPICS
from wire.admin import end_offsets

_WIRE_HEADER: Final = 5
_AT_ONCE: Final = 1_000


def main() -> None:
    """Decode everything that is there."""
    run, told = run_of(), Told()
    schema = fastavro.parse_schema(orjson.loads(schema_text("alerts", TOPICS["alerts"].version)))
    places = [("alerts", number) for number in range(run.partitions)]
    left = sum(end_offsets(run.bootstrap, places).values())
    consumer = Consumer(
        {"bootstrap.servers": run.bootstrap, "group.id": run.run, "enable.auto.commit": False}
    )
    consumer.assign([TopicPartition(*place, 0) for place in places])
    while left:
        messages = consumer.consume(_AT_ONCE, 1.0)
        told.begin()
        left -= len(messages)
        for message in messages:
            value = message.value()
            if value:
                fastavro.schemaless_reader(BytesIO(value[_WIRE_HEADER:]), schema, None)
    told.end()


if __name__ == "__main__":
    main()
