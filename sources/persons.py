"""Owns who speaks: a person of the settings, by a token of their own, and for which tenant.

A tenant's token publishes; it is no person, and says nothing of an incident. Pure. Goes to: `sources.told`.
"""

from schemas.settings import Settings
from sources.tenancy import Denied, bearer, is_publishing_token, named_tenant
from streams.telling import Person


def person_of(route: str | None, authorization: str | None, settings: Settings) -> Person:
    """Who has proven to be whom. Raises Denied: 401 without a known token, 403 without the right, 404 for no tenant."""
    token = bearer(authorization)
    if is_publishing_token(token, settings):
        raise Denied(
            403, "no_person", "this token publishes and is no person's: send that of a reader of the page"
        )
    held = settings.page.held_by(token)
    if not held:
        raise Denied(
            401, "wrong_token", "say who you are: Authorization: Bearer <token of a reader of the page>"
        )
    tenant = named_tenant(route, settings)
    rights = [reader for reader in held if reader.feedback and reader.covers(tenant)]
    if not rights:
        raise Denied(
            403,
            "may_not_speak",
            f"{held[0].name} may say nothing of {tenant}: set feedback = true in page.readers",
        )
    if all(reader.teams for reader in rights):
        raise Denied(
            403,
            "rights_by_team",
            f"{held[0].name} speaks for teams, and whose it is the page knows: say it there",
        )
    return Person(held[0].name or "", tenant, "gateway")
