"""The settings of the web page: where it listens, who may look, and at what.

Pure values. Goes to: `schemas.settings`, which is the whole file.
"""

import hmac
from ipaddress import ip_network
from typing import Final, Self

from pydantic import Field, field_validator, model_validator

from schemas.identity import content_hash
from schemas.model import Message

_ANY: Final = "*"


class ReaderSettings(Message):
    """Somebody who may look at the page, and at what: a user or a group of the proxy, or who holds a token."""

    name: str | None = Field(
        None,
        min_length=1,
        description="User as the proxy names them; of a token, what the audit calls its holder.",
    )
    group: str | None = Field(
        None, min_length=1, description="Everybody whom the proxy puts into this group."
    )
    token_sha256: str | None = Field(
        None,
        pattern=r"^[0-9a-fA-F]{64}$",
        description="SHA-256 of a token to log in with; none: through the proxy alone.",
    )
    tenants: tuple[str, ...] = Field(
        ("default",), description="Tenants whose incidents they see; `replay-*` all replays, `*` all."
    )
    teams: tuple[str, ...] = Field((), description="Owning teams whose incidents they see; none named: all.")
    feedback: bool = Field(
        False,
        description="Whether they may say something of what they see: confirm, reject, split, hand over, ...",
    )

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        if (self.name is None) == (self.group is None):
            raise ValueError("a reader has either a name or a group")
        if self.token_sha256 is not None and self.name is None:
            raise ValueError("whoever holds a token needs a name, for the audit")
        return self

    def covers(self, tenant: str) -> bool:
        """Whether a tenant is among those of the right."""
        return any(
            tenant.startswith(name[: -len(_ANY)]) if name.endswith(_ANY) else tenant == name
            for name in self.tenants
        )


class PageSettings(Message):
    """The web page. Without readers nobody may look: there is no login that everybody knows."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8090, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    readers: tuple[ReaderSettings, ...] = Field((), description="Who may look, and at what.")
    proxies: tuple[str, ...] = Field(
        (), description="Addresses or networks of reverse proxies whose headers say who somebody is."
    )
    user_header: str = Field("x-forwarded-user", description="Header in which the proxy names the user.")
    groups_header: str = Field(
        "x-forwarded-groups", description="Header with the user's groups, separated by commas."
    )
    requests_per_s: float = Field(
        10.0,
        gt=0,
        description="Requests a reader may make, on average; six times as many at once; more is 429.",
    )
    max_streams: int = Field(200, ge=1, description="Pages that are kept up to date at once; more is 429.")
    slow_s: float = Field(
        10.0, gt=0, description="How long a client may take to send a request or to take a piece."
    )
    ack_timeout_s: float = Field(
        5.0,
        gt=0,
        description="How long a view waits for its audit entry; longer is 503, and nothing is shown.",
    )

    def held_by(self, token: str) -> tuple[ReaderSettings, ...]:
        """The readers whose token this is; tokens are compared by their hashes, in constant time."""
        hashed = content_hash(token.encode())
        return tuple(
            reader
            for reader in self.readers
            if reader.token_sha256 and hmac.compare_digest(hashed, reader.token_sha256.lower())
        )

    @field_validator("proxies")
    @classmethod
    def _are_networks(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in proxies:
            ip_network(proxy)
        return proxies
