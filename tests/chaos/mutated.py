"""Owns messages that are broken in every way that a stranger might think of, with good ones between, from a seed.

Goes to: the router as a pure function. May not: judge what becomes of them.
"""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal, NamedTuple

from agents.progress import Record
from schemas.codec import encode
from schemas.events import Alert
from tests.schemas.examples import example

Fate = Literal["good", "bad", "either"]
"""Comes through; is refused; one of both, since a flipped bit may hit a letter of a name."""
_AT_MS: Final = 1_793_612_700_000
_JSON: Final = ("content-type", b"application/json")
_TENANT: Final = ("tenant", b"default")
_GOOD: Final = 0.25
_RARE: Final = 0.005
"""Share of the bad ones that are large."""
_KNOWN: Final = 500
"""Alerts that are told again and again, as in a storm."""
_TOO_LARGE: Final = 300_001
_DEEP: Final = 100_000


class Mutated(NamedTuple):
    """One record, and what has to become of it."""

    how: str
    fate: Fate
    value: bytes | None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = (_TENANT,)

    def record(self, offset: int) -> Record:
        """As a broker would store it."""
        return Record(offset, _AT_MS, self.key, self.value, self.headers)


_LARGE: Final = (
    Mutated("oversized", "bad", b"\0" * _TOO_LARGE),
    Mutated("JSON nested too deeply", "bad", b"[" * _DEEP + b"]" * _DEEP, headers=(_TENANT, _JSON)),
)


def messages(seed: int, number: int) -> Iterator[Mutated]:
    """So many records for the topic alerts, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - the same records every time, not a secret
    ways = _ways(chance)
    for count in range(number):
        alert = _alert(count)
        if chance.random() < _GOOD:
            yield chance.choice(_good(alert))
        elif chance.random() < _RARE:
            yield chance.choice(_LARGE)
        else:
            yield chance.choice(ways)(alert)


def _alert(number: int) -> Alert:
    one = example("alerts")
    assert isinstance(one, Alert)
    number %= _KNOWN
    return one.model_copy(update={"fingerprint": f"{number:016x}", "source_ref": f"alertmanager:{number}"})


def _good(alert: Alert) -> tuple[Mutated, ...]:
    return (
        Mutated("good", "good", encode("alerts", alert), b"default/fare-engine"),
        Mutated("good, null key", "good", encode("alerts", alert)),
        Mutated("good, JSON", "good", _json(alert), headers=(_TENANT, _JSON)),
    )


def _json(alert: Alert, **changes: Any) -> bytes:  # noqa: ANN401 - any JSON
    return json.dumps(alert.model_dump(mode="json") | changes).encode()


def _ways(chance: random.Random) -> tuple[Callable[[Alert], Mutated], ...]:
    return (*_of_bytes(chance), *_of_avro(chance), *_of_json(chance), *_of_headers())


def _of_bytes(chance: random.Random) -> tuple[Callable[[Alert], Mutated], ...]:
    def flipped(alert: Alert) -> Mutated:
        value = bytearray(encode("alerts", alert))
        for _ in range(chance.randint(1, 4)):
            value[chance.randrange(len(value))] ^= 1 << chance.randrange(8)
        return Mutated("flipped bits", "either", bytes(value))

    return (
        flipped,
        lambda _: Mutated("chance", "bad", b"\1" + chance.randbytes(chance.randrange(200))),
        lambda _: Mutated("empty", "bad", b""),
        lambda _: Mutated("tombstone", "bad", None, b"default/fare-engine"),
    )


def _of_avro(chance: random.Random) -> tuple[Callable[[Alert], Mutated], ...]:
    def cut(alert: Alert) -> Mutated:
        value = encode("alerts", alert)
        return Mutated("cut short", "bad", value[: chance.randrange(1, len(value))])

    def misnamed(alert: Alert) -> Mutated:
        schema_id = chance.randrange(2_000, 1 << 32).to_bytes(4, "big")
        return Mutated("wrong schema id", "bad", b"\0" + schema_id + encode("alerts", alert)[5:])

    def trailed(alert: Alert) -> Mutated:
        return Mutated(
            "trailing bytes", "bad", encode("alerts", alert) + chance.randbytes(chance.randint(1, 9))
        )

    def endless(alert: Alert) -> Mutated:
        return Mutated("huge length", "bad", encode("alerts", alert)[:5] + b"\xff" * 9 + b"\x01")

    return cut, misnamed, trailed, endless


def _of_json(chance: random.Random) -> tuple[Callable[[Alert], Mutated], ...]:
    def changed(how: str, **fields: Any) -> Callable[[Alert], Mutated]:  # noqa: ANN401 - any JSON
        return lambda alert: Mutated(how, "bad", _json(alert, **fields), headers=(_TENANT, _JSON))

    def raw(how: str, value: bytes) -> Callable[[Alert], Mutated]:
        return lambda _: Mutated(how, "bad", value, headers=(_TENANT, _JSON))

    def cut(alert: Alert) -> Mutated:
        value = _json(alert)
        return Mutated(
            "JSON cut short", "bad", value[: chance.randrange(len(value))], headers=(_TENANT, _JSON)
        )

    return (
        cut,
        changed("JSON with NaN", value=float("nan")),
        changed("JSON with a huge number", starts_at=10**30),
        changed("JSON far in the future", starts_at=10**18),
        changed("JSON far in the past", starts_at=-(10**18)),
        changed("JSON without a name", name=None),
        changed("JSON of another type", labels=[1, 2]),
        raw("JSON that is no object", b"[1]"),
        raw("JSON with bad UTF-8", b'{"name": "\xff\xfe"}'),
    )


def _of_headers() -> tuple[Callable[[Alert], Mutated], ...]:
    def headed(how: str, *headers: tuple[str, bytes]) -> Callable[[Alert], Mutated]:
        return lambda alert: Mutated(how, "bad", encode("alerts", alert), headers=headers)

    return (
        headed("no tenant"),
        headed("unknown tenant", ("tenant", b"nobody")),
        headed("tenant of bad UTF-8", ("tenant", b"\xff\xfe")),
        headed("stamp that is no number", _TENANT, ("ingested-at", b"soon")),
        headed("stamp out of range", _TENANT, ("ingested-at", b"9" * 30)),
        headed("tick that is no number", _TENANT, ("tick", b"now")),
    )
