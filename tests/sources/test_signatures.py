"""Signatures: what each sender documents is accepted, and nothing that differs from it in a single place."""

import hmac
from base64 import b64encode
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.settings import Settings, SigningSource, TenantSettings
from schemas.times import SECOND
from sources.catalogue import FORMATS
from sources.signatures import SCHEMES, Delivery, Unsigned, require_signature

GITHUB = (
    "It's a Secret to Everybody",
    b"Hello, World!",
    {"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
)
"""The values to test with of docs.github.com, Validating webhook deliveries."""
STANDARD = (
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    b'{"test": 2432232314}',
    {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
)
"""The example of the Standard Webhooks specification."""
SENT = 1614265330 * SECOND
LAUNCHDARKLY = (
    "9f2c-key of the webhook",
    '{"_id":"5f0000000000000000000001","date":1770105669412,"kind":"flag","name":"New cart — beta",'
    '"titleVerb":"turned on the flag"}'.encode(),
    {"x-ld-signature": "7beac1a2bdb268a6234541555fe0ae23c0f3be03d88253ae22a26a50bcc259b0"},
)
"""launchdarkly.com/docs/home/infrastructure/webhooks, Signing webhooks: the bare digest, the secret used as it is."""
FLAGSMITH = (
    "my shared secret",
    b'{"data": {"changed_by": "Zo\\u00eb", "new_state": {"enabled": true}}, "event_type": "FLAG_UPDATED"}',
    {"x-flagsmith-signature": "612f017a82909290e6bd7b0b81f6a80367b36f72119ceddabf84542ca9671c49"},
)
"""docs.flagsmith.com, Webhook Signature, with its secret; the body as Flagsmith writes it: keys in order, spaces."""
TERRAFORM = (
    "a token of the notification",
    '{"payload_version":1,"run_id":"run-6n","run_message":null,"notifications":[{"message":"Applied ✓",'
    '"run_status":"applied"}]}'.encode(),
    {
        "x-tfe-notification-signature": "704974261c7899db48ea048b38197f92ba27321bd97f4ee2e0afde0cea74d3e3"
        "5d185fcef24466be0e25b004dfce1dc574805cef0571b171889b3aa44467dbb3"
    },
)
"""developer.hashicorp.com, notification configurations, Notification Authenticity: HMAC with SHA-512, by the token."""
PAGERDUTY = (
    "bm90IGRlY29kZWQ+L3VzZWQ/YXMgaXQgc3RhbmRz",
    '{"event":{"id":"01","event_type":"incident.triggered","data":{"title":"café"}}}'.encode(),
    {"x-pagerduty-signature": "v1=becd527afc08bda4eea5822903e12f0348eb258ddc49e3a8f77fba42f98e6ee3"},
)
"""developer.pagerduty.com, Verifying Signatures, and its Go client's `webhookv3`: the secret looks like Base64 and is
not decoded."""
VECTORS = [
    ("github", *GITHUB),
    ("gitlab", *STANDARD),
    ("gitlab", "a-secret-token", b"{}", {"x-gitlab-token": "a-secret-token"}),
    ("launchdarkly", *LAUNCHDARKLY),
    ("flagsmith", *FLAGSMITH),
    ("terraform", *TERRAFORM),
    ("pagerduty", *PAGERDUTY),
]
"""GitHub's and Standard Webhooks' are theirs; the others publish words alone, and openssl made what these say."""
NAMES = [f"{source}-{next(iter(headers))}" for source, _, _, headers in VECTORS]
Vector = tuple[str, str, bytes, dict[str, str]]
each_vector = pytest.mark.parametrize("vector", VECTORS, ids=NAMES)


def _refused(source: str, secrets: tuple[str, ...], delivery: Delivery) -> str | None:
    """Why the delivery is refused, or None where it is taken."""
    try:
        require_signature(source, secrets, delivery)
    except Unsigned as wrong:
        return wrong.reason
    return None


@each_vector
def test_what_the_sender_documents_is_taken(vector: Vector) -> None:
    """With the secret alone, and with the old one beside the new one while it is rotated."""
    source, secret, body, headers = vector
    delivery = Delivery(headers, body, SENT)
    assert [None] * 3 == [
        _refused(source, secrets, delivery)
        for secrets in ((secret,), ("the-secret-before", secret), (secret, "the-secret-after"))
    ]


@each_vector
def test_another_secret_does_not_fit(vector: Vector) -> None:
    """Nor does one of the same kind."""
    source, _, body, headers = vector
    others = ("another-secret", "whsec_" + b64encode(b"another key of 24 bytes.").decode())
    assert "wrong_signature" == _refused(source, others, Delivery(headers, body, SENT))


@each_vector
def test_without_its_header_a_delivery_is_unsigned(vector: Vector) -> None:
    """An empty header is none; the reason names the header and what to do."""
    source, secret, body, headers = vector
    assert "no_signature" == _refused(source, (secret,), Delivery({}, body, SENT))
    assert "no_signature" == _refused(source, (secret,), Delivery(dict.fromkeys(headers, ""), body, SENT))
    with pytest.raises(Unsigned, match=next(reversed(headers))):
        require_signature(source, (secret,), Delivery({}, body, SENT))


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS if "x-gitlab-token" not in v[3]], ids=lambda v: str(v[0])
)
@given(data=st.data())
def test_a_changed_body_does_not_fit(vector: Vector, data: st.DataObject) -> None:
    """One byte more, less or other; GitLab's plain token alone says nothing about the body."""
    source, secret, body, headers = vector
    place = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != body[place]))
    for changed in (
        body[:place] + bytes([other]) + body[place + 1 :],
        body[:place] + body[place + 1 :],
        body + b" ",
    ):
        assert "wrong_signature" == _refused(source, (secret,), Delivery(headers, changed, SENT))


