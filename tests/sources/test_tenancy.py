"""Tenants: by token, by route, or the default one; nobody else."""

import pytest

from schemas.settings import GatewaySettings, Settings, TenantSettings
from sources.tenancy import Denied, tenant_of
from tests.sources.running import sha

OPEN = TenantSettings(name="default")
SHOP = TenantSettings(name="shop", token_sha256=sha("s"))
BANK = TenantSettings(name="bank", token_sha256=sha("b").upper())


def settings(*tenants: TenantSettings, replay: str | None = None) -> Settings:
    """Settings with these tenants."""
    return Settings(tenants=tenants, gateway=GatewaySettings(replay_token_sha256=replay))


@pytest.mark.parametrize(
    ("tenants", "route", "authorization", "name"),
    [
        ((OPEN,), None, None, "default"),
        ((OPEN,), None, "Bearer whatever", "default"),
        ((OPEN,), "default", None, "default"),
        ((OPEN,), "default", "Bearer whatever", "default"),
        ((TenantSettings(name="only"),), None, None, "only"),
        ((OPEN, SHOP, BANK), None, "Bearer s", "shop"),
        ((OPEN, SHOP, BANK), None, "bearer  b ", "bank"),
        ((OPEN, SHOP, BANK), "shop", "Bearer s", "shop"),
        ((OPEN, SHOP, BANK), None, None, "default"),
    ],
)
def test_the_tenant_is_found(
    tenants: tuple[TenantSettings, ...], route: str | None, authorization: str | None, name: str
) -> None:
    """Token or route should name it, or else it is the default one."""
    assert name == tenant_of(route, authorization, settings(*tenants))


@pytest.mark.parametrize(
    ("tenants", "route", "authorization", "status"),
    [
        ((OPEN,), "nobody", None, 404),
        ((OPEN,), "", None, 404),
        ((OPEN,), "default\n", None, 404),
        ((OPEN, SHOP), "shop", None, 401),
        ((OPEN, SHOP), "shop", "Bearer b", 401),
        ((OPEN, SHOP), "shop", "Basic s", 401),
        ((OPEN, SHOP, BANK), "shop", "Bearer b", 401),
        ((OPEN, SHOP), None, "Bearer wrong", 401),
        ((SHOP,), None, None, 401),
        ((SHOP, BANK), None, None, 404),
        ((OPEN,), "replay-a", None, 404),
    ],
)
def test_nobody_else_gets_in(
    tenants: tuple[TenantSettings, ...], route: str | None, authorization: str | None, status: int
) -> None:
    """An unknown tenant should be 404, a missing or wrong token 401."""
    with pytest.raises(Denied) as denied:
        tenant_of(route, authorization, settings(*tenants))
    assert status == denied.value.status


@pytest.mark.parametrize("route", [None, "shop"])
def test_a_source_that_signs_needs_no_token(route: str | None) -> None:
    """The signature stands for it, which the caller checks; other sources need the token as ever."""
    signing = SHOP.model_copy(update={"signing_secrets": {"github": ("a-long-secret",)}})
    assert "shop" == tenant_of(route, None, settings(signing), "github")
    for source in ("gitlab", ""):
        with pytest.raises(Denied):
            tenant_of(route, None, settings(signing), source)


def test_a_replay_needs_the_replay_token() -> None:
    """The token of the tenant should not do for it, nor none."""
    known = settings(OPEN, SHOP, replay=sha("r"))
    assert tenant_of("replay-a", "Bearer r", known) == "replay-a"
    for wrong in (None, "Bearer s", "Bearer"):
        with pytest.raises(Denied):
            tenant_of("replay-a", wrong, known)
    with pytest.raises(Denied):
        tenant_of("replay-A b", "Bearer r", known)
