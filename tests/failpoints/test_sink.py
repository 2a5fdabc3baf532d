"""The sink at each of its steps: killed, failing and delayed there, it leaves the tables of one without a fault."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from schemas.settings import KafkaSettings, Settings, SinkSettings
from sinks.tables import CLAIMS, PACKETS
from tests.brokers import laid_out
from tests.facts import eventually
from tests.failpoints.running import Stage
from tests.failpoints.steps import FAULTS, SINK, Step
from tests.sinks.driven import all_rows, rows_of, send_packets, stored
from tests.sinks.published import cite, publish_originals
from wire.reader import Place

_PATIENCE_S = 40.0


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """A broker without workers' topics in use: what packets cite is published on it."""
    with laid_out(tmp_path_factory.mktemp("kafka"), 2) as kafka:
        yield kafka


@pytest.fixture(scope="module")
def places(broker: KafkaSettings) -> dict[str, Place]:
    """What the packets cite."""
    return publish_originals(broker.bootstrap)


@pytest.fixture
def configured(broker: KafkaSettings, tmp_path: Path) -> Settings:
    """Tables of the test's own."""
    return Settings(kafka=broker, sink=SinkSettings(database=f"sqlite:///{tmp_path}/incidents.db"))


@pytest.mark.parametrize("step", SINK, ids=lambda step: step.name.replace(" ", "-"))
def test_a_fault_at_any_step_of_the_sink_leaves_the_tables_of_one_without(
    step: Step, configured: Settings, places: dict[str, Place], tmp_path: Path
) -> None:
    """After a kill, an error and a delay at the step, each with a packet of its own, every row should be as due."""
    stage = Stage("sink", configured, tmp_path)
    packets = [cite(places, f"sink-{SINK.index(step)}-{fault}") for fault in FAULTS]
    names = [packet.candidate.candidate_id for packet in packets]
    for fault, packet, name in zip(FAULTS, packets, names, strict=True):
        send_packets(configured, [packet])
        with stage.faulty(step, fault, name.encode()):
            if fault == FAULTS[-1]:
                eventually(lambda: set(names) <= _shown(configured), _PATIENCE_S, "all is stored")
    stored(configured)
    calm = configured.model_copy(update={"sink": SinkSettings(database=f"sqlite:///{tmp_path}/calm.db")})
    stored(calm)
    assert all_rows(calm) == all_rows(configured)
    assert not rows_of(configured, select(CLAIMS.c.text).where(~CLAIMS.c.proven))


def _shown(settings: Settings) -> set[str]:
    return {row[0] for row in rows_of(settings, select(PACKETS.c.candidate_id))}
