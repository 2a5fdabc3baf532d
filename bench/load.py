"""Owns sending the load, as a process of its own: every delivery when it is due, whatever became of the others.

    python -m bench.load PLAN.json OUT.json

The plan names address, seed, start, rate and seconds, or how many at once for as fast as they are answered. A
delivery that is due takes a connection that is free, or a new one; its time runs from when it was due, so that a
slow answer delays none of the others' clocks. Goes to: OUT.json, a row a delivery.
"""

import asyncio
import gc
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import orjson
import uvloop

from bench.traffic import Planned, Traffic

_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"
BURST: Final = 10.0
"""How many times the rate a burst is."""
_PATIENCE_S: Final = 60.0
_LINGER_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Order:
    """What to send: `at_once` connections as fast as they are answered, or, where it is 0, `rate` a second.

    `start`: seconds since 1970. `standing`: the standing alerts instead of what comes by chance. `burst_s`: for so
    long, in the middle of the seconds, BURST times the rate. `steady`: no alert is new.
    """

    gateway: str
    seed: int
    start: float
    rate: float
    seconds: float
    at_once: int = 0
    standing: bool = False
    burst_s: float = 0.0
    steady: bool = False

    @property
    def burst(self) -> tuple[float, float]:
        """When the burst begins and ends, in seconds since 1970."""
        begin = self.start + (self.seconds - self.burst_s) / 2
        return begin, begin + self.burst_s


class Row(NamedTuple):
    """What became of one delivery: when it was due, sent and answered (seconds since 1970), and with which status."""

    due: float
    sent: float
    answered: float
    status: int


class Connection:
    """One connection to the gateway, kept alive; one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @property
    def is_open(self) -> bool:
        """False once the gateway has closed it."""
        return not self._reader.at_eof()

    async def post(self, request: bytes) -> int:
        """The status of the answer, whose body has been read."""
        self._writer.write(request)
        head = await self._reader.readuntil(_END)
        await self._reader.readexactly(_length(head))
        return int(head.split(b" ", 2)[1])

    def close(self) -> None:
        """Leave."""
        self._writer.close()


class Sender:
    """Connections to one gateway, as many as are needed at once."""

    def __init__(self, gateway: str) -> None:
        address = urlsplit(gateway)
        self._host, self._port = address.hostname or "", address.port or 0
        self._free: list[Connection] = []
        self.rows: list[Row] = []

    async def deliver(self, planned: Planned, due: float) -> None:
        """Post one delivery and note what became of it."""
        request = self._request(planned)
        connection = await self._connection()
        sent = time.time()
        try:
            status = await connection.post(request)
        except (asyncio.IncompleteReadError, ConnectionError):
            # The gateway closes what is idle for long, at the same moment as it may be used again: once more, anew.
            connection = await self._connect()
            status = await connection.post(request)
        self.rows.append(Row(due, sent, time.time(), status))
        self._free.append(connection)

    def close(self) -> None:
        """Leave."""
        for connection in self._free:
            connection.close()

    async def _connection(self) -> Connection:
        """The connection that was free last, or a new one; the gateway closes those that are idle for long."""
        while self._free:
            connection = self._free.pop()
            if connection.is_open:
                return connection
        return await self._connect()

    async def _connect(self) -> Connection:
        return Connection(*await asyncio.open_connection(self._host, self._port))

    def _request(self, planned: Planned) -> bytes:
        headers = {"content-type": "application/json"} | dict(planned.headers)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        start = f"POST /v1/{planned.source} HTTP/1.1\r\nhost: {self._host}\r\n{lines}"
        return f"{start}content-length: {len(planned.body)}\r\n\r\n".encode() + planned.body


async def on_time(sender: Sender, deliveries: Iterable[Planned]) -> None:
    """Send each delivery when it is due."""
    async with asyncio.timeout(None) as limit, asyncio.TaskGroup() as under_way:
        for planned in deliveries:
            wait = planned.at - time.time()
            if wait > 0:
                await asyncio.sleep(wait)
            under_way.create_task(sender.deliver(planned, planned.at))
        limit.reschedule(asyncio.get_running_loop().time() + _PATIENCE_S)


async def as_answered(sender: Sender, deliveries: Iterator[Planned], at_once: int, end: float) -> None:
    """Keep `at_once` deliveries under way until `end`, in seconds since 1970, or until there are no more."""

    async def one_after_the_other() -> None:
        for planned in deliveries:
            if time.time() > end:
                return
            await sender.deliver(planned, time.time())

    async with asyncio.TaskGroup() as under_way:
        for _ in range(at_once):
            under_way.create_task(one_after_the_other())


def planned_of(order: Order) -> list[Planned]:
    """Every delivery of the order, in order."""
    traffic = Traffic(order.seed, order.start)
    if order.standing:
        return list(traffic.standing())
    if not order.burst_s:
        return list(traffic.deliveries(order.rate, order.seconds, steady=order.steady))
    before = (order.seconds - order.burst_s) / 2
    legs = (
        (order.rate, before, 0.0),
        (BURST * order.rate, order.burst_s, before),
        (order.rate, before, before + order.burst_s),
    )
    return [planned for rate, seconds, after in legs for planned in traffic.deliveries(rate, seconds, after)]


async def send(order: Order) -> list[Row]:
    """Carry the order out; a row a delivery."""
    planned = planned_of(order)
    gc.freeze()
    sender = Sender(order.gateway)
    if order.at_once:
        again = iter(planned) if order.standing else cycle(planned)
        await as_answered(sender, again, order.at_once, time.time() + order.seconds)
    else:
        await on_time(sender, planned)
        # Whoever measures reads at the end what this process has used.
        await asyncio.sleep(max(0.0, order.start + order.seconds + _LINGER_S - time.time()))
    sender.close()
    return sender.rows


def write_order(path: Path, order: Order) -> None:
    """Write the order down for the process that carries it out."""
    path.write_bytes(orjson.dumps(asdict(order)))


def _length(head: bytes) -> int:
    """The length of the body that follows this head."""
    lower = head.lower()
    start = lower.index(_LENGTH) + len(_LENGTH)
    return int(lower[start : lower.index(b"\r\n", start)])


def main(order: Path, out: Path) -> int:
    """Carry out a written order and write the rows down; the exit code, with one line of why where it is not 0."""
    try:
        rows = uvloop.run(send(Order(**orjson.loads(order.read_bytes()))))
    except BaseExceptionGroup as several:
        first: BaseException = several
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        sys.stderr.write(f"{type(first).__name__}: {first}\n")
        return 1
    out.write_bytes(orjson.dumps([tuple(row) for row in rows]))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
