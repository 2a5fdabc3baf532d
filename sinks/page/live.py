"""Owns telling open pages that something new is stored: one look at the tables for all of them, a stream for each.

May not: know what a page shows; it is handed what to say. Goes to: the streams of the list and of an incident.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from sinks.listing import progress_of

_LOOK_S: Final = 0.3
"""How often the tables are asked whether anything is new, while anybody waits."""
_STILL_HERE_S: Final = 15.0
"""A line without meaning comes so often, so that proxies and browsers know that the stream lives."""
_LONGEST_S: Final = 3_600.0
"""A stream ends after this; the browser opens another one, and has to be allowed to anew."""
_AGAIN_MS: Final = 2_000


class Said(NamedTuple):
    """One event: its name, what identifies its content, and the content."""

    event: str
    identity: str
    text: str


@dataclass
class Watch:
    """Looks for new revisions in the tables, and wakes who waits."""

    engine: Engine
    waiting: int = 0
    _seen: tuple[int, ...] = ()
    _version: int = 0
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def run(self) -> None:
        """Look until cancelled. A database that does not answer is asked again."""
        while True:
            if self.waiting:
                with contextlib.suppress(SQLAlchemyError):
                    await self._look()
            await asyncio.sleep(_LOOK_S)

    async def newer(self, version: int, patience_s: float) -> int:
        """The present version, as soon as it is not the given one, or when the patience is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s), self._news:
                await self._news.wait_for(lambda: self._version != version)
        return self._version

    async def _look(self) -> None:
        seen = await asyncio.to_thread(self._progress)
        if seen != self._seen:
            self._seen = seen
            async with self._news:
                self._version += 1
                self._news.notify_all()

    def _progress(self) -> tuple[int, ...]:
        with self.engine.connect() as connection:
            return progress_of(connection)


async def stream(watch: Watch, say: Callable[[], Awaitable[Said]], known: str | None) -> AsyncIterator[str]:
    """Server-sent events: what `say` gives now and after each news, where it is not what the client knows.

    `known`: the identity of what the client was told last (`Last-Event-ID`), so that a reconnect repeats nothing.
    """
    loop = asyncio.get_running_loop()
    end, version = loop.time() + _LONGEST_S, -1
    watch.waiting += 1
    try:
        yield f"retry: {_AGAIN_MS}\n\n"
        while loop.time() < end:
            before, version = version, await watch.newer(version, _STILL_HERE_S)
            said = await say()
            if said.identity != known:
                known = said.identity
                yield _event(said)
            elif version == before:
                yield ": still here\n\n"
    finally:
        watch.waiting -= 1


def _event(said: Said) -> str:
    lines = "".join(f"data: {line}\n" for line in said.text.splitlines() or [""])
    return f"event: {said.event}\nid: {said.identity}\n{lines}\n"
