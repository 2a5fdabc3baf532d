"""A client has so long to say what it wants, however it spreads that."""

import asyncio
from collections.abc import Coroutine
from typing import Final, TypeVar

import uvicorn
from starlette.types import Receive, Scope, Send

from wire.listening import patience

T = TypeVar("T")
_SLOW_S: Final = 0.5
_DEADLINE_S: Final = 60.0
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _empty(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


async def _connected(serving: uvicorn.Server) -> Streams:
    while not serving.started:  # noqa: ASYNC110 - uvicorn tells nobody
        await asyncio.sleep(0.01)
    return await asyncio.open_connection(*serving.servers[0].sockets[0].getsockname())


def _served(client: Coroutine[None, None, T], serving: uvicorn.Server) -> T:
    """What the client gives that runs beside the server."""

    async def both() -> T:
        server = asyncio.create_task(serving.serve())
        async with asyncio.timeout(_DEADLINE_S):
            result = await client
        serving.should_exit = True
        await server
        return result

    return asyncio.run(both())


def _server() -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(_empty, port=0, http=patience(_SLOW_S), lifespan="off", log_config=None)
    )


def test_headers_that_drip_are_not_waited_for() -> None:
    """Each new header should not give the client the whole time again."""
    serving = _server()

    async def drip() -> bool:
        reader, writer = await _connected(serving)
        writer.write(b"GET / HTTP/1.1\r\n")
        while not reader.at_eof() and reader.exception() is None:
            writer.write(b"x: y\r\n")
            await asyncio.sleep(0.05)
        writer.close()
        return True

    assert _served(drip(), serving)


def test_headers_in_two_pieces_are_answered_and_so_are_those_after_them() -> None:
    """A client within its time should be left alone, request after request on one connection."""
    serving = _server()

    async def twice() -> list[bytes]:
        reader, writer = await _connected(serving)
        answers = []
        for _ in range(2):
            writer.write(b"GET / HTTP/1.1\r\nho")
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.write(b"st: x\r\n\r\n")
            answers.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()
        return answers

    assert all(answer.startswith(b"HTTP/1.1 200") for answer in _served(twice(), serving))
