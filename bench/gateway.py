"""How many deliveries a second the gateway takes on one core, each durable before its 202, beside the raw limit.

The gateway runs on one core, the broker and the load on the other: the load process keeps many connections busy,
each sending its next delivery once the last is answered. Where the broker and the load need more than their core,
or other programs run, the rate is theirs; so the rate counts by the gateway's own use of the processor: deliveries
for each second of it. The raw limit (`bench.bare`) takes the same deliveries by turns with it, from the same load,
into the same broker. Goes to: `python -m bench`.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.figures import Figures, spread
from bench.load import Order, Row, write_order
from bench.processes import bind, cpu_seconds
from bench.sending import ROOT, LoadFailed, sending
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
_WARM_S: Final = 2.0
_TURNS: Final = 2
_UP_S: Final = 30.0
_LOOK_S: Final = 0.05
_PATIENCE_S: Final = 60.0
_ACCEPTED: Final = 202


def measure(seconds: float, progress: Callable[[str], None]) -> Figures:
    """Deliveries a second of the gateway's core, the time of an answer, and the same of the raw limit."""
    with tempfile.TemporaryDirectory(prefix="incidents-bench-") as name:
        folder = Path(name)
        broker = start_broker(folder / "kafka", progress=progress)
        try:
            ensure_topics(KafkaSettings(bootstrap=broker.bootstrap))
            order = Order("", _SEED, time.time(), _PLANNED_PER_S, seconds / _TURNS, at_once=_AT_ONCE)
            return _compared(folder, broker, order, progress)
        finally:
            kill_broker(broker)


def _compared(folder: Path, broker: Broker, order: Order, progress: Callable[[str], None]) -> Figures:
    """By turns, so that whatever else the machine does meets both; the best turn of each counts."""
    best: dict[str, Figures] = {}
    with _gateway(folder, broker) as gateway, _bare(folder, broker, order) as bare:
        for turn in range(_TURNS):
            for name, (child, address) in {"gateway": gateway, "gateway.raw": bare}.items():
                progress(f"{name}: {_AT_ONCE} senders at once, turn {turn + 1} of {_TURNS}")
                bind({child.pid: 0, broker.pid: 1})
                pids = {"gateway": child.pid, "kafka": broker.pid}
                figures = _measured(folder, name, replace(order, gateway=address), pids)
                if (
                    name not in best
                    or figures[f"{name}.deliveries_per_s"] > best[name][f"{name}.deliveries_per_s"]
                ):
                    best[name] = figures
    both = best["gateway"] | best["gateway.raw"]
    return both | {
        "gateway.ratio_to_raw_limit": both["gateway.deliveries_per_s"] / both["gateway.raw.deliveries_per_s"]
    }


@contextmanager
def _gateway(folder: Path, broker: Broker) -> Iterator[tuple[Child, str]]:
    """A gateway on that broker, and its address; it has ended when the block has."""
    (port,) = free_ports(1)
    settings = Settings(
        kafka=KafkaSettings(bootstrap=broker.bootstrap), gateway=GatewaySettings(host=HOST, port=port)
    )
    written = folder / "settings.toml"
    replace_file(written, settings_toml(settings).encode())
    command = (*program(), "gateway", "--settings", str(written))
    with _served("gateway", command, folder, port) as served:
        yield served


@contextmanager
def _bare(folder: Path, broker: Broker, order: Order) -> Iterator[tuple[Child, str]]:
    """The raw limit on that broker, which knows what the order sends."""
    (port,) = free_ports(1)
    plan = folder / "bare.order.json"
    write_order(plan, order)
    command = (sys.executable, "-m", "bench.bare", str(plan), broker.bootstrap, str(port))
    with _served("bare", command, folder, port) as served:
        yield served


@contextmanager
def _served(name: str, command: Sequence[str], folder: Path, port: int) -> Iterator[tuple[Child, str]]:
    child, address = spawn(name, command, log=folder / f"{name}.log", folder=ROOT), f"http://{HOST}:{port}"
    try:
        _wait_until_up(child, address)
        yield child, address
    finally:
        stop(child)


def _wait_until_up(child: Child, address: str) -> None:
    end = time.monotonic() + _UP_S
    while not answers(f"{address}/readyz"):
        if child.exit_code() is not None or time.monotonic() > end:
            raise LoadFailed(f"{child.name} did not start: {child.log.read_text('utf-8', 'replace')[-300:]}")
        time.sleep(_LOOK_S)


def _measured(folder: Path, name: str, order: Order, pids: Mapping[str, int]) -> Figures:
    _send(folder, replace(order, seconds=min(_WARM_S, order.seconds)))
    before = {process: cpu_seconds(pid) for process, pid in pids.items()}
    rows = _send(folder, order)
    cost = {process: (cpu_seconds(pid) - before[process]) / len(rows) for process, pid in pids.items()}
    took = max(row.answered for row in rows) - min(row.sent for row in rows)
    return {
        f"{name}.deliveries_per_s": 1 / cost["gateway"],
        f"{name}.deliveries_per_wall_s": len(rows) / took,
        f"{name}.refused": sum(row.status != _ACCEPTED for row in rows),
        **spread(f"{name}.answer", [(row.answered - row.sent) * 1000 for row in rows]),
        **{f"{name}.cpu.{process}_us_per_delivery": each * 1e6 for process, each in cost.items()},
        f"{name}.cpu.gateway_pct": 100 * cost["gateway"] * len(rows) / took,
    }


def _send(folder: Path, order: Order) -> list[Row]:
    with sending(folder, "load", order) as load:
        return load.rows(order.seconds + _PATIENCE_S)
