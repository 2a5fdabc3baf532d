"""What people say over HTTP: only people, under their own name, and on record before it counts."""

from collections.abc import Iterator

import httpx
import pytest

from local.kafka import Broker
from schemas.audit import AuditEntry
from schemas.codec import decode
from schemas.feedback import Feedback
from schemas.page_settings import PageSettings, ReaderSettings
from schemas.settings import Settings
from streams.redact import Json
from tests.sources.running import TOKEN, content, gateway, headers, key_of, of_tenant, settings_for, sha

CONFIRM: dict[str, Json] = {"kind": "confirm", "candidate_id": "c-1", "source_ref": "flagd:x@1"}
READERS = (
    ReaderSettings(name="anna", token_sha256=sha("anna's"), tenants=("*",), feedback=True),
    ReaderSettings(name="olga", token_sha256=sha("olga's"), tenants=("guarded",), feedback=True),
    ReaderSettings(name="finn", token_sha256=sha("finn's"), teams=("team-fares",), feedback=True),
    ReaderSettings(name="looker", token_sha256=sha("looker's"), tenants=("*",)),
)


def _settings(bootstrap: str) -> Settings:
    return settings_for(bootstrap, max_body_bytes=5_000).model_copy(
        update={"page": PageSettings(readers=READERS)}
    )


@pytest.fixture(scope="module")
def client(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a gateway that knows four readers."""
    with gateway(_settings(broker.bootstrap), tmp_path_factory.mktemp("told")) as running:
        yield running


def _say(
    client: httpx.Client, token: str | None, body: Json, path: str = "/t/replay-told/v1/feedback"
) -> httpx.Response:
    said = {} if token is None else {"authorization": f"Bearer {token}"}
    return client.post(path, json=body, headers=said)


def test_what_is_said_is_on_record_and_in_its_topic_before_it_is_answered(
    client: httpx.Client, broker: Broker
) -> None:
    """Under the name of the token's holder, keyed by its scope."""
    answer = _say(client, "anna's", CONFIRM)
    assert (202, "anna") == (answer.status_code, answer.json()["person"])
    (record,) = of_tenant(broker.bootstrap, "feedback", "replay-told")
    feedback = decode("feedback", content(record))
    assert isinstance(feedback, Feedback)
    assert (b"replay-told/production", "anna", "gateway") == (key_of(record), feedback.person, feedback.via)
    assert str(feedback.given_at).encode() == headers(record)["ingested-at"]
    entries = [
        decode("audit-entries", content(r))
        for r in of_tenant(broker.bootstrap, "audit-entries", "replay-told")
    ]
    [entry] = [one for one in entries if isinstance(one, AuditEntry) and one.decision == "told"]
    assert ("anna", "c-1", feedback.feedback_id) == (entry.actor, entry.subject, entry.details["feedback"])


def test_the_same_sent_again_is_the_same_feedback(client: httpx.Client) -> None:
    """By the id that its sender drew; another person's is another one."""
    ids = [
        _say(client, who, {**CONFIRM, "id": "drawn once"}, "/t/guarded/v1/feedback").json()["feedback_id"]
        for who in ("anna's", "anna's", "olga's")
    ]
    assert (ids[0], 2) == (ids[1], len({*ids}))


@pytest.mark.parametrize(
    ("token", "status", "reason"),
    [
        (None, 401, "wrong_token"),
        ("nobody's", 401, "wrong_token"),
        (TOKEN, 403, "no_person"),
        ("looker's", 403, "may_not_speak"),
        ("olga's", 403, "may_not_speak"),
        ("finn's", 403, "rights_by_team"),
    ],
    ids=["nobody", "unknown", "a tenant", "only looks", "of another tenant", "of a team"],
)
def test_who_may_not_speak_is_refused(
    client: httpx.Client, token: str | None, status: int, reason: str
) -> None:
    """Nothing is said by anybody who has not proven to be a person with the right."""
    answer = _say(client, token, CONFIRM, "/v1/feedback")
    assert (status, reason) == (answer.status_code, answer.json()["error"])


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"person": "the boss"}, "person is not yours to say"),
        ({"given_at": 1}, "given_at is not yours"),
        ({"kind": "praise"}, "kind"),
        ({"kind": "hand_over"}, "needs team"),
        ({"kind": "close"}, "needs cause"),
        ({"note": "x" * 501}, "note"),
        ({"id": ""}, "id is a text"),
        ({"else": 1}, "else"),
    ],
)
def test_what_says_nothing_clear_is_refused(
    client: httpx.Client, changed: dict[str, Json], told: str
) -> None:
    """With what to do; nobody speaks for somebody else."""
    answer = _say(client, "anna's", {**CONFIRM, **changed})
    assert 400 == answer.status_code
    assert told in answer.json()["detail"]


def test_what_is_no_object_or_too_large_is_refused(client: httpx.Client) -> None:
    """Each with its own status."""
    said = {"authorization": "Bearer anna's"}
    bodies = {b"[]": 400, b"{": 400, b" " * 6_000: 413}
    assert list(bodies.values()) == [
        client.post("/v1/feedback", content=body, headers=said).status_code for body in bodies
    ]


def test_no_sender_reaches_the_topic_by_a_format(client: httpx.Client, broker: Broker) -> None:
    """A tenant's token has no other way to the topic either."""
    before = len(of_tenant(broker.bootstrap, "feedback", "guarded"))
    assert 403 == _say(client, TOKEN, CONFIRM, "/t/guarded/v1/feedback").status_code
    assert before == len(of_tenant(broker.bootstrap, "feedback", "guarded"))
