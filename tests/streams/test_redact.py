"""Secrets are masked wherever they stand; the shape and ordinary text stay."""

import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.redact import MARK, Json, redact, redact_text, redacted_json
from streams.secret_names import names_secret

SECRET = "hunter2-s3cr3t"  # noqa: S105 - what the tests look for

_words = st.sampled_from(
    [
        "password",
        "token",
        "a",
        "name",
        "value",
        "data",
        "kind",
        "Secret",
        "service",
        "DB_PASSWORD",
        "objectRef",
        "requestObject",
        "resource",
        "secrets",
        "Bearer abc123def456",
        "password=x",
        "://u:p@h",
        "[redacted]",
        "{",
        '"',
        "eyJhbGciOiJI.eyJzdWIi.x",
        "--token x",
        "checkout",
        '{"password":"x"}',
        "-----BEGIN PRIVATE KEY-----",
        ":",
        "=",
    ]
)
_texts = st.one_of(_words, st.text(max_size=20), st.lists(_words, max_size=5).map(" ".join))
_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    _texts,
)
_json = st.recursive(
    _scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_texts, inner, max_size=4)),
    max_leaves=20,
)
_nested = st.recursive(
    st.one_of(_scalars, st.sampled_from([f"password={SECRET}", f"Authorization: Bearer {SECRET}"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(_texts, inner, max_size=4),
    ),
    max_leaves=20,
)
"""What a message dumps to: its tuples stay tuples."""


def _shape(value: Json) -> object:
    if isinstance(value, dict):
        return {key: _shape(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(map(_shape, value))
    return [_shape(item) for item in value] if isinstance(value, list) else "scalar"


@given(_json)
def test_redacting_twice_is_redacting_once(value: Json) -> None:
    """A second pass should find nothing more, in JSON and in its text, and the shape should stay."""
    once = redact(value)
    assert once == redact(once)
    assert _shape(value) == _shape(once)
    assert once == orjson.loads(redacted_json(value))


@given(_nested)
def test_no_text_keeps_a_secret_in_whatever_it_is_nested(value: Json) -> None:
    """Neither in objects nor in lists nor in tuples; a second pass should find nothing more, the shape should stay."""
    once = redact(value)
    assert SECRET not in repr(once)
    assert once == redact(once)
    assert _shape(value) == _shape(once)


def test_what_stands_under_the_name_of_a_secret_keeps_its_shape_too() -> None:
    """Each text in a tuple should be masked, not the tuple made a text."""
    assert {"tokens": (MARK, [MARK])} == redact({"tokens": (SECRET, [SECRET])})


@given(_texts)
def test_redacting_a_text_twice_is_redacting_it_once(text: str) -> None:
    """A second pass should find nothing more."""
    assert redact_text(text) == redact_text(redact_text(text))


@given(_json)
def test_a_text_that_is_json_stays_json(value: Json) -> None:
    """Redacted JSON text should be the text of the redacted JSON."""
    text = orjson.dumps([value]).decode()
    assert redact([value]) == orjson.loads(redact_text(text))


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "dbPassword",
        "DB_PASSWORD_PROD",
        "X-Api-Key",
        "apiKey",
        "APIKey",
        "Authorization",
        "client_secret",
        "aws_secret_access_key",
        "aws-access-key-id",
        "passwordHash",
        "access_token",
        "refreshToken",
        "privateKey",
        "tls.key",
        ".dockerconfigjson",
        "connectionString",
        "Set-Cookie",
        "github-token",
        "token_value",
        "AccountKey",
    ],
)
def test_a_name_of_a_secret_is_known(name: str) -> None:
    """Names of secrets should be known in every spelling."""
    assert names_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "service",
        "secretName",
        "secretKeyRef",
        "keys_url",
        "authorization.k8s.io/decision",
        "tokenizer",
        "key",
        "value",
        "passwordReset",
        "author",
        "git_tags_url",
        "token_type",
        "compass",
        "hotkey",
        "monkey",
        "public_key_id",
        "",
        "1",
    ],
)
def test_an_ordinary_name_is_left_alone(name: str) -> None:
    """Names that only resemble those of secrets should not count."""
    assert not names_secret(name)


