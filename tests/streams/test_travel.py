"""How far trouble travels: frontend -> checkout -> payment, frontend and checkout -> cart."""

from streams.travel import FAR, Travel
from tests.streams.pieces import topology


def test_errors_come_from_what_is_needed_and_never_from_a_caller() -> None:
    """A dependency costs one."""
    costs = Travel(topology()).costs(("checkout", "errors"))
    assert ({"checkout": 0.0, "payment": 1.0, "cart": 1.0}, FAR) == (costs, costs.get("frontend", FAR))


def test_missing_traffic_comes_from_a_caller_rather_than_from_what_is_needed() -> None:
    """Half a dependency more downward, two against the direction."""
    costs = Travel(topology()).costs(("checkout", "traffic"))
    assert (1.5, 3.0) == (costs["frontend"], costs["payment"])


def test_what_has_no_path_to_the_other_has_no_common_source() -> None:
    """Billing stands apart from payment."""
    assert Travel(topology()).common(("billing", "errors"), ("payment", "errors")) == FAR
