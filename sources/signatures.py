"""Owns whether a delivery was signed by who knows the secret, for the senders that sign.

Pure, over the raw body, compared in constant time. Sources: what each sender documents, by its name in `SCHEMES`;
GitLab's signing token is that of https://www.standardwebhooks.com. Goes to: the gateway.
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from schemas.settings import STANDARD_SECRET
from schemas.times import SECOND

_TOLERANCE: Final = 300 * SECOND
"""How far the time in a Standard Webhooks signature may be from ours; an older delivery may be a replayed one."""
_MAX_DIGITS: Final = 15


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a signature may be over: the headers, the raw body, and the ingest time in microseconds."""

    headers: Mapping[str, str]
    body: bytes
    received_at: int


class Unsigned(Exception):
    """A delivery of a source with secrets that nobody who knows one has signed: a code, and what to do."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


Check = Callable[[Delivery, str], bool]
"""Whether a delivery is signed with this secret."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """How one sender signs: the headers that it may use, and what they must say."""

    headers: tuple[str, ...]
    fits: Check


def require_signature(source: str, secrets: Iterable[str], delivery: Delivery) -> None:
    """Raises Unsigned unless the delivery is signed with one of the secrets of its source."""
    scheme = SCHEMES.get(source)
    if scheme is None:
        raise Unsigned("no_signature", f"{source} signs nothing: take its secret out of the settings")
    named = header_of(source)
    if not any(delivery.headers.get(header) for header in scheme.headers):
        raise Unsigned(
            "no_signature", f"header {named} is missing: give the webhook the secret of the settings"
        )
    if not any(scheme.fits(delivery, secret) for secret in secrets):
        raise Unsigned("wrong_signature", f"{named} fits no secret of the settings, or not this body or time")


def header_of(source: str) -> str | None:
    """The headers by which a source may sign, for people; None where it signs nothing."""
    return " or ".join(SCHEMES[source].headers) if source in SCHEMES else None


def _hashed(header: str, algorithm: str, prefix: str = "") -> Scheme:
    """The hexadecimal HMAC of the body, after a prefix; several are separated by commas."""

    def fits(delivery: Delivery, secret: str) -> bool:
        expected = prefix + hmac.new(secret.encode(), delivery.body, algorithm).hexdigest()
        return _among(expected, delivery.headers.get(header, "").split(","))

    return Scheme((header,), fits)


def _gitlab(delivery: Delivery, secret: str) -> bool:
    """The secret itself as GitLab's secret token, or the key of its signing token, which signs id, time and body."""
    if not secret.startswith(STANDARD_SECRET):
        return _among(secret, [delivery.headers.get(_GITLAB_TOKEN, "")])
    identity, time = delivery.headers.get("webhook-id", ""), delivery.headers.get("webhook-timestamp", "")
    signed = f"{identity}.{time}.".encode() + delivery.body
    expected = hmac.digest(b64decode(secret.removeprefix(STANDARD_SECRET)), signed, "sha256")
    given = delivery.headers.get(_STANDARD, "").split(" ")
    return _is_near(time, delivery.received_at) and _among(f"v1,{b64encode(expected).decode()}", given)


def _is_near(time: str, now: int) -> bool:
    seconds = int(time) if time.isascii() and time.isdigit() and len(time) <= _MAX_DIGITS else 0
    return abs(seconds * SECOND - now) <= _TOLERANCE


def _among(expected: str, given: Iterable[str]) -> bool:
    """Each compared in constant time."""
    return any(hmac.compare_digest(expected.encode(), one.strip().encode()) for one in given)


_GITLAB_TOKEN: Final = "x-gitlab-token"  # noqa: S105 - the name of a header
_STANDARD: Final = "webhook-signature"
SCHEMES: Final[Mapping[str, Scheme]] = {
    "flagsmith": _hashed("x-flagsmith-signature", "sha256"),
    "github": _hashed("x-hub-signature-256", "sha256", "sha256="),
    "gitlab": Scheme((_STANDARD, _GITLAB_TOKEN), _gitlab),
    "launchdarkly": _hashed("x-ld-signature", "sha256"),
    "pagerduty": _hashed("x-pagerduty-signature", "sha256", "v1="),
    "terraform": _hashed("x-tfe-notification-signature", "sha512"),
}
"""The senders that sign, by route."""
