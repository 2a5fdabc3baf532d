"""The gateway on a real broker: what is answered, and what stands in Kafka by then."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import orjson
import pytest

from local.kafka import Broker
from schemas.audit import AuditEntry, DeadLetter
from schemas.codec import decode
from schemas.events import Alert
from schemas.times import LATEST, parse_time
from schemas.topics import INPUT_TOPICS, TICKED_TOPICS
from sources.catalogue import FORMATS
from streams.redact import Json
from tests.sources.conftest import PARTITIONS
from tests.sources.running import (
    REPLAY_TOKEN,
    TOKEN,
    content,
    gateway,
    headers,
    of_tenant,
    records,
    settings_for,
)
from tests.sources.test_alertmanager import alert, group

REPLAY = {"authorization": f"Bearer {REPLAY_TOKEN}", "x-received-at": "2026-02-03T08:06:33.875625Z"}


@pytest.fixture(scope="module")
def client(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a gateway that takes at most 200 kB."""
    settings = settings_for(broker.bootstrap, max_body_bytes=200_000)
    with gateway(settings, tmp_path_factory.mktemp("gateway")) as running:
        yield running


def replay(name: str) -> str:
    """The path of a replay tenant of a test's own."""
    return f"/t/replay-{name}/v1"


def test_a_good_delivery_is_in_kafka_before_it_is_answered(client: httpx.Client, broker: Broker) -> None:
    """The record should have key, tenant, ingest time and source, and the answer should name it."""
    answer = client.post(f"{replay('good')}/alertmanager", json=group(alert()), headers=REPLAY)
    assert answer.status_code == 202
    name = "alertmanager:f3ed2778fc2c8a24@2026-02-03T08:06:22.984747741Z"
    assert {
        "published": [{"path": "/alerts/0", "topic": "alerts", "name": name}],
        "ignored": [],
        "refused": [],
    } == answer.json()
    (record,) = of_tenant(broker.bootstrap, "alerts", "replay-good")
    assert record.key() == b"replay-good/checkout"
    assert {
        "tenant": b"replay-good",
        "ingested-at": str(parse_time(REPLAY["x-received-at"])).encode(),
        "source": b"alertmanager",
    } == headers(record)
    message = decode("alerts", content(record))
    assert isinstance(message, Alert)
    assert message.service == "checkout"


def test_a_partly_good_delivery_is_published_in_its_good_part(client: httpx.Client, broker: Broker) -> None:
    """Both lists should be answered, the bad item should be a dead letter and a decision in the audit log."""
    answer = client.post(f"{replay('partly')}/alertmanager", json=group("bad", alert()), headers=REPLAY)
    (refused,) = answer.json()["refused"]
    assert (202, "/alerts/0", "not_an_object") == (answer.status_code, refused["path"], refused["reason"])
    assert len(answer.json()["published"]) == len(of_tenant(broker.bootstrap, "alerts", "replay-partly")) == 1
    (record,) = of_tenant(broker.bootstrap, "dead-letters", "replay-partly")
    letter = decode("dead-letters", content(record))
    assert isinstance(letter, DeadLetter)
    assert (refused["letter"], False) == (letter.letter_id, letter.restricted)
    (decision,) = of_tenant(broker.bootstrap, "audit-entries", "replay-partly")
    entry = decode("audit-entries", content(decision))
    assert isinstance(entry, AuditEntry)
    assert ("refused", "gateway", "test", record.partition(), record.offset()) == (
        entry.decision, entry.actor, entry.build, entry.position.partition, entry.position.offset,
    )  # fmt: skip


def test_a_delivery_without_anything_good_is_400_and_kept(client: httpx.Client, broker: Broker) -> None:
    """The answer should say why, the original should be in dead-letters, redacted."""
    body: Json = {"orgId": 1, "alerts": [], "password": "s3cr3t"}
    answer = client.post(f"{replay('bad')}/alertmanager", json=body, headers=REPLAY)
    assert (400, "grafana") == (answer.status_code, answer.json()["error"])
    assert "orgId 1" in answer.json()["detail"]
    (record,) = of_tenant(broker.bootstrap, "dead-letters", "replay-bad")
    assert b"s3cr3t" not in content(record)
    assert not of_tenant(broker.bootstrap, "alerts", "replay-bad")


def test_what_is_understood_and_is_no_event_is_202(client: httpx.Client, broker: Broker) -> None:
    """A ping should be told as ignored, and nothing should be written."""
    answer = client.post(
        f"{replay('ping')}/github", json={"zen": "x"}, headers={**REPLAY, "x-github-event": "ping"}
    )
    assert (202, ["ping"]) == (answer.status_code, [one["reason"] for one in answer.json()["ignored"]])
    assert not of_tenant(broker.bootstrap, "deploys", "replay-ping")


