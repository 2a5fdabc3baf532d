"""How many deliveries a second the gateway takes on one core, each durable before its 202.

The gateway runs on one core, the broker and the load on the other: the load process keeps many connections busy,
each sending its next delivery once the last is answered. Where the system does not let processes be bound to a core,
the share of a core that the gateway used says the same. Goes to: `python -m bench`.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.figures import Figures, spread
from bench.load import Order, Row
from bench.processes import cpu_seconds
from bench.sending import LoadFailed, sending
from cli.system import program
from local.health import answers
from local.home import replace_file
from local.kafka import Broker, kill_broker, start_broker
from local.ports import HOST, free_ports
from local.process import Child, spawn, stop
from local.system import settings_toml
from schemas.settings import GatewaySettings, KafkaSettings, Settings
from wire.admin import ensure_topics

_SEED: Final = 11
_AT_ONCE: Final = 64
_PLANNED_PER_S: Final = 200.0
"""Different deliveries made for each second of the run; the sender begins again when it has sent them all."""
_WARM_S: Final = 3.0
_UP_S: Final = 30.0
_LOOK_S: Final = 0.05
_PATIENCE_S: Final = 60.0
_ACCEPTED: Final = 202


def measure(seconds: float, progress: Callable[[str], None]) -> Figures:
    """Deliveries a second for `seconds`, the time of an answer, and what a delivery costs each process."""
    with tempfile.TemporaryDirectory(prefix="incidents-bench-") as name:
        folder = Path(name)
        broker = start_broker(folder / "kafka", progress=progress)
        try:
            with _gateway(folder, broker) as (gateway, address):
                _bind({gateway.pid: 0, broker.pid: 1})
                progress(f"{_AT_ONCE} senders at once for {seconds:.0f} s")
                order = Order(address, _SEED, time.time(), _PLANNED_PER_S, _WARM_S, at_once=_AT_ONCE)
                _send(folder, "warm", order)
                return _measured(folder, order, seconds, {"gateway": gateway.pid, "kafka": broker.pid})
        finally:
            kill_broker(broker)


@contextmanager
def _gateway(folder: Path, broker: Broker) -> Iterator[tuple[Child, str]]:
    """A gateway on that broker, and its address; it has ended when the block has."""
    (port,) = free_ports(1)
    settings = Settings(
        kafka=KafkaSettings(bootstrap=broker.bootstrap), gateway=GatewaySettings(host=HOST, port=port)
    )
    ensure_topics(settings.kafka)
    written = folder / "settings.toml"
    replace_file(written, settings_toml(settings).encode())
    command = (*program(), "gateway", "--settings", str(written))
    child, address = spawn("gateway", command, log=folder / "gateway.log"), f"http://{HOST}:{port}"
    try:
        _wait_until_up(child, address)
        yield child, address
    finally:
        stop(child)


def _wait_until_up(child: Child, address: str) -> None:
    end = time.monotonic() + _UP_S
    while not answers(f"{address}/readyz"):
        if child.exit_code() is not None or time.monotonic() > end:
            raise LoadFailed(f"the gateway did not start: {child.log.read_text('utf-8', 'replace')[-300:]}")
        time.sleep(_LOOK_S)


def _measured(folder: Path, order: Order, seconds: float, pids: Mapping[str, int]) -> Figures:
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    rows = _send(folder, "load", replace(order, seconds=seconds))
    cost = {name: (cpu_seconds(pid) - before[name]) / len(rows) for name, pid in pids.items()}
    took = max(row.answered for row in rows) - min(row.sent for row in rows)
    return {
        "gateway.deliveries_per_s": len(rows) / took,
        "gateway.refused": sum(row.status != _ACCEPTED for row in rows),
        **spread("gateway.answer", [(row.answered - row.sent) * 1000 for row in rows]),
        **{f"gateway.cpu.{name}_us_per_delivery": each * 1e6 for name, each in cost.items()},
        "gateway.cpu.gateway_pct": 100 * cost["gateway"] * len(rows) / took,
    }


def _send(folder: Path, name: str, order: Order) -> list[Row]:
    with sending(folder, name, order) as load:
        return load.rows(order.seconds + _PATIENCE_S)


def _bind(cores: Mapping[int, int]) -> None:
    """Bind every thread of a process to a core, where the system can do that and has as many."""
    there = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    for pid, number in cores.items():
        if number < len(there):
            for thread in Path(f"/proc/{pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), {there[number]})
