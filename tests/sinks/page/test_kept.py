"""What is dear to make is kept for a while: made once for all who ask, and never shown older than an hour."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from sinks.page.kept import FRESH_S, Kept


class Maker:
    """Something dear: each time it says a higher number, once it is let go."""

    def __init__(self) -> None:
        self.times = 0
        self.free = asyncio.Event()
        self.free.set()
        self.error: Exception | None = None

    async def __call__(self) -> int:
        """The number of this time."""
        self.times += 1
        number = self.times
        await self.free.wait()
        if self.error:
            raise self.error
        return number


def run(scenario: Callable[[Kept[int], Maker, list[float]], Coroutine[None, None, None]]) -> None:
    """Plays a scenario with a clock that it holds itself."""

    async def play() -> None:
        now = [0.0]
        await scenario(Kept(lambda: now[0]), Maker(), now)

    asyncio.run(play())


async def _let_run() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_within_a_minute_it_is_made_once() -> None:
    """Whoever asks again should get the same; under another name it is another."""

    async def scenario(kept: Kept[int], maker: Maker, now: list[float]) -> None:
        assert [1, 1] == [await kept.get("a", maker), await kept.get("a", maker)]
        now[0] = FRESH_S - 1
        assert [1, 2] == [await kept.get("a", maker), await kept.get("b", maker)]

    run(scenario)


def test_an_older_one_is_shown_while_the_next_is_made() -> None:
    """Nobody should wait for it, and whoever comes after should get the new one."""

    async def scenario(kept: Kept[int], maker: Maker, now: list[float]) -> None:
        await kept.get("a", maker)
        now[0] = FRESH_S
        maker.free.clear()
        assert [1, 1] == [await kept.get("a", maker), await kept.get("a", maker)]
        await _let_run()
        maker.free.set()
        await _let_run()
        assert (2, 2) == (await kept.get("a", maker), maker.times)

    run(scenario)


def test_one_of_an_hour_ago_is_not_shown() -> None:
    """Whoever asks should wait for the next one."""

    async def scenario(kept: Kept[int], maker: Maker, now: list[float]) -> None:
        await kept.get("a", maker)
        now[0] = 3_600.0
        assert 2 == await kept.get("a", maker)

    run(scenario)


def test_those_who_ask_at_once_wait_for_one_and_whoever_leaves_takes_nothing_away() -> None:
    """It should be made once for all of them, also where the first who asked has gone."""

    async def scenario(kept: Kept[int], maker: Maker, _: list[float]) -> None:
        maker.free.clear()
        first, *others = (asyncio.ensure_future(kept.get("a", maker)) for _ in range(5))
        await _let_run()
        first.cancel()
        maker.free.set()
        assert ([1] * 4, 1) == (await asyncio.gather(*others), maker.times)

    run(scenario)


def test_an_error_is_for_those_who_wait_and_what_was_kept_stays() -> None:
    """It should be tried again by the next who asks; nothing of it should be kept."""

    async def scenario(kept: Kept[int], maker: Maker, now: list[float]) -> None:
        maker.error = RuntimeError("no tables")
        with pytest.raises(RuntimeError, match="no tables"):
            await kept.get("a", maker)
        maker.error = None
        assert 2 == await kept.get("a", maker)
        now[0], maker.error = FRESH_S, RuntimeError("no tables")
        assert 2 == await kept.get("a", maker)
        await _let_run()
        maker.error = None
        assert 2 == await kept.get("a", maker)
        await _let_run()
        assert 4 == await kept.get("a", maker)

    run(scenario)


def test_what_is_at_hand_is_shown_without_waiting_and_made_anew_on_demand() -> None:
    """Nothing at first, then the last one while another is made, and it is made once at a time."""

    async def scenario(kept: Kept[int], maker: Maker, now: list[float]) -> None:
        maker.free.clear()
        task = kept.renew("a", maker)
        assert (None, task) == (kept.at_hand("a"), kept.renew("a", maker))
        maker.free.set()
        assert (1, 1) == (await task, kept.at_hand("a"))
        again = kept.renew("a", maker)
        assert (1, 2, 2) == (kept.at_hand("a"), await again, kept.at_hand("a"))
        now[0] = 3_600.0
        assert kept.at_hand("a") is None

    run(scenario)


def test_a_hundred_names_are_kept() -> None:
    """Names that others choose should not fill the memory; the oldest should go."""

    async def scenario(kept: Kept[int], maker: Maker, _: list[float]) -> None:
        for number in range(101):
            await kept.get(f"replay-{number}", maker)
        assert [101, 102] == [await kept.get("replay-100", maker), await kept.get("replay-0", maker)]

    run(scenario)