@pytest.mark.parametrize(
    "text",
    [
        f"password={SECRET}",
        f"DB_PASSWORD: '{SECRET}'",
        f'config {{"password": "{SECRET}"}} written',
        f'log says {{\\"apiKey\\": \\"{SECRET}\\"}}',
        f"postgres://shop:{SECRET}@db:5432/shop",
        f"curl -H 'Authorization: Bearer {SECRET}' https://example.com",
        f"mysql --password {SECRET} -h db",
        f"https://example.com/hook?token={SECRET}&x=1",
        f"DefaultEndpointsProtocol=https;AccountKey={SECRET};EndpointSuffix=x",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
        f'{{"outer": "{{\\"secret\\": \\"{SECRET}\\"}}"}}',
    ],
)
def test_a_secret_in_a_text_is_masked(text: str) -> None:
    """The secret should be gone and the mark should stand in its place."""
    masked = redact_text(text)
    assert SECRET not in masked
    assert MARK in masked


@pytest.mark.parametrize(
    "token",
    [
        "AKIA" + "IOSFODNN7EXAMPLE",
        "ghp_" + "a1" * 18,
        "xoxb-" + "1234567890-abcdef",
        "glpat-" + "x1" * 10,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "AIza" + "b" * 35,
        "sk_live_" + "c" * 24,
    ],
)
def test_a_token_of_known_make_is_masked_anywhere(token: str) -> None:
    """A token should be found by how it looks, without a name before it."""
    assert f"it leaked {MARK} today" == redact_text(f"it leaked {token} today")


@pytest.mark.parametrize(
    "text",
    [
        "HighRequestErrorRate in otel-demo/checkout",
        "MemoryUsageRate of pod online-boutique/shippingservice-7b598fc7d-lmggd is 32.77%, usually 9.907%",
        "the token has expired; password reset mails are late",
        "http://prometheus:9090/graph?g0.expr=rate(http_requests_total%5B5m%5D)&g0.tab=1",
        "Basic Authentication is off: keys were rotated",
        "2026-02-03T08:06:33.875625Z",
        "https://alice@example.com/path:8080/x",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    """Text without a secret should come back as it was."""
    assert text == redact_text(text)


def test_a_kubernetes_secret_shows_its_keys_but_no_value() -> None:
    """Data and stringData of a Secret should be masked, its name should stay."""
    secret: Json = {
        "kind": "Secret",
        "metadata": {"name": "db"},
        "data": {"user": SECRET},
        "stringData": {"a": SECRET},
    }
    assert redact(secret) == {
        "kind": "Secret", "metadata": {"name": "db"}, "data": {"user": MARK}, "stringData": {"a": MARK},
    }  # fmt: skip


def test_an_audit_event_about_secrets_shows_no_body() -> None:
    """Whatever a request about Secrets carries should be masked, a patch too."""
    event: Json = {
        "objectRef": {"resource": "secrets", "name": "db"},
        "requestObject": [{"op": "replace", "path": "/data/user", "value": SECRET}],
        "responseObject": {"items": [{"x": SECRET}]},
    }
    text = redacted_json(event)
    assert SECRET not in text
    assert '"name":"db"' in text


def test_an_environment_variable_is_judged_by_its_name() -> None:
    """The value beside the name of a secret should be masked, others should stay."""
    value: Json = {"env": [{"name": "DB_PASSWORD", "value": SECRET}, {"name": "LOG_LEVEL", "value": "info"}]}
    assert redact(value) == {
        "env": [{"name": "DB_PASSWORD", "value": MARK}, {"name": "LOG_LEVEL", "value": "info"}]
    }


def test_what_lies_too_deep_is_masked_as_a_whole() -> None:
    """A body nested as deep as its reader allows should be redacted without an error."""
    deep: Json = orjson.loads("[" * 1000 + f'"password={SECRET}"' + "]" * 1000)
    assert SECRET not in redacted_json(deep)


@pytest.mark.parametrize(
    "piece", ["a", "eyJ-", "password=", "://a:", "-----BEGIN PRIVATE KEY-----", "bearer ", '\\"', "--a "]
)
def test_a_hostile_text_of_a_megabyte_takes_no_longer_than_an_ordinary_one(piece: str) -> None:
    """No repetition should make the search slow."""
    begun = time.thread_time()
    redact_text(piece * (1_000_000 // len(piece)))
    assert time.thread_time() - begun < 5