@pytest.mark.parametrize("body", [b"", b"{", b"alert!", b"\xff\xfe"])
def test_what_is_no_json_is_400_and_kept_restricted(
    client: httpx.Client, broker: Broker, body: bytes
) -> None:
    """The letter should hold the bytes, marked as not to be shown."""
    tenant = f"replay-nojson-{body.hex() or 'empty'}"
    answer = client.post(f"/t/{tenant}/v1/flagd", content=body, headers=REPLAY)
    assert (400, "not_json") == (answer.status_code, answer.json()["error"])
    (record,) = of_tenant(broker.bootstrap, "dead-letters", tenant)
    letter = decode("dead-letters", content(record))
    assert isinstance(letter, DeadLetter)
    assert (body, True) == (letter.original, letter.restricted)
    assert len(of_tenant(broker.bootstrap, "audit-entries", tenant)) == 1


def test_too_much_is_413_and_its_beginning_is_kept(client: httpx.Client, broker: Broker) -> None:
    """The letter should hold 64 KiB, and hash and size of all of it."""
    answer = client.post(f"{replay('large')}/flagd", content=b"x" * 300_000, headers=REPLAY)
    assert (413, "too_large") == (answer.status_code, answer.json()["error"])
    (record,) = of_tenant(broker.bootstrap, "dead-letters", "replay-large")
    letter = decode("dead-letters", content(record))
    assert isinstance(letter, DeadLetter)
    assert (65_536, 300_000, True) == (len(letter.original), letter.original_size, letter.restricted)


def test_a_body_of_exactly_the_limit_is_taken(client: httpx.Client) -> None:
    """The limit should be the largest that is accepted."""
    short = orjson.dumps(group(alert(annotations={"summary": ""})))
    whole = orjson.dumps(group(alert(annotations={"summary": "x" * (200_000 - len(short))})))
    assert len(whole) == 200_000
    assert client.post(f"{replay('limit')}/alertmanager", content=whole, headers=REPLAY).status_code == 202
    assert (
        client.post(f"{replay('limit')}/alertmanager", content=whole + b" ", headers=REPLAY).status_code
        == 413
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("POST", "/v1/pager", 404, f"known are {', '.join(sorted(FORMATS))}"),
        ("POST", "/v2/github", 404, "POST /v1/<source>"),
        ("GET", "/v1/github", 405, "GET is not for /v1/github"),
        ("POST", "/t/nobody/v1/github", 404, "there is no tenant 'nobody'"),
        ("POST", "/t/Not-A-Name/v1/github", 404, "there is no tenant"),
        ("POST", "/t/replay-%20/v1/github", 404, "there is no tenant"),
        ("POST", "/t/guarded/v1/github", 401, "needs its token"),
        ("POST", "/t/replay-x/v1/github", 401, "needs its token"),
        ("POST", "/t/default/v1/tick", 404, "no replay tenant"),
    ],
)
def test_a_wrong_address_says_what_there_is(
    client: httpx.Client, method: str, path: str, status: int, words: str
) -> None:
    """The status should fit, and one line should say what to do."""
    answer = client.request(method, path, content=b"{}")
    assert status == answer.status_code
    assert words in answer.json()["detail"]


def test_the_tenant_is_named_by_token_or_route(client: httpx.Client, broker: Broker) -> None:
    """A token should do without a route, a wrong one should not; without both it is the default tenant."""
    body = group(alert(fingerprint="who"))
    for path, token, status in (
        ("/v1/alertmanager", TOKEN, 202),
        ("/t/guarded/v1/alertmanager", TOKEN, 202),
        ("/t/guarded/v1/alertmanager", "wrong", 401),
        ("/v1/alertmanager", "wrong", 401),
    ):
        answer = client.post(path, json=body, headers={"authorization": f"Bearer {token}"})
        assert status == answer.status_code, path
    assert client.post("/v1/alertmanager", json=body).status_code == 202
    assert len(of_tenant(broker.bootstrap, "alerts", "guarded")) == 2
    assert len(of_tenant(broker.bootstrap, "alerts", "default")) == 1


def test_live_deliveries_are_stamped_by_the_gateway(client: httpx.Client, broker: Broker) -> None:
    """The broker's own time should be within a second, whatever the sender says."""
    claimed = {"authorization": f"Bearer {TOKEN}", "x-received-at": "2001-01-01T00:00:00Z"}
    body = group(alert(labels={"service": "stamp"}))
    sent = client.post("/t/guarded/v1/alertmanager", json=body, headers=claimed)
    assert sent.status_code == 202
    (record,) = [one for one in records(broker.bootstrap, "alerts") if one.key() == b"guarded/stamp"]
    stamped = headers(record)["ingested-at"]

    assert abs(int(stamped) / 1000 - record.timestamp()[1]) < 1000


