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
RFC_SECRET, RFC_BODY = "Jefe", b"what do ya want for nothing?"
SHA_256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
SHA_512 = (
    "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
    "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
)
"""Test case 2 of RFC 4231, for senders that document the algorithm and no example."""
VECTORS = [
    ("github", *GITHUB),
    ("gitlab", *STANDARD),
    ("gitlab", "a-secret-token", b"{}", {"x-gitlab-token": "a-secret-token"}),
    ("launchdarkly", RFC_SECRET, RFC_BODY, {"x-ld-signature": SHA_256}),
    ("flagsmith", RFC_SECRET, RFC_BODY, {"x-flagsmith-signature": SHA_256}),
    ("terraform", RFC_SECRET, RFC_BODY, {"x-tfe-notification-signature": SHA_512}),
    ("pagerduty", RFC_SECRET, RFC_BODY, {"x-pagerduty-signature": f"v1={SHA_256}"}),
]
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
    _, secret, body, headers = VECTORS[-1]
    old = f"v1={hmac.new(b'before', body, 'sha256').hexdigest()}"
    both = {"x-pagerduty-signature": f"{old}, {headers['x-pagerduty-signature']}"}
    assert _refused("pagerduty", (secret,), Delivery(both, body, SENT)) is None
    assert "wrong_signature" == _refused(
        "pagerduty", (secret,), Delivery({"x-pagerduty-signature": old}, body, SENT)
    )


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
