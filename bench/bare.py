"""Owns the raw limit of the gateway: the same server and producer, and nothing between them.

    python -m bench.bare ORDER.json BOOTSTRAP PORT

Knows before it starts which records follow from each delivery of the order, and writes exactly those: the same
bytes with the same acknowledgements, without reading, masking, making or answering anything. Goes to: `bench.gateway`.
"""

import sys
from pathlib import Path
from typing import Final

import orjson
import uvicorn
import uvloop
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.load import Order, planned_of
from local.ports import HOST
from sources.intake import take
from wire.durable import Durable
from wire.record import Outgoing

_TENANT: Final = "default"
_ANSWER: Final = orjson.dumps({"published": []})
_HEADERS: Final = [
    (b"content-type", b"application/json"),
    (b"content-length", str(len(_ANSWER)).encode()),
]
Known = dict[bytes, tuple[Outgoing, ...]]


def known(order: Order) -> Known:
    """The records of every delivery, by its body."""
    at = round(order.start * 1e6)
    return {
        each.body: take(each.source, orjson.loads(each.body), dict(each.headers), at, _TENANT).records
        for each in planned_of(order)
    }


def bare_app(records: Known, durable: Durable) -> ASGIApp:
    """Writes what is known of a body, and answers once the broker has it; anything else is an empty 200."""

    async def serve(_: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        await durable.publish(records.get(body, ()))
        await send({"type": "http.response.start", "status": 202 if body else 200, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": _ANSWER})

    return serve


async def _serve(order: Order, bootstrap: str, port: int) -> None:
    app = bare_app(known(order), Durable(bootstrap))
    config = uvicorn.Config(
        app, host=HOST, port=port, http="httptools", lifespan="off", access_log=False, log_config=None
    )
    await uvicorn.Server(config).serve()


def main(order: Path, bootstrap: str, port: int) -> None:
    """Serve until told to stop."""
    uvloop.run(_serve(Order(**orjson.loads(order.read_bytes())), bootstrap, port))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
