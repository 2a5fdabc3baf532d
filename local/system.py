"""Owns the description of a local system: which processes, with which commands, ports and settings.

Pure: nothing is started, read or written here. Goes to: `local.supervisor`, which makes it so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from local.home import Home
from local.ports import HOST
from schemas.settings import Settings

_SERVERS = frozenset({"gateway", "web"})
"""Processes that answer over HTTP anyway."""


@dataclass(frozen=True)
class Part:
    """One process: its name, its command, and the port on which it answers `GET /healthz`."""

    name: str
    command: tuple[str, ...]
    port: int
    metrics_port: int
    """The same port, or one beside it where its own is for senders or readers."""

    @property
    def metrics(self) -> str:
        """Where Prometheus reads what the part counts."""
        return f"http://{HOST}:{self.metrics_port}/metrics"

    @property
    def health_address(self) -> str:
        """Where the part says whether it is ready for work (200)."""
        return f"http://{HOST}:{self.port}/healthz"


@dataclass(frozen=True)
class System:
    """Everything that runs beside the broker, in the order in which the data moves."""

    parts: tuple[Part, ...]
    gateway_port: int
    page_port: int

    @property
    def page(self) -> str:
        """The page's address."""
        return f"http://{HOST}:{self.page_port}"

    @property
    def gateway(self) -> str:
        """The gateway's address."""
        return f"http://{HOST}:{self.gateway_port}"


def part_names(workers: int, *, asks: bool = False) -> tuple[str, ...]:
    """The processes beside the broker, in the order in which the data moves; `asks`: with the query agent."""
    asking = ("querier",) if asks else ()
    numbered = (f"worker-{number}" for number in range(1, workers + 1))
    return ("gateway", *numbered, "auditor", "sink", *asking, "web")


def worker_part(program: Sequence[str], settings: Path, name: str, port: int) -> Part:
    """One more worker, beside those that a system is described with."""
    return Part(
        name,
        (*program, "worker", "--settings", str(settings), "--name", name, "--health-port", str(port)),
        port,
        port,
    )


def describe(
    program: Sequence[str], settings: Path, ports: Sequence[int], workers: int, *, asks: bool = False
) -> System:
    """The system whose processes are run by `program` (the `incidents` command) with one settings file.

    `ports` has one port for each of `part_names(workers, asks=asks)`, then those for the metrics of gateway and page.
    Every process is told its name and its port: `incidents worker --settings FILE --name worker-1 --health-port 41234`;
    the health of gateway and page is at their own ports, which the settings say.
    """
    parts = []
    names = part_names(workers, asks=asks)
    own, servers = ports[: len(names)], [name for name in names if name in _SERVERS]
    beside = dict(zip(servers, ports[len(names) :], strict=True))
    for name, port in zip(names, own, strict=True):
        role = name.partition("-")[0]
        named = () if role in _SERVERS else ("--name", name)
        measured = beside.get(name, port)
        command = (*program, role, "--settings", str(settings), *named, "--health-port", str(measured))
        parts.append(Part(name, command, port, measured))
    return System(tuple(parts), own[0], own[-1])


def local_settings(base: Settings, home: Home, bootstrap: str, system: System) -> Settings:
    """`base` with the broker, the ports, the tables and the key of this system in their places."""
    return base.model_copy(
        update={
            "kafka": base.kafka.model_copy(update={"bootstrap": bootstrap}),
            "gateway": base.gateway.model_copy(update={"host": HOST, "port": system.gateway_port}),
            "audit": base.audit.model_copy(update={"key_file": str(home.audit_key)}),
            "page": base.page.model_copy(update={"host": HOST, "port": system.page_port}),
            "sink": base.sink.model_copy(update={"database": f"sqlite:///{home.database}"}),
        }
    )


def settings_toml(settings: Settings) -> str:
    """The settings as the file that every process reads; what is unset is left out."""
    return tomli_w.dumps(settings.model_dump(mode="json", exclude_none=True))
