"""No adapter shows a secret, wherever in a body it stands and whatever becomes of the body."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.catalogue import FORMATS
from sources.recording import Delivery
from streams.redact import Json
from tests.sources.samples import recorded, sample_deliveries

SECRET = "ghp_" + "Aa1" * 12
Place = tuple[str | int, ...]


@lru_cache(maxsize=1)
def real(shared: Path) -> dict[str, list[Delivery]]:
    """Real deliveries that are not too long, by route."""
    found: dict[str, list[Delivery]] = {route: [] for route in FORMATS}
    for one in [*sample_deliveries(shared), *list(recorded(shared))[::60]]:
        if isinstance(one.body, dict) and len(orjson.dumps(one.body)) < 20_000:
            found[one.source].append(one)
    return {route: several for route, several in found.items() if several}


def places(value: Json, place: Place = ()) -> Iterator[Place]:
    """Where a body has a text."""
    if isinstance(value, str):
        yield place
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*place, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from places(item, (*place, number))


def planted(value: Json, place: Place) -> Json:
    """The same body with the secret in place of one text."""
    if not place:
        return SECRET
    if isinstance(value, dict):
        return {key: planted(item, place[1:]) if key == place[0] else item for key, item in value.items()}
    assert isinstance(value, list)
    return [planted(item, place[1:]) if number == place[0] else item for number, item in enumerate(value)]


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_a_secret_in_place_of_any_text_is_never_shown(shared_folder: Path, data: st.DataObject) -> None:
    """Neither in a message, nor in what is said about an item that was refused or ignored."""
    several = real(shared_folder)
    route = data.draw(st.sampled_from(sorted(several)))
    delivery = data.draw(st.sampled_from(several[route]))
    body = planted(delivery.body, data.draw(st.sampled_from([*places(delivery.body)])))
    reading = FORMATS[route].read(body, delivery.headers, delivery.received_at)
    shown = [record.message.model_dump_json() for record in reading.records]
    shown += [key for record in reading.records for key in record.key]
    shown += [f"{one.detail} {one.original}" for one in reading.refused]
    shown += [one.detail for one in reading.ignored]
    assert not [text for text in shown if SECRET in text]
