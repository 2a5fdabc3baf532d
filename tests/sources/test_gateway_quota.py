"""A sender whose deliveries are refused again and again: the disk does not fill, and nothing good is lost."""

from collections.abc import Iterator

import httpx
import pytest

from local.kafka import Broker
from schemas.audit import DeadLetter
from schemas.codec import decode
from tests.sources.running import gateway, of_tenant, settings_for
from tests.sources.test_alertmanager import alert, group
from tests.sources.test_gateway import REPLAY, replay

BAD = {**alert(), "startsAt": "no time"}


@pytest.fixture(scope="module")
def client(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a gateway that keeps 6,000 bytes of each sender's refusals an hour."""
    settings = settings_for(broker.bootstrap, letter_bytes_per_hour=6_000)
    with gateway(settings, tmp_path_factory.mktemp("gateway")) as running:
        yield running


def _letters(broker: Broker, tenant: str) -> list[DeadLetter]:
    read = [
        decode("dead-letters", record.value())
        for record in of_tenant(broker.bootstrap, "dead-letters", tenant)
    ]
    return [letter for letter in read if isinstance(letter, DeadLetter)]


def test_beyond_the_quota_what_is_wholly_refused_gets_429_and_is_not_kept(
    client: httpx.Client, broker: Broker
) -> None:
    """The sender should be told to mend it and come back; before that each refusal is kept."""
    answers = [
        client.post(f"{replay('full')}/alertmanager", json=group(BAD), headers=REPLAY) for _ in range(12)
    ]
    codes = [answer.status_code for answer in answers]
    assert sorted(codes) == codes
    assert {400, 429} == set(codes)
    assert codes.count(400) == len(_letters(broker, "replay-full"))
    assert ("too_much_refused", "600") == (answers[-1].json()["error"], answers[-1].headers["retry-after"])
    raw = client.post(f"{replay('full')}/alertmanager", content=b"{" + b" " * 6_000, headers=REPLAY)
    assert 429 == raw.status_code
    assert codes.count(400) == len(_letters(broker, "replay-full"))


def test_beyond_the_quota_a_partly_good_delivery_is_published_in_its_good_part(
    client: httpx.Client, broker: Broker
) -> None:
    """The good alert should be in Kafka, and of the bad one its hash, size and reason, without its content."""
    for _ in range(12):
        client.post(f"{replay('part')}/alertmanager", json=group(BAD), headers=REPLAY)
    before = len(_letters(broker, "replay-part"))
    answer = client.post(f"{replay('part')}/alertmanager", json=group(alert(), BAD), headers=REPLAY)
    assert (202, 1, 1) == (
        answer.status_code,
        len(answer.json()["published"]),
        len(answer.json()["refused"]),
    )
    assert 1 == len(of_tenant(broker.bootstrap, "alerts", "replay-part"))
    letter = _letters(broker, "replay-part")[before]
    assert (b"", b"", "no_start") == (letter.original, letter.delivery, letter.reason)
    assert letter.original_size > 100
