"""The router's hands: what it writes to signals for a batch, and when a mark follows."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.progress import Batch, Record
from agents.router import Router
from schemas.codec import decode
from schemas.events import HEADER_TENANT, HEADER_TICK
from schemas.settings import KafkaSettings, Settings
from schemas.signals import Signal
from tests.brokers import laid_out
from tests.wire.log import read
from wire.producer import Outbox

_ALERT = bytes.fromhex((Path(__file__).parents[2] / "schemas/examples/alerts/v1.hex").read_text())
_PARTITIONS = 2


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """A broker with the topics of the catalogue, for this module alone."""
    with laid_out(tmp_path_factory.mktemp("router"), _PARTITIONS) as settings:
        yield settings


def _alert(offset: int) -> Record:
    return Record(offset, 1_000, b"key", _ALERT, ((HEADER_TENANT, b"default"),))


def _tick(offset: int) -> Record:
    return Record(offset, 1_000, b"tick", b"\0", ((HEADER_TICK, b"5000000"),))


def _written(broker: KafkaSettings, partition: int) -> list[Signal]:
    signals = [decode("signals", message.value()) for message in read(broker.bootstrap, "signals", partition)]
    return [signal for signal in signals if isinstance(signal, Signal)]


def _handle(broker: KafkaSettings, *batches: list[Record]) -> None:
    async def run() -> None:
        outbox = Outbox(broker.bootstrap)
        router = Router(outbox, Settings(), {"alerts": _PARTITIONS}, _PARTITIONS, "test")
        for records in batches:
            first, last = records[0].offset, records[-1].offset
            await router.handle(Batch("alerts", 0, records, first, last + 1, 1))
        await outbox.close()

    asyncio.run(run())


def test_a_mark_follows_a_batch_with_a_tick_in_every_partition_and_covers_the_batches_before(
    broker: KafkaSettings,
) -> None:
    """Batches without a tick should wake no other partition; the next tick's mark should say how far all came."""
    _handle(broker, [_alert(0), _alert(1)], [_alert(2)], [_alert(3), _tick(4)])
    signals = [_written(broker, partition) for partition in range(_PARTITIONS)]
    marks = [[signal.mark for signal in written if signal.mark] for written in signals]
    assert [[5], [5]] == [[mark.next_offset for mark in of_partition] for of_partition in marks]
    alerts = sum(signal.count for written in signals for signal in written if signal.alert)
    assert alerts == 4