def test_a_replay_without_its_time_is_refused(client: httpx.Client) -> None:
    """Recorded time should have to be said."""
    answer = client.post(
        f"{replay('timeless')}/github", json={}, headers={"authorization": f"Bearer {REPLAY_TOKEN}"}
    )
    assert (400, "no_received_at") == (answer.status_code, answer.json()["error"])


@pytest.mark.parametrize(
    ("said", "reached"),
    [({"at": "2026-02-03T08:06:33Z"}, parse_time("2026-02-03T08:06:33Z")), ({"end": True}, LATEST)],
)
def test_a_tick_is_in_every_partition_of_every_input_whose_time_counts(
    client: httpx.Client, broker: Broker, said: Json, reached: int
) -> None:
    """It should carry the time and the tenant in its headers; no clock waits for what people say."""
    tenant = f"replay-tick-{'end' if reached == LATEST else 'at'}"
    assert client.post(f"/t/{tenant}/v1/tick", json=said, headers=REPLAY).status_code == 202
    assert {"feedback"} == set(INPUT_TOPICS) - set(TICKED_TOPICS)
    assert [] == of_tenant(broker.bootstrap, "feedback", tenant)
    for topic in TICKED_TOPICS:
        found = of_tenant(broker.bootstrap, topic, tenant)
        assert list(range(PARTITIONS)) == [tick.partition() for tick in found]
        assert {(b"tick", b"\0", str(reached).encode())} == {
            (t.key(), t.value(), headers(t)["tick"]) for t in found
        }


@pytest.mark.parametrize("said", [{}, {"at": "noon"}, {"at": 5}, [], {"end": 1}])
def test_a_tick_without_a_time_is_400(client: httpx.Client, said: Json) -> None:
    """The answer should say what a tick looks like."""
    answer = client.post(f"{replay('tickless')}/tick", json=said, headers=REPLAY)
    assert (400, "no_time") == (answer.status_code, answer.json()["error"])


def test_a_catalog_is_taken_as_yaml(client: httpx.Client, broker: Broker) -> None:
    """Good documents should be published, bad ones should be told by their line."""
    text = "kind: System\nmetadata: {name: shop}\n---\na: [\n---\nkind: Component\nmetadata: {name: cart}\n"
    answer = client.post(f"{replay('catalog')}/catalog", content=text, headers=REPLAY)
    assert (202, ["/1"]) == (answer.status_code, [one["path"] for one in answer.json()["refused"]])
    keys = {one.key() for one in of_tenant(broker.bootstrap, "catalog", "replay-catalog")}
    assert {b"replay-catalog/system:default/shop", b"replay-catalog/component:default/cart"} == keys


def test_many_at_once_are_each_answered_by_their_own_records(client: httpx.Client, broker: Broker) -> None:
    """Every one of 300 concurrent deliveries should be acknowledged, and be in Kafka once."""

    def post(number: int) -> int:
        body = group(alert(fingerprint=f"f{number}", labels={"service": f"s{number % 7}"}))
        return client.post(f"{replay('many')}/alertmanager", json=body, headers=REPLAY).status_code

    with ThreadPoolExecutor(32) as pool:
        assert {202} == set(pool.map(post, range(300)))
    found = [decode("alerts", content(one)) for one in of_tenant(broker.bootstrap, "alerts", "replay-many")]
    assert {f"f{number}" for number in range(300)} == {
        one.fingerprint for one in found if isinstance(one, Alert)
    }
    assert len(found) == 300


def test_the_formats_can_be_asked_for(client: httpx.Client) -> None:
    """The list should say where each format goes, and which of its fields is the time of sending."""
    told = {one["post"]: one["notification_time"] for one in client.get("/v1").json()}
    assert {f"/v1/{route}": entry.notification_time for route, entry in FORMATS.items()} == told
    assert (None, "deployment_status.updated_at") == (told["/v1/alertmanager"], told["/v1/github"])


def test_a_large_delivery_is_taken_whole(client: httpx.Client, broker: Broker) -> None:
    """Every alert of a large group should be in Kafka."""
    alerts = [alert(fingerprint=f"f{number}") for number in range(300)]
    answer = client.post(f"{replay('group')}/alertmanager", json=group(*alerts), headers=REPLAY)
    assert (202, 300) == (answer.status_code, len(answer.json()["published"]))
    assert len(of_tenant(broker.bootstrap, "alerts", "replay-group")) == 300


def test_health_says_alive_and_ready(client: httpx.Client) -> None:
    """Both should be 200 while the broker answers."""
    assert (200, 200) == (client.get("/healthz").status_code, client.get("/readyz").status_code)
