"""What producers write to Kafka themselves is masked wherever a text stands in it, before anything follows from it."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import pytest

from schemas.codec import encode
from schemas.events import Alert, Change, Entity, Shift
from streams.evidence import original_text
from streams.published import read_again
from tests.streams.routing import record, route_all
from tests.streams.test_route_json import routed, stored
from tests.streams.world import Sent, World, alert, at, change, entity, fires, sent_at_once

HIDDEN = "hunter2-s3cr3t-0123456789"
SECRETS = (f"password={HIDDEN}", f"Authorization: Bearer {HIDDEN}", f"image:registry/x?token={HIDDEN}")
_CHOSEN = {"status", "severity", "kind", "operation"}
"""Texts of which a producer has only the choice between some words."""

Place = tuple[str | int, ...]


def _messages() -> list[tuple[str, Alert | Change | Entity]]:
    """One of each kind with a text in every field, by topic, as somebody writes it who gives no original."""
    many = {"references": ("service:x", "flag:x"), "link": "https://x.example", "namespace": "shop"}
    told = alert("payment", start=0).model_copy(
        update={**many, "annotations": {"why": "x"}, "value": "1", "summary": "x", "original": ""}
    )
    made = change("config", "limits", when=0, service="payment")
    made = made.model_copy(update={**many, "verdict": "x", "original": ""})
    listed = entity("payment", "ledger").model_copy(
        update={
            **many,
            **dict.fromkeys(("title", "system", "lifecycle", "runbook"), "x"),
            "needed_by": ("component:default/frontend",),
            "about": ("alert:x",),
            "shifts": (Shift(start=at(0), end=at(1), person="ana"),),
            "original": "",
        }
    )
    listed = Entity.model_validate(listed.model_dump(exclude={"namespace"}))
    return [("alerts", told), ("configs", made), ("catalog", listed)]


def _places(value: object, place: Place = ()) -> Iterator[Place]:
    """Where a message has a text that can be any text."""
    if isinstance(value, str):
        yield place
    elif isinstance(value, Mapping):
        for key in value.keys() - (set() if place else _CHOSEN):
            yield from _places(value[key], (*place, key))
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _places(item, (*place, number))


def _planted(value: Any, place: Place, secret: str) -> Any:  # noqa: ANN401 - any part of a message
    """The same with the secret in place of one text."""
    if not place:
        return secret
    if isinstance(value, Mapping):
        return {
            key: _planted(item, place[1:], secret) if key == place[0] else item for key, item in value.items()
        }
    return tuple(
        _planted(item, place[1:], secret) if number == place[0] else item for number, item in enumerate(value)
    )


_CASES = [
    (topic, message, place)
    for topic, message in _messages()
    for place in sorted(_places(message.model_dump()), key=str)
]


@pytest.mark.parametrize("secret", SECRETS, ids=["password", "bearer", "token"])
@pytest.mark.parametrize(
    ("topic", "message", "place"), _CASES, ids=[f"{case[0]}:{'/'.join(map(str, case[2]))}" for case in _CASES]
)
def test_a_secret_in_place_of_any_text_is_in_no_signal_and_no_original(
    topic: str, message: Alert | Change | Entity, place: Place, secret: str
) -> None:
    """Neither of a record in Avro nor of one in JSON."""
    planted = type(message).model_validate(_planted(message.model_dump(), place, secret))
    as_json = stored(orjson.dumps(planted.model_dump(mode="json")))
    for found in (route_all(record(planted), topic=topic), routed(as_json, topic=topic)):
        assert found.signals
        assert HIDDEN not in "".join(signal.model_dump_json() for _, signal in found.signals)
    for value in (encode(topic, planted), as_json.value):
        assert HIDDEN not in original_text(read_again(topic, value, at(5)))


def test_a_secret_among_the_names_of_what_an_incident_is_about_is_in_no_packet() -> None:
    """Not in a candidate, a packet, a proposal or the audit either."""
    world = World()
    hidden = {"references": SECRETS, "original": ""}
    told = alert("payment", start=100).model_copy(update=hidden)
    made = change("flag", "express", when=40, service="payment").model_copy(update=hidden)
    listed = entity("payment").model_copy(update={**hidden, "depends_on": SECRETS, "needed_by": SECRETS})
    world.send([Sent(listed, 0), sent_at_once(made), Sent(told, 100), fires("checkout", 130)])
    world.tick(None)
    assert world.packets()
    assert HIDDEN not in "".join(output.message.model_dump_json() for output in world.outputs)
