"""Owns who is asking, and what they may see: by the headers of a trusted proxy, or by a token.

Pure. May not: let anybody in whom the settings do not name, or speak who may only look.
Goes to: every page, and its audit entry.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from sqlalchemy import ColumnElement, FromClause, and_, false, or_, true

from schemas.packets import Candidate
from schemas.page_settings import PageSettings, ReaderSettings

_ANY = "*"


class NotLoggedIn(Exception):
    """Nobody known is asking: a login is needed."""


class NotAllowed(Exception):
    """Somebody is asking whom the settings give nothing. The text is one line for a person."""


@dataclass(frozen=True)
class Reader:
    """Somebody who may look; `actor` is their name in the audit."""

    actor: str
    rights: tuple[ReaderSettings, ...]

    def sees(self, candidate: Candidate) -> bool:
        """Whether one of their rights covers this candidate."""
        return any(_sees(right, candidate) for right in self.rights)

    def may_speak(self, candidate: Candidate) -> bool:
        """Whether they may say something of this candidate."""
        return any(right.feedback and _sees(right, candidate) for right in self.rights)

    def teams_in(self, tenant: str) -> tuple[str, ...] | None:
        """The teams of a tenant that their rights cover, none of them meaning all; None where it is not theirs."""
        ours = [right for right in self.rights if right.covers(tenant)]
        if not ours:
            return None
        return (
            () if any(not right.teams for right in ours) else tuple(t for right in ours for t in right.teams)
        )

    def within(self, table: FromClause) -> ColumnElement[bool]:
        """The rows of a table with `tenant`, and `owner` where it has one, that their rights cover."""
        return or_(false(), *(_rows(right, table) for right in self.rights))


def reader_of(
    peer: str | None, headers: Mapping[str, str], token: str | None, settings: PageSettings
) -> Reader:
    """Who asks. `peer`: address of the connection; `token`: as sent, if any.

    A proxy's headers count only from the addresses in the settings. Raises NotLoggedIn, or NotAllowed for a user of
    the proxy whom the settings do not name.
    """
    user = headers.get(settings.user_header) if is_proxy(peer, settings) else None
    if user:
        return _proxied(user, headers.get(settings.groups_header, ""), settings)
    if token:
        return by_token(token, settings)
    raise NotLoggedIn


def by_token(token: str, settings: PageSettings) -> Reader:
    """Who holds the token. Raises NotLoggedIn for one that the settings do not know."""
    held = settings.held_by(token)
    if not held:
        raise NotLoggedIn
    return Reader(held[0].name or "", held)


def _proxied(user: str, groups: str, settings: PageSettings) -> Reader:
    member = {group.strip() for group in groups.split(",")} - {""}
    rights = tuple(reader for reader in settings.readers if reader.name == user or reader.group in member)
    if not rights:
        raise NotAllowed(
            f"{user[:80]!r} may see nothing here: whoever runs this adds [[page.readers]] to the settings"
        )
    return Reader(user, rights)


def is_proxy(peer: str | None, settings: PageSettings) -> bool:
    """Whether a connection comes from a proxy of the settings, whose headers count."""
    try:
        address = ip_address(peer or "")
    except ValueError:
        return False
    return any(address in ip_network(proxy) for proxy in settings.proxies)


def _sees(right: ReaderSettings, candidate: Candidate) -> bool:
    return right.covers(candidate.tenant) and (not right.teams or candidate.owner in right.teams)


def _rows(right: ReaderSettings, table: FromClause) -> ColumnElement[bool]:
    named = [name for name in right.tenants if not name.endswith(_ANY)]
    begun = [name[:-1] for name in right.tenants if name.endswith(_ANY)]
    tenants = or_(
        table.c.tenant.in_(named), *(table.c.tenant.startswith(name, autoescape=True) for name in begun)
    )
    teams = table.c.owner.in_(right.teams) if right.teams and "owner" in table.c else true()
    return and_(tenants, teams)
