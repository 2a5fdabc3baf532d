"""To which service a change belongs: by the catalog, by its name, by its sender, by its namespace, or not at all."""

import pytest

from schemas.events import Change
from streams.ties import tie_of
from streams.topology import Tie
from tests.streams.pieces import topology
from tests.streams.world import change

_GRAPH = topology()


def _tie(made: Change, **facts: str | None) -> Tie:
    return tie_of(made.model_copy(update=facts), _GRAPH)


def test_what_the_catalog_maps_is_tied_by_it() -> None:
    """The strongest tie, whatever the name says."""
    assert Tie("catalog", "payment") == _tie(change("flag", "cartButton", when=0, service="payment"))


@pytest.mark.parametrize(
    "target", ["flag/cartButton", "config/configmaps/shop/cart-config", "ssm:/shop/cart/limit"]
)
def test_a_service_in_the_name_of_the_target_ties_it(target: str) -> None:
    """In flags, objects and parameters alike."""
    assert Tie("name", "cart") == _tie(change("config", "x", when=0), target=target)


def test_the_namespace_of_an_object_is_not_its_name() -> None:
    """An object in the namespace `cart` does not belong to the cart for that; it is about the namespace."""
    made = _tie(change("config", "x", when=0), target="config/resourcequotas/cart/strict", namespace="cart")
    assert Tie("namespace", namespace="cart") == made


def test_a_service_that_only_the_sender_knows_is_better_than_none() -> None:
    """The catalog lacks it."""
    assert Tie("sender", "unheard-of") == _tie(change("deploy", "x", when=0, service="unheard-of"))


def test_what_says_nothing_is_tied_to_nothing() -> None:
    """A theme for the holidays may be anywhere."""
    assert Tie("nothing") == _tie(change("flag", "holidayTheme", when=0))