@each_vector
@given(data=st.data())
def test_a_changed_header_does_not_fit(vector: Vector, data: st.DataObject) -> None:
    """Whatever a header can carry, in place of any that the signature depends on."""
    source, secret, body, headers = vector
    name = data.draw(st.sampled_from(sorted(headers)))
    text = data.draw(st.text(st.characters(max_codepoint=255), min_size=1))
    if text.strip() != headers[name]:
        assert _refused(source, (secret,), Delivery({**headers, name: text}, body, SENT)) is not None


def test_pagerduty_signs_with_each_secret_of_a_rotation() -> None:
    """Several signatures in one header, of which one has to fit."""
    secret, body, headers = PAGERDUTY
    old = f"v1={hmac.new(b'before', body, 'sha256').hexdigest()}"
    both = {"x-pagerduty-signature": f"{old}, {headers['x-pagerduty-signature']}"}
    assert _refused("pagerduty", (secret,), Delivery(both, body, SENT)) is None
    assert "wrong_signature" == _refused(
        "pagerduty", (secret,), Delivery({"x-pagerduty-signature": old}, body, SENT)
    )


@pytest.mark.parametrize(
    ("source", "secret", "body", "header", "algorithm"),
    [
        ("launchdarkly", *LAUNCHDARKLY, "sha256"),
        ("flagsmith", *FLAGSMITH, "sha256"),
        ("terraform", *TERRAFORM, "sha512"),
    ],
)
def test_a_bare_digest_has_no_prefix_and_is_of_its_own_algorithm(
    source: str, secret: str, body: bytes, header: dict[str, str], algorithm: str
) -> None:
    """GitHub's `sha256=` before it, the other hash, or the same in Base64 should not fit."""
    ((name, digest),) = header.items()
    other = hmac.new(secret.encode(), body, "sha512" if algorithm == "sha256" else "sha256").hexdigest()
    for wrong in (f"{algorithm}={digest}", other, b64encode(bytes.fromhex(digest)).decode()):
        assert "wrong_signature" == _refused(source, (secret,), Delivery({name: wrong}, body, SENT))


def test_gitlab_may_send_both_tokens_and_either_does() -> None:
    """Where only the signing token is configured, a known plain token proves nothing."""
    secret, body, signed = STANDARD
    both = Delivery({**signed, "x-gitlab-token": "a-secret-token"}, body, SENT)
    plain = Delivery({"x-gitlab-token": "a-secret-token"}, body, SENT)
    assert [None, None, None] == [
        _refused("gitlab", secrets, both)
        for secrets in ((secret,), ("a-secret-token",), (secret, "a-secret-token"))
    ]
    assert ["wrong_signature", None] == [
        _refused("gitlab", secrets, plain) for secrets in ((secret,), (secret, "a-secret-token"))
    ]


@pytest.mark.parametrize(("seconds", "taken"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_a_signature_with_a_time_is_good_for_five_minutes(seconds: int, taken: bool) -> None:  # noqa: FBT001 - a case
    """Whoever overhears a delivery should not be able to send it again next week."""
    secret, body, headers = STANDARD
    delivery = Delivery(headers, body, SENT + seconds * SECOND)
    assert taken == (_refused("gitlab", (secret,), delivery) is None)


def test_every_source_that_can_have_a_secret_is_one_that_signs() -> None:
    """Settings, schemes and routes name the same sources."""
    assert set(get_args(SigningSource)) == set(SCHEMES)
    assert set(SCHEMES) <= set(FORMATS)
    assert "no_signature" == _refused("alertmanager", ("any",), Delivery({}, b"", 0))


@pytest.mark.parametrize(
    "secrets",
    [
        {"alertmanager": ["a-long-secret"]},
        {"github": []},
        {"github": [""]},
        {"github": ["short"]},
        {"github": "a-long-secret"},
        {"gitlab": ["whsec_not base64"]},
    ],
)
def test_a_secret_that_could_check_nothing_is_refused_at_the_start(secrets: object) -> None:
    """An unknown source, no secret, an empty one, one that can be guessed, a key that is none."""
    with pytest.raises(ValidationError):
        TenantSettings.model_validate({"name": "shop", "signing_secrets": secrets})


def test_no_key_of_a_sender_is_in_the_hash_of_the_settings() -> None:
    """The hash is published with every revision, and a new secret makes no new revisions."""
    plain = TenantSettings(name="shop")
    guarded = TenantSettings(
        name="shop", token_sha256="0" * 64, signing_secrets={"github": ("a-long-secret",)}
    )
    assert Settings(tenants=(plain,)).fold_hash() == Settings(tenants=(guarded,)).fold_hash()
    assert "a-long-secret" not in repr(guarded)


def test_a_replay_is_signed_by_nobody() -> None:
    """It has the first tenant's settings, but its deliveries were recorded after the check."""
    guarded = TenantSettings(name="shop", signing_secrets={"github": ("a-long-secret",)})
    settings = Settings(tenants=(guarded,))
    assert (("a-long-secret",), (), ()) == (
        settings.secrets_of("shop", "github"),
        settings.secrets_of("shop", "gitlab"),
        settings.secrets_of("replay-1", "github"),
    )
