"""The gateway where senders sign: what is signed needs no token, and what is not is refused, counted and not kept."""

import hmac
from collections.abc import Iterator

import httpx
import orjson
import pytest

from local.kafka import Broker
from schemas.audit import AuditEntry, DeadLetter
from schemas.codec import decode
from schemas.settings import GatewaySettings, KafkaSettings, Settings, TenantSettings
from tests.sources.running import TOKEN, content, gateway, of_tenant, sha

SECRET, LATER, GUESS = "the-secret-of-a-webhook", "the-secret-after-it", "a-guess-at-the-secret"
BODY = orjson.dumps({"zen": "Keep it logically awesome.", "hook_id": 1})
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def client(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a gateway with a tenant that has a token, and two secrets for GitHub."""
    tenants = (
        TenantSettings(name="default"),
        TenantSettings(name="signed", token_sha256=sha(TOKEN), signing_secrets={"github": (SECRET, LATER)}),
    )
    settings = Settings(
        kafka=KafkaSettings(bootstrap=broker.bootstrap),
        gateway=GatewaySettings(port=0, max_body_bytes=20_000),
        tenants=tenants,
    )
    with gateway(settings, tmp_path_factory.mktemp("signed")) as running:
        yield running


def _signed(body: bytes = BODY, secret: str = SECRET) -> dict[str, str]:
    return {"x-hub-signature-256": "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()}


def _post(
    client: httpx.Client, headers: dict[str, str], body: bytes = BODY, route: str = "/t/signed"
) -> httpx.Response:
    return client.post(f"{route}/v1/github", content=body, headers={"x-github-event": "ping", **headers})


@pytest.mark.parametrize("secret", [SECRET, LATER])
def test_what_is_signed_needs_no_token(client: httpx.Client, secret: str) -> None:
    """Neither GitHub nor the others can send one; each secret of a rotation does."""
    assert 202 == _post(client, _signed(BODY, secret)).status_code


def test_what_is_signed_is_the_body_as_it_came(client: httpx.Client) -> None:
    """The same JSON in other bytes is another body."""
    spaced = BODY.replace(b":", b": ")
    assert [202, 401] == [_post(client, _signed(body), spaced).status_code for body in (spaced, BODY)]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "no_signature"),
        (BEARER, "no_signature"),
        ({**BEARER, **_signed(BODY, GUESS)}, "wrong_signature"),
        (_signed(BODY + b" "), "wrong_signature"),
    ],
    ids=["nothing", "token alone", "other secret", "other body"],
)
def test_what_is_not_signed_is_refused(client: httpx.Client, headers: dict[str, str], reason: str) -> None:
    """Whatever else it brings; the answer says which header is looked at."""
    answer = _post(client, headers)
    assert (401, reason) == (answer.status_code, answer.json()["error"])
    assert "x-hub-signature-256" in answer.json()["detail"]


def test_a_refusal_is_on_record_without_what_was_sent(client: httpx.Client, broker: Broker) -> None:
    """A dead letter and an audit entry count it; hash and size tell which delivery it was."""
    body = orjson.dumps({"sent by": "whoever"})
    assert 401 == _post(client, {}, body).status_code
    letters = [
        decode("dead-letters", content(one)) for one in of_tenant(broker.bootstrap, "dead-letters", "signed")
    ]
    (letter,) = [one for one in letters if isinstance(one, DeadLetter) and one.original_size == len(body)]
    assert ("no_signature", b"", sha(body.decode())) == (letter.reason, letter.original, letter.original_hash)
    entries = [
        decode("audit-entries", content(one))
        for one in of_tenant(broker.bootstrap, "audit-entries", "signed")
    ]
    assert [("refused", "no_signature")] == [
        (one.decision, one.details["reason"])
        for one in entries
        if isinstance(one, AuditEntry) and one.details["letter"] == letter.letter_id
    ]


def test_too_much_is_refused_unread(client: httpx.Client, broker: Broker) -> None:
    """It could only be checked once it has been read."""
    body = b'"' + b"x" * 30_000 + b'"'
    assert 413 == _post(client, _signed(body), body).status_code
    letters = [
        decode("dead-letters", content(one)) for one in of_tenant(broker.bootstrap, "dead-letters", "signed")
    ]
    (letter,) = [one for one in letters if isinstance(one, DeadLetter) and one.reason == "too_large"]
    assert (b"", len(body)) == (letter.original, letter.original_size)


def test_other_sources_and_tenants_are_as_before(client: httpx.Client) -> None:
    """A secret is of one source of one tenant; the others need the token, or nothing."""
    assert 202 == _post(client, {}, route="").status_code
    assert 202 == _post(client, {}, route="/t/default").status_code
    answers = [client.post("/t/signed/v1/gitlab", content=BODY, headers=headers) for headers in ({}, BEARER)]
    assert [401, 400] == [answer.status_code for answer in answers]


def test_the_formats_say_how_they_are_signed(client: httpx.Client) -> None:
    """So that a sender can be set up from the list alone."""
    told = {one["post"]: one["signature"] for one in client.get("/v1").json()}
    assert ("x-hub-signature-256", None) == (told["/v1/github"], told["/v1/alertmanager"])
    assert "webhook-signature or x-gitlab-token" == told["/v1/gitlab"]
