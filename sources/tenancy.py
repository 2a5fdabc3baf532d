"""Owns which tenant a delivery is for: by its bearer token, by its route, or the default one.

Pure. Tokens are compared by their hashes, in constant time. Goes to: the gateway.
"""

import hmac
import re
from hashlib import sha256
from typing import Final

from schemas.settings import Settings, is_replay

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_DEFAULT: Final = "default"


class Denied(Exception):
    """Nobody may publish so: an HTTP status, a code, and what to do in one line."""

    def __init__(self, status: int, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason


def tenant_of(route: str | None, authorization: str | None, settings: Settings, source: str = "") -> str:
    """The tenant's name; `route` is the tenant in the address, if any. Raises Denied (401 or 404).

    Where the tenant has secrets for the `source`, no token is asked for: the caller has to check the signature.
    """
    token = bearer(authorization)
    if route is None:
        return _by_token(token, settings) if token else _default(settings, source)
    tenant = settings.tenant(route) if _NAME.fullmatch(route) else None
    if tenant is None:
        raise Denied(404, "unknown_tenant", f"there is no tenant {route[:80]!r}: declare it in the settings")
    needed = settings.gateway.replay_token_sha256 if is_replay(route) else tenant.token_sha256
    if is_replay(route) and needed is None:
        raise Denied(404, "no_replay", "replay is not set up: set gateway.replay_token_sha256")
    if needed is not None and not settings.secrets_of(route, source) and not _same(token, needed):
        raise Denied(401, "wrong_token", f"tenant {route} needs its token: Authorization: Bearer <token>")
    return route


def _by_token(token: str, settings: Settings) -> str:
    """The tenant whose token it is; where no tenant has one, a token means nothing."""
    guarded = [tenant for tenant in settings.tenants if tenant.token_sha256]
    if not guarded:
        return _default(settings, "")
    found = [tenant.name for tenant in guarded if _same(token, tenant.token_sha256 or "")]
    if not found:
        raise Denied(401, "wrong_token", "the token is that of no tenant")
    return found[0]


def named_tenant(route: str | None, settings: Settings) -> str:
    """The tenant of an address for whoever needs no token of it. Raises Denied (404)."""
    name = _usual(settings) if route is None else route
    if not _NAME.fullmatch(name) or settings.tenant(name) is None:
        raise Denied(404, "unknown_tenant", f"there is no tenant {name[:80]!r}: declare it in the settings")
    return name


def is_publishing_token(token: str, settings: Settings) -> bool:
    """True for a token that publishes: a tenant's, or that of replays."""
    hashes = (settings.gateway.replay_token_sha256, *(tenant.token_sha256 for tenant in settings.tenants))
    return any(_same(token, known) for known in hashes if known)


def _usual(settings: Settings) -> str:
    names = [tenant.name for tenant in settings.tenants]
    return _DEFAULT if _DEFAULT in names or len(names) != 1 else names[0]


def _default(settings: Settings, source: str) -> str:
    name = _usual(settings)
    tenant = settings.tenant(name)
    if tenant is None:
        raise Denied(
            404, "no_tenant", "say which tenant it is for: POST /t/<tenant>/v1/<source>, or its token"
        )
    if tenant.token_sha256 and not settings.secrets_of(name, source):
        raise Denied(401, "wrong_token", f"tenant {name} needs its token: Authorization: Bearer <token>")
    return name


def bearer(authorization: str | None) -> str:
    """The token of an `Authorization` header; empty where there is none."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _same(token: str, expected_sha256: str) -> bool:
    return hmac.compare_digest(sha256(token.encode()).hexdigest(), expected_sha256.lower())
