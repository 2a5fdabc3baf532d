"""The correlator's hands: what counts as the cost of folding again."""

import asyncio
from pathlib import Path

import pytest

from agents.correlator import Correlator
from agents.progress import Batch, Record
from agents.snapshots import Snapshots
from local.ports import HOST, free_ports
from schemas.settings import Settings
from wire.producer import DeliveryFailed, Outbox

_SIGNAL = bytes.fromhex((Path(__file__).parents[2] / "schemas/examples/signals/v1.hex").read_text())
_LOST_AFTER_S = 1.0


def test_waiting_for_kafka_does_not_count_as_folding() -> None:
    """A snapshot is due by the time that folding takes; a slow broker should not make snapshots more frequent."""
    nobody = f"{HOST}:{free_ports(1)[0]}"

    async def run() -> float:
        outbox = Outbox(nobody, timeout_s=_LOST_AFTER_S)
        correlator = Correlator(outbox, Snapshots(outbox, nobody, Settings().state), Settings(), "test")
        with pytest.raises(DeliveryFailed):
            await correlator.handle(Batch("signals", 0, [Record(0, 1_000, None, _SIGNAL, ())], 0, 1, 1))
        await outbox.close()
        return correlator.partitions[0].folding_s

    assert 0 < asyncio.run(run()) < _LOST_AFTER_S / 2
